import { area as areaShape, line as lineShape } from 'd3-shape';
import { axisSpan, roundSpan } from './axis-scale.js';
import { type ChartOptions, type Frame, layFrame } from './chart-frame.js';
import { chartSize, requireEqualLengths, requireList, requireSeries } from './chart-size.js';
import { counted, drawableExtent, isDrawable, notDrawable } from './drawable-values.js';
import { element } from './markup.js';
import type { Picture } from './picture.js';
import { seriesLook, theme } from './theme.js';

/** One line of a line chart. */
export interface LineSeries {
  /** The name shown in the legend; an empty name is left out of it. */
  readonly name: string;
  /** Horizontal positions in the order in which the points are joined; 1, 2, 3, … when left out. */
  readonly x?: ArrayLike<number>;
  /** Vertical positions, one for each x. */
  readonly y: ArrayLike<number>;
  /** A shaded band around the line, such as the mean plus and minus its standard error. */
  readonly band?: {
    /** The lower edge, one value for each point. */
    readonly lower: ArrayLike<number>;
    /** The upper edge, one value for each point. */
    readonly upper: ArrayLike<number>;
  };
}

/** What {@link lineChart} draws. */
export interface LineChartOptions extends ChartOptions {
  /** The lines; all share both axes. */
  readonly series: readonly LineSeries[];
  /** Draws the horizontal axis in powers of ten. */
  readonly logX?: boolean;
  /** Draws the vertical axis in powers of ten. */
  readonly logY?: boolean;
}

type FullSeries = LineSeries & { readonly x: ArrayLike<number> };

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
  const onX = (value: number) => !logX || value > 0;
  const onY = (value: number) => !logY || value > 0;
  const yLists = series.flatMap(({ y, band }) => (band ? [y, band.lower, band.upper] : [y]));
  const frame = layFrame({
    options,
    size,
    x: axisSpan(
      drawableExtent(
        series.map(({ x }) => x),
        onX,
      ),
      { log: logX, padding: 0 },
    ),
    y: roundSpan(axisSpan(drawableExtent(yLists, onY), { log: logY, padding: 0.03 })),
    legend: series.map(({ name }, index) => ({ name, look: seriesLook(index), mark: 'line' })),
    notes: series.flatMap((one) => gapNotes(one, onX, onY)),
    description: options.description ?? `Line chart of ${series.map(({ name }) => name || 'one series').join(', ')}`,
  });
  const seen = (value: number | undefined, on: (value: number) => boolean) => isDrawable(value) && on(value);
  return frame.finish([
    ...series.map((one, index) =>
      drawBand(
        one,
        index,
        frame,
        (value) => seen(value, onY),
        (value) => seen(value, onX),
      ),
    ),
    ...series.map((one, index) => drawLine(one, index, frame, (i) => seen(one.x[i], onX) && seen(one.y[i], onY))),
    ...series.map((one) => drawGaps(one, frame, (i) => seen(one.x[i], onX) && !seen(one.y[i], onY))),
  ]);
}

function complete(series: LineSeries): FullSeries {
  requireList('lineChart', `y of series "${series.name}"`, series.y);
  const x = series.x ?? Array.from({ length: series.y.length }, (_, index) => index + 1);
  requireList('lineChart', `x of series "${series.name}"`, x);
  const { y, band } = series;
  requireEqualLengths('lineChart', series.name, band ? { x, y, lower: band.lower, upper: band.upper } : { x, y });
  return { ...series, x };
}

function gapNotes(
  { name, x, y, band }: FullSeries,
  onX: (v: number) => boolean,
  onY: (v: number) => boolean,
): string[] {
  let bad = 0;
  let negative = 0;
  let badBand = 0;
  for (let i = 0; i < y.length; i += 1) {
    const [px, py] = [x[i], y[i]];
    if (!isDrawable(px) || !isDrawable(py)) bad += 1;
    else if (!onX(px) || !onY(py)) negative += 1;
    else if (band && ![band.lower[i], band.upper[i]].every((edge) => isDrawable(edge) && onY(edge))) badBand += 1;
  }
  const who = name === '' ? 'The line' : name;
  const notes: string[] = [];
  if (bad > 0) notes.push(`${who}: ${counted(bad, 'point')} of ${y.length} ${notDrawable}: left as gaps.`);
  if (negative > 0)
    notes.push(
      `${who}: ${counted(negative, 'point')} of ${y.length} not positive, which a logarithmic axis cannot show.`,
    );
  if (badBand > 0) notes.push(`${who}: the band has no edge that can be drawn at ${counted(badBand, 'point')}.`);
  return notes;
}

function drawLine({ y, x }: FullSeries, index: number, frame: Frame, defined: (i: number) => boolean): string {
  const { colour, dash } = seriesLook(index);
  const shape = lineShape<number>()
    .defined(defined)
    .x((i) => frame.x.place(x[i] ?? 0))
    .y((i) => frame.y.place(y[i] ?? 0));
  const style = `fill:none;stroke:${colour};stroke-width:1.8;stroke-linejoin:round;stroke-linecap:round`;
  const d = shape(Array.from({ length: y.length }, (_, i) => i));
  return d ? element('path', { d, 'stroke-dasharray': dash, style }) : '';
}

function drawBand(
  { x, band, y }: FullSeries,
  index: number,
  frame: Frame,
  seenY: (value: number | undefined) => boolean,
  seenX: (value: number | undefined) => boolean,
): string {
  if (!band) return '';
  const shape = areaShape<number>()
    .defined((i) => seenX(x[i]) && seenY(band.lower[i]) && seenY(band.upper[i]))
    .x((i) => frame.x.place(x[i] ?? 0))
    .y0((i) => frame.y.place(band.lower[i] ?? 0))
    .y1((i) => frame.y.place(band.upper[i] ?? 0));
  const d = shape(Array.from({ length: y.length }, (_, i) => i));
  return d ? element('path', { d, style: `fill:${seriesLook(index).colour};fill-opacity:0.18` }) : '';
}

/** Crosses at the bottom edge, one for each pixel that has points without a drawable y. */
function drawGaps({ x, y }: FullSeries, { area, x: scale }: Frame, isGap: (i: number) => boolean): string {
  const pixels = new Set<number>();
  for (let i = 0; i < y.length; i += 1) if (isGap(i)) pixels.add(Math.round(scale.place(x[i] ?? 0)));
  if (pixels.size === 0) return '';
  const bottom = Math.round(area.top + area.height) - 3;
  const d = [...pixels].map((px) => `M${px - 3},${bottom - 6}l6,6m0,-6l-6,6`).join('');
  return element('path', { d, style: `fill:none;stroke:${theme.warning};stroke-width:1.5` });
}
