import { axisSpan, roundSpan } from './axis-scale.js';
import { type ChartOptions, layFrame } from './chart-frame.js';
import { chartSize, requireEqualLengths, requireList, requireSeries } from './chart-size.js';
import { drawableExtent, isDrawable, notDrawable, partOf } from './drawable-values.js';
import { element, formatCoordinate } from './markup.js';
import type { Picture } from './picture.js';
import { seriesLook } from './theme.js';

/** One cloud of points of a scatter chart. */
export interface ScatterSeries {
  /** The name shown in the legend; an empty name is left out of it. */
  readonly name: string;
  /** Horizontal positions. */
  readonly x: ArrayLike<number>;
  /** Vertical positions, one for each x. */
  readonly y: ArrayLike<number>;
}

/** What {@link scatterChart} draws. */
export interface ScatterChartOptions extends ChartOptions {
  /** The clouds; later ones are drawn over earlier ones. */
  readonly series: readonly ScatterSeries[];
  /** Radius of a point in pixels, 2.5 unless told. */
  readonly pointRadius?: number;
}

/**
 * Draws clouds of points over shared axes, such as data beside samples of a model.
 *
 * Points with a NaN or infinite coordinate cannot be placed; they are counted in `notes`, which the picture shows.
 *
 * @param options - the series and the labels
 * @returns the chart as an SVG picture, 640 by 480 pixels unless told
 * @throws RangeError when there is no series, x and y differ in length, or a size is out of range
 * @throws TypeError when a list is not an array of numbers
 */
export function scatterChart(options: ScatterChartOptions): Picture {
  const size = chartSize('scatterChart', options, 480);
  requireSeries('scatterChart', options.series);
  const { series, pointRadius = 2.5 } = options;
  if (!(pointRadius > 0 && pointRadius <= 50)) {
    throw new RangeError(
      `scatterChart: pointRadius must be more than 0 and at most 50 pixels, got ${pointRadius}. Leave it out for 2.5.`,
    );
  }
  for (const { name, x, y } of series) {
    requireList('scatterChart', `x of series "${name}"`, x);
    requireList('scatterChart', `y of series "${name}"`, y);
    requireEqualLengths('scatterChart', name, { x, y });
  }
  const frame = layFrame({
    options,
    size,
    x: roundSpan(axisSpan(drawableExtent(series.map(({ x }) => x)), { log: false, padding: 0.03 })),
    y: roundSpan(axisSpan(drawableExtent(series.map(({ y }) => y)), { log: false, padding: 0.03 })),
    legend: series.map(({ name }, index) => ({ name, look: seriesLook(index), mark: 'point' })),
    notes: series.flatMap(missingNote),
    description: options.description ?? `Scatter chart of ${series.map(({ name }) => name || 'one series').join(', ')}`,
  });
  const place = (x: number, y: number) => [frame.x.place(x), frame.y.place(y)] as const;
  return frame.finish(
    series.map((one, index) =>
      drawPoints(one, place, { radius: pointRadius, colour: seriesLook(index).colour, opacity: 0.55 }),
    ),
  );
}

function missingNote({ name, x, y }: ScatterSeries): string[] {
  const bad = y.length - drawableIndices(x, y).length;
  const who = name === '' ? 'The points' : name;
  return bad === 0 ? [] : [`${who}: ${partOf(bad, y.length, 'point')} ${notDrawable} and not drawn.`];
}

function drawableIndices(x: ArrayLike<number>, y: ArrayLike<number>): number[] {
  return Array.from({ length: y.length }, (_, i) => i).filter((i) => isDrawable(x[i]) && isDrawable(y[i]));
}

/** All points of a cloud as one path of round dots: a tenth of the size of one circle element for each. */
export function drawPoints(
  { x, y }: { readonly x: ArrayLike<number>; readonly y: ArrayLike<number> },
  place: (x: number, y: number) => readonly [number, number],
  look: { readonly radius: number; readonly colour: string; readonly opacity: number },
): string {
  const dots = drawableIndices(x, y).map((i) => {
    const [px, py] = place(x[i] ?? 0, y[i] ?? 0);
    return `M${formatCoordinate(px)},${formatCoordinate(py)}h0`;
  });
  if (dots.length === 0) return '';
  const stroke = `stroke:${look.colour};stroke-width:${look.radius * 2};stroke-linecap:round`;
  return element('path', { d: dots.join(''), style: `fill:none;${stroke};stroke-opacity:${look.opacity}` });
}
