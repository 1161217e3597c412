import { axisSpan, roundSpan } from './axis-scale.js';
import { type ChartOptions, layFrame } from './chart-frame.js';
import { chartSize, requireEqualLengths, requireList, requireSeries } from './chart-size.js';
import { counted, drawableExtent, isDrawable, notDrawable, partOf } from './drawable-values.js';
import { drawBand, drawGaps, drawLine, type Sight } from './line-marks.js';
import type { FullLineSeries, LineSeries } from './line-series.js';
import type { Picture } from './picture.js';
import { seriesLook } from './theme.js';

/** What {@link lineChart} draws. */
export interface LineChartOptions extends ChartOptions {
  /** The lines; all share both axes. */
  readonly series: readonly LineSeries[];
  /** Draws the horizontal axis in powers of ten. */
  readonly logX?: boolean;
  /** Draws the vertical axis in powers of ten. */
  readonly logY?: boolean;
}

/**
 * Draws one or more lines over shared axes, such as training curves.
 *
 * A point with a NaN or infinite coordinate, or one that is not positive on a logarithmic axis, leaves a gap in its line,
 * is marked by a red cross at the bottom edge where its x is known, and is counted in `notes`, which the picture shows.
 *
 * @param options - the series and the labels
 * @returns the chart as an SVG picture, 640 by 360 pixels unless told
 * @throws RangeError when there is no series, lists of one series differ in length, or the size is out of range
 * @throws TypeError when a list is not an array of numbers
 * @example
 * ```ts
 * const picture = lineChart({ title: 'Training', xLabel: 'epoch', yLabel: 'loss', series: [{ name: 'train', y: [3, 2, 1.5] }] });
 * ```
 */
export function lineChart(options: LineChartOptions): Picture {
  const size = chartSize('lineChart', options, 360);
  requireSeries('lineChart', options.series);
  const series = options.series.map(complete);
  const { logX = false, logY = false } = options;
  const sight: Sight = {
    x: (value) => isDrawable(value) && (!logX || value > 0),
    y: (value) => isDrawable(value) && (!logY || value > 0),
  };
  const xLists = series.map(({ x }) => x);
  const yLists = series.flatMap(({ y, band }) => (band ? [y, band.lower, band.upper] : [y]));
  const frame = layFrame({
    options,
    size,
    x: axisSpan(drawableExtent(xLists, sight.x), { log: logX, padding: 0 }),
    y: roundSpan(axisSpan(drawableExtent(yLists, sight.y), { log: logY, padding: 0.03 })),
    legend: series.map(({ name }, index) => ({ name, look: seriesLook(index), mark: 'line' })),
    notes: series.flatMap((one) => gapNotes(one, sight)),
    description: options.description ?? `Line chart of ${series.map(({ name }) => name || 'one series').join(', ')}`,
  });
  return frame.finish([
    ...series.map((one, index) => drawBand(one, seriesLook(index), frame, sight)),
    ...series.map((one, index) => drawLine(one, seriesLook(index), frame, sight)),
    ...series.map((one) => drawGaps(one, frame, sight)),
  ]);
}

function complete(series: LineSeries): FullLineSeries {
  requireList('lineChart', `y of series "${series.name}"`, series.y);
  const x = series.x ?? Array.from({ length: series.y.length }, (_, index) => index + 1);
  requireList('lineChart', `x of series "${series.name}"`, x);
  const { y, band } = series;
  if (band) {
    requireList('lineChart', `band.lower of series "${series.name}"`, band.lower);
    requireList('lineChart', `band.upper of series "${series.name}"`, band.upper);
  }
  requireEqualLengths('lineChart', series.name, band ? { x, y, lower: band.lower, upper: band.upper } : { x, y });
  return { ...series, x };
}

function gapNotes({ name, x, y, band }: FullLineSeries, sight: Sight): string[] {
  let [bad, negative, badBand] = [0, 0, 0];
  for (let i = 0; i < y.length; i += 1) {
    if (!isDrawable(x[i]) || !isDrawable(y[i])) bad += 1;
    else if (!sight.x(x[i]) || !sight.y(y[i])) negative += 1;
    else if (band && !(sight.y(band.lower[i]) && sight.y(band.upper[i]))) badBand += 1;
  }
  const who = name === '' ? 'The line' : name;
  const notes: string[] = [];
  const onLog = 'not positive, which a logarithmic axis cannot show';
  if (bad > 0) notes.push(`${who}: ${partOf(bad, y.length, 'point')} ${notDrawable} and left as gaps.`);
  if (negative > 0) notes.push(`${who}: ${partOf(negative, y.length, 'point')} ${onLog}.`);
  if (badBand > 0) notes.push(`${who}: the band cannot be drawn at ${counted(badBand, 'point')}.`);
  return notes;
}
