import type { Measurement, RowResult } from './results.js';

/** A number with three significant digits, without an exponent. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (value >= 1000) return Math.round(value).toLocaleString('en-GB');
  return String(Number(value.toPrecision(3)));
}

/** Half the distance between the quartiles, relative to the median. */
export function spreadText({ spread }: Measurement): string {
  if (!spread) return '–';
  return `±\u00a0${Number(((50 * (spread.upper - spread.lower)) / spread.median).toPrecision(2))}\u00a0%`;
}

/** How many times longer it takes than the baseline. */
export function ratioText({ contender, ratio, status }: Measurement, { baseline }: RowResult): string {
  if (status !== 'ok' || !ratio) return '–';
  return contender === baseline ? '1' : `${short(ratio.median)} ×`;
}

/** The figure per second, with its unit. */
export function throughputText({ spread, status, quality }: Measurement, { throughput }: RowResult): string {
  if (!throughput || !spread || status !== 'ok') return '–';
  const factor = throughput.quality === undefined ? 1 : (quality?.[throughput.quality]?.mean ?? Number.NaN);
  return `${short(((throughput.perRun * factor) / spread.median) * 1000)} ${throughput.unit}`;
}

/** The part of the hardware bound that is reached, of all threads that compute. */
export function boundText({ spread, status, threads }: Measurement, { bound }: RowResult): string {
  if (bound === undefined || !spread || status !== 'ok') return '–';
  return `${Number(((100 * bound) / threads / spread.median).toPrecision(2))}\u00a0%`;
}

/** `ok`, or what is wrong. */
export function statusText({ status, faults }: Measurement): string {
  if (status === 'ok') return 'ok';
  return `${status === 'failed' ? 'FAILED' : status}: ${faults.join('; ')}`;
}
