import { scaleLinear, scaleLog } from 'd3-scale';
import { widened } from './drawable-values.js';

/** A labelled position on an axis. */
interface Tick {
  /** Where the tick is, in pixels along the axis. */
  readonly position: number;
  /** What is written beside it; never empty. */
  readonly label: string;
}

/** A map from values to pixels with its ticks. */
export interface AxisScale {
  /** The pixel of a value. */
  readonly place: (value: number) => number;
  /** The labelled ticks, in the order of their values. */
  readonly ticks: readonly Tick[];
}

/** What an axis covers: the values from one end to the other, and how they are spaced. */
export interface AxisSpan {
  /** The values at both ends, the low one first. */
  readonly domain: readonly [number, number];
  /** Whether equal ratios, and not equal differences, take equal room. */
  readonly log: boolean;
}

/** The span that shows all values of an extent, with some room when asked; a single value gets room around it. */
export function axisSpan(
  extent: readonly [number, number] | undefined,
  options: { readonly log: boolean; readonly padding: number },
): AxisSpan {
  const { log, padding } = options;
  if (log) {
    const [low, high] = (extent ?? [1, 10]).map(Math.log10) as [number, number];
    const room = high - low < 1e-3 ? 0.5 : (high - low) * padding;
    return { log, domain: [10 ** Math.max(low - room, -307), 10 ** Math.min(high + room, 307)] };
  }
  const [low, high] = widened(extent ?? [0, 1]);
  return { log, domain: [low - (high - low) * padding, high + (high - low) * padding] };
}

/** The same span with linear ends moved out to round numbers. */
export function roundSpan(span: AxisSpan): AxisSpan {
  if (span.log) return span;
  const [low = 0, high = 1] = scaleLinear().domain(span.domain).nice(6).domain();
  return { ...span, domain: [low, high] };
}

/** Places a span on the pixels from `start` to `end`, with about one tick for every `pixelsPerTick`. */
export function axisScale(span: AxisSpan, start: number, end: number, pixelsPerTick: number): AxisScale {
  const count = Math.max(2, Math.floor(Math.abs(end - start) / pixelsPerTick));
  const scale = (span.log ? scaleLog() : scaleLinear()).domain(span.domain).range([start, end]);
  const values = scale.ticks(count);
  const format = span.log ? logFormat(values, count) : linearFormat(span.domain, values, count);
  const ticks = values
    .map((value) => ({ position: scale(value), label: format(value) }))
    .filter(({ label }) => label !== '');
  return { place: (value) => scale(value), ticks };
}

function linearFormat(domain: readonly [number, number], values: readonly number[], count: number) {
  const largest = Math.max(...values.map(Math.abs), 0);
  const step = values.length > 1 ? Math.abs((values[1] ?? 0) - (values[0] ?? 0)) : largest;
  const scale = scaleLinear().domain(domain);
  if (largest < 1e7 && !(step > 0 && step < 1e-5)) return scale.tickFormat(count);
  const format = scale.tickFormat(count, 'e');
  return (value: number) => {
    const [mantissa = '', exponent = ''] = format(value).split('e');
    return value === 0 ? '0' : `${mantissa}×${powerOfTen(Number(exponent))}`;
  };
}

/** Labels for as many ticks as there is room for, those next above a power of ten first. */
function logFormat(values: readonly number[], count: number) {
  const highest = Math.max(1, (10 * count) / values.length);
  return (value: number) => (value / 10 ** exponentOf(value) <= highest + 1e-6 ? formatPower(value) : '');
}

function exponentOf(value: number): number {
  return Math.floor(Math.log10(value) + 1e-9);
}

const superscripts: Readonly<Record<string, string>> = {
  '-': '⁻',
  '0': '⁰',
  '1': '¹',
  '2': '²',
  '3': '³',
  '4': '⁴',
  '5': '⁵',
  '6': '⁶',
  '7': '⁷',
  '8': '⁸',
  '9': '⁹',
};

function powerOfTen(exponent: number): string {
  return `10${[...String(exponent)].map((digit) => superscripts[digit] ?? digit).join('')}`;
}

/** A value of a logarithmic axis: plain between 0.001 and 10,000, as a power of ten beyond. */
export function formatPower(value: number): string {
  const exponent = exponentOf(value);
  if (exponent >= -3 && exponent <= 4) return value.toLocaleString('en-GB', { maximumSignificantDigits: 6 });
  const power = powerOfTen(exponent);
  const mantissa = Number((value / 10 ** exponent).toPrecision(4));
  return mantissa === 1 ? power : `${mantissa}×${power}`;
}
