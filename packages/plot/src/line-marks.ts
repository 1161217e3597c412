import { area as areaShape, line as lineShape } from 'd3-shape';
import type { PlacedAxes } from './chart-frame.js';
import type { FullLineSeries } from './line-series.js';
import { element } from './markup.js';
import { visiblePoints } from './pixel-columns.js';
import { type SeriesLook, theme } from './theme.js';

/** Which coordinates the axes can show. */
export interface Sight {
  /** Whether the horizontal axis can show a value. */
  readonly x: (value: number | undefined) => boolean;
  /** Whether the vertical axis can show a value. */
  readonly y: (value: number | undefined) => boolean;
}

/** How a line is drawn where many lie over each other. */
export interface LinePen {
  /** Width of the line in pixels, 1.8 unless told. */
  readonly strokeWidth?: number;
  /** How opaque the line is, 0 to 1, 1 unless told. */
  readonly opacity?: number;
  /** Decimals of coordinates in pixels, 3 unless told. */
  readonly digits?: number;
}

/** The line itself, interrupted where a point cannot be shown; a point between two gaps is a dot. */
export function drawLine(
  { x, y }: FullLineSeries,
  { colour, dash }: SeriesLook,
  frame: PlacedAxes,
  sight: Sight,
  { strokeWidth = 1.8, opacity = 1, digits = 3 }: LinePen = {},
): string {
  const defined = (i: number) => sight.x(x[i]) && sight.y(y[i]);
  const place = (i: number) => [frame.x.place(x[i] ?? 0), frame.y.place(y[i] ?? 0)] as const;
  const rounded = (pixels: number) => Math.round(pixels * 10 ** digits) / 10 ** digits;
  const shape = lineShape<number>()
    .defined(defined)
    .x((i) => rounded(place(i)[0]))
    .y((i) => rounded(place(i)[1]));
  const d = shape(visiblePoints(y.length, defined, place));
  const shade = opacity < 1 ? `;stroke-opacity:${opacity}` : '';
  const style = `fill:none;stroke:${colour};stroke-width:${strokeWidth};stroke-linejoin:round;stroke-linecap:round${shade}`;
  return d ? element('path', { d, 'stroke-dasharray': dash, style }) : '';
}

/** The shaded band around a line. */
export function drawBand(
  { x, y, band }: FullLineSeries,
  { colour }: SeriesLook,
  frame: PlacedAxes,
  sight: Sight,
): string {
  if (!band) return '';
  const shape = areaShape<number>()
    .defined((i) => sight.x(x[i]) && sight.y(band.lower[i]) && sight.y(band.upper[i]))
    .x((i) => frame.x.place(x[i] ?? 0))
    .y0((i) => frame.y.place(band.lower[i] ?? 0))
    .y1((i) => frame.y.place(band.upper[i] ?? 0));
  const d = shape(Array.from({ length: y.length }, (_, i) => i));
  return d ? element('path', { d, style: `fill:${colour};fill-opacity:0.18` }) : '';
}

/** Crosses at the bottom edge where points have an x but no y that can be shown, about one for each four pixels. */
export function drawGaps({ x, y }: FullLineSeries, { area, x: scale }: PlacedAxes, sight: Sight): string {
  const columns = new Set<number>();
  for (let i = 0; i < y.length; i += 1) {
    if (sight.x(x[i]) && !sight.y(y[i])) columns.add(Math.round(scale.place(x[i] ?? 0) / 4) * 4);
  }
  if (columns.size === 0) return '';
  const bottom = Math.round(area.top + area.height) - 2;
  const d = [...columns].map((column) => `M${column - 2},${bottom - 4}l4,4m0,-4l-4,4`).join('');
  return element('path', { d, style: `fill:none;stroke:${theme.warning};stroke-width:1.2` });
}
