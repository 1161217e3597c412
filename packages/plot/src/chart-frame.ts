import { clip, drawAxes, type PlotArea } from './axes.js';
import { type AxisScale, type AxisSpan, axisScale } from './axis-scale.js';
import { edge, laySheet } from './chart-sheet.js';
import type { LegendEntry } from './legend.js';
import type { Picture } from './picture.js';
import { textWidth } from './text-width.js';

/** What every chart lets its caller say about the frame around the data. */
export interface ChartOptions {
  /** A short statement of what is shown, drawn above the chart. */
  readonly title?: string;
  /** What the horizontal axis measures, with its unit, such as `epoch` or `energy (nats)`. */
  readonly xLabel?: string;
  /** What the vertical axis measures, with its unit. */
  readonly yLabel?: string;
  /** Width of the picture in pixels, 640 unless told; at least 200. */
  readonly width?: number;
  /** Height of the picture in pixels; at least 150. It grows when a long legend or notes need room. */
  readonly height?: number;
  /** One sentence for screen readers; made from the title and the series when left out. */
  readonly description?: string;
}

/** Everything a frame needs to know before marks are drawn into it. */
export interface FrameContents {
  /** Title, labels and description as the caller gave them. */
  readonly options: ChartOptions;
  /** The wanted size of the picture, in pixels. */
  readonly size: { readonly width: number; readonly height: number };
  /** What the horizontal axis covers. */
  readonly x: AxisSpan;
  /** What the vertical axis covers. */
  readonly y: AxisSpan;
  /** The entries of the legend, in the order of the series. */
  readonly legend: readonly LegendEntry[];
  /** What could not be drawn, written below the chart. */
  readonly notes: readonly string[];
  /** One sentence for screen readers. */
  readonly description: string;
  /** Room kept free right of the plot, for a colour bar. */
  readonly right?: number;
  /** Grid lines; off where a heat map covers the plot. */
  readonly grid?: boolean;
}

/** A plot area with its axes: where values go. */
export interface PlacedAxes {
  /** The rectangle of the data. */
  readonly area: PlotArea;
  /** The horizontal axis, placed. */
  readonly x: AxisScale;
  /** The vertical axis, placed. */
  readonly y: AxisScale;
}

/** A laid-out frame: where values go, and how marks become a picture. */
export interface Frame extends PlacedAxes {
  /** `marks` are clipped to the plot area and placed in its own coordinates' picture pixels; `beside` is drawn unclipped. */
  readonly finish: (marks: readonly string[], beside?: readonly string[]) => Picture;
}

/** Lays out title, legend, axes and notes around a plot area. */
export function layFrame(contents: FrameContents): Frame {
  const { options, size, grid } = contents;
  const sheet = laySheet({ ...contents, title: options.title, width: size.width });
  const top = sheet.top + 14;
  const below = 24 + (options.xLabel ? 20 : 0) + sheet.bottom;
  const height = Math.max(90, size.height - top - below);
  const y = axisScale(contents.y, top + height, top, 46);
  const labelWidth = Math.max(...y.ticks.map(({ label }) => textWidth(label, 12)), 10);
  const left = edge + (options.yLabel ? 20 : 0) + labelWidth + 8;
  const right = contents.right ?? labelOverhang(axisScale(contents.x, left, size.width - edge, 80), size.width - edge);
  const width = Math.max(60, size.width - left - edge - right);
  const area = { left, top, width, height };
  const x = axisScale(contents.x, left, left + width, 80);
  const finish = (marks: readonly string[], beside: readonly string[] = []): Picture => {
    const { xLabel, yLabel } = options;
    return sheet.finish(top + height + below, [
      drawAxes(area, x, y, { xLabel, yLabel, grid }),
      clip(area, marks),
      ...beside,
    ]);
  };
  return { area, x, y, finish };
}

/** The room right of the plot that the last label of the horizontal axis needs, at least 8 pixels. */
function labelOverhang({ ticks }: AxisScale, end: number): number {
  return Math.max(8, ...ticks.map(({ position, label }) => position + textWidth(label, 12) / 2 - end));
}
