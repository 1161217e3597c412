import { axisSpan, roundSpan } from './axis-scale.js';
import { type ChartOptions, type Frame, layFrame } from './chart-frame.js';
import { chartSize, requireList, requireSeries } from './chart-size.js';
import { drawableExtent, isDrawable, notDrawable, partOf, widened } from './drawable-values.js';
import { element, formatCoordinate } from './markup.js';
import type { Picture } from './picture.js';
import { seriesLook } from './theme.js';

/** One set of values of a histogram. */
export interface HistogramSeries {
  /** The name shown in the legend; an empty name is left out of it. */
  readonly name: string;
  /** The values to count, in any order. */
  readonly values: ArrayLike<number>;
}

/** What {@link histogram} draws. */
export interface HistogramOptions extends ChartOptions {
  /** The sets; they share the bins and are drawn translucent over each other. */
  readonly series: readonly HistogramSeries[];
  /** Number of equal bins between the smallest and the largest value of all sets, 50 unless told. */
  readonly bins?: number;
  /** `density` (the usual) makes the area of each set 1, so that sets of different size compare; `count` counts. */
  readonly measure?: 'density' | 'count';
}

/**
 * Draws overlaid histograms, such as the free energies of training data, test data and noise.
 *
 * All sets share equal bins; the largest value falls into the last bin. Values that are NaN or infinite fall into no bin;
 * they are counted in `notes`, which the picture shows, and the density is that of the finite values.
 *
 * @param options - the sets, the bins and the labels
 * @returns the chart as an SVG picture, 640 by 360 pixels unless told
 * @throws RangeError when there is no set, or the number of bins or the size is out of range
 * @throws TypeError when the values are not an array of numbers
 */
export function histogram(options: HistogramOptions): Picture {
  const size = chartSize('histogram', options, 360);
  requireSeries('histogram', options.series);
  const { series, bins = 50, measure = 'density' } = options;
  if (!Number.isInteger(bins) || bins < 1 || bins > 2000) {
    throw new RangeError(`histogram: bins must be a whole number from 1 to 2000, got ${bins}. Leave it out for 50.`);
  }
  for (const { name, values } of series) requireList('histogram', `values of series "${name}"`, values);
  const edges = widened(drawableExtent(series.map(({ values }) => values)) ?? [0, 1]);
  const heights = series.map(({ values }) => binHeights(values, edges, bins, measure));
  const frame = layFrame({
    options: { yLabel: measure, ...options },
    size,
    x: { log: false, domain: edges },
    y: roundSpan(axisSpan([0, Math.max(...heights.flat())], { log: false, padding: 0 })),
    legend: series.map(({ name }, index) => ({ name, look: seriesLook(index), mark: 'area' })),
    notes: series.flatMap(missingNote),
    description: options.description ?? `Histogram of ${series.map(({ name }) => name || 'one set').join(', ')}`,
  });
  return frame.finish(heights.map((list, index) => drawBins(list, edges, index, frame)));
}

/** The height of each bin: how many values it holds, or that as a density. */
export function binHeights(
  values: ArrayLike<number>,
  [low, high]: readonly [number, number],
  bins: number,
  measure: 'density' | 'count',
): number[] {
  const counts = new Array<number>(bins).fill(0);
  let total = 0;
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i];
    if (!isDrawable(value)) continue;
    const bin = Math.min(bins - 1, Math.floor(((value - low) / (high - low)) * bins));
    counts[bin] = (counts[bin] ?? 0) + 1;
    total += 1;
  }
  if (measure === 'count' || total === 0) return counts;
  const width = (high - low) / bins;
  return counts.map((count) => count / total / width);
}

function missingNote({ name, values }: HistogramSeries): string[] {
  let bad = 0;
  for (let i = 0; i < values.length; i += 1) if (!isDrawable(values[i])) bad += 1;
  const who = name === '' ? 'The set' : name;
  return bad === 0 ? [] : [`${who}: ${partOf(bad, values.length, 'value')} ${notDrawable} and in no bin.`];
}

function drawBins(
  heights: readonly number[],
  [low, high]: readonly [number, number],
  index: number,
  frame: Frame,
): string {
  const { colour, dash } = seriesLook(index);
  const edge = (bin: number) => formatCoordinate(frame.x.place(low + ((high - low) * bin) / heights.length));
  const ground = formatCoordinate(frame.y.place(0));
  const steps = heights.map((height, bin) => `V${formatCoordinate(frame.y.place(height))}H${edge(bin + 1)}`).join('');
  const style = `fill:${colour};fill-opacity:0.28;stroke:${colour};stroke-width:1.4;stroke-linejoin:round`;
  return element('path', { d: `M${edge(0)},${ground}${steps}V${ground}Z`, 'stroke-dasharray': dash, style });
}
