import { type AxisScale, type AxisSpan, axisScale } from './axis-scale.js';
import { type LegendEntry, layLegend } from './legend.js';
import { element, escapeMarkup } from './markup.js';
import type { Picture } from './picture.js';
import { textWidth, wrapText } from './text-width.js';
import { textStyle, theme } from './theme.js';

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

/** The rectangle that data are drawn into, in pixels of the picture. */
export interface PlotArea {
  /** Its left edge. */
  readonly left: number;
  /** Its upper edge. */
  readonly top: number;
  /** Its width. */
  readonly width: number;
  /** Its height. */
  readonly height: number;
}

/** A laid-out frame: where values go, and how marks become a picture. */
export interface Frame {
  /** The rectangle of the data. */
  readonly area: PlotArea;
  /** The horizontal axis, placed. */
  readonly x: AxisScale;
  /** The vertical axis, placed. */
  readonly y: AxisScale;
  /** `marks` are clipped to the plot area and placed in its own coordinates' picture pixels; `beside` is drawn unclipped. */
  readonly finish: (marks: readonly string[], beside?: readonly string[]) => Picture;
}

const edge = 8;

/** Lays out title, legend, axes and notes around a plot area. */
export function layFrame(contents: FrameContents): Frame {
  const { options, size, notes } = contents;
  const titleLines = wrapText(options.title ?? '', 15, size.width - 2 * edge);
  const titleBottom = edge + titleLines.length * 20 + (titleLines.length > 0 ? 6 : 0);
  const legend = layLegend(contents.legend, edge, titleBottom, size.width - 2 * edge);
  const top = titleBottom + legend.height + 14;
  const noteLines = notes.flatMap((note) => wrapText(note, 12, size.width - 2 * edge));
  const below = 24 + (options.xLabel ? 20 : 0) + 8 + (noteLines.length > 0 ? 8 : 0) + noteLines.length * 17;
  const height = Math.max(90, size.height - top - below);
  const y = axisScale(contents.y, top + height, top, 46);
  const labelWidth = Math.max(...y.ticks.map(({ label }) => textWidth(label, 12)), 10);
  const left = edge + (options.yLabel ? 20 : 0) + labelWidth + 8;
  const right = contents.right ?? labelOverhang(axisScale(contents.x, left, size.width - edge, 80), size.width - edge);
  const width = Math.max(60, size.width - left - edge - right);
  const area = { left, top, width, height };
  const x = axisScale(contents.x, left, left + width, 80);
  const finish = (marks: readonly string[], beside: readonly string[] = []): Picture => {
    const total = { width: size.width, height: top + height + below };
    const svg = wrapSvg(total, contents, [
      drawTitle(titleLines),
      legend.markup,
      drawAxes(area, x, y, contents),
      clip(area, marks),
      ...beside,
      drawNotes(noteLines, total.height - 8 - noteLines.length * 17),
    ]);
    return { ...total, svg, description: contents.description, notes };
  };
  return { area, x, y, finish };
}

/** The room right of the plot that the last label of the horizontal axis needs, at least 8 pixels. */
function labelOverhang({ ticks }: AxisScale, end: number): number {
  return Math.max(8, ...ticks.map(({ position, label }) => position + textWidth(label, 12) / 2 - end));
}

function wrapSvg(
  { width, height }: { readonly width: number; readonly height: number },
  { options, description, notes }: FrameContents,
  parts: readonly string[],
): string {
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    width,
    height,
    viewBox: `0 0 ${Math.round(width * 100) / 100} ${Math.round(height * 100) / 100}`,
    role: 'img',
    'aria-label': [options.title ?? '', description, ...notes].filter((part) => part !== '').join('. '),
    style: 'max-width:100%;height:auto',
  };
  return element(
    'svg',
    attributes,
    element('title', {}, escapeMarkup(options.title ?? description)),
    element('desc', {}, escapeMarkup([description, ...notes].join(' '))),
    element('rect', { width, height, style: `fill:${theme.paper}` }),
    ...parts,
  );
}

/** Marks clipped to an area by a nested viewport, which needs no identifier that could collide within a page. */
function clip({ left, top, width, height }: PlotArea, marks: readonly string[]): string {
  const coordinates = [left, top, width, height].map((value) => Math.round(value * 100) / 100);
  return element(
    'svg',
    { x: left, y: top, width, height, viewBox: coordinates.join(' '), overflow: 'hidden' },
    ...marks,
  );
}

function drawTitle(lines: readonly string[]): string {
  return lines
    .map((line, row) =>
      element('text', { x: edge, y: edge + 14 + row * 20, style: textStyle(15, theme.ink, 600) }, escapeMarkup(line)),
    )
    .join('');
}

function drawNotes(lines: readonly string[], top: number): string {
  return lines
    .map((line, row) =>
      element('text', { x: edge, y: top + 13 + row * 17, style: textStyle(12, theme.warning) }, escapeMarkup(line)),
    )
    .join('');
}

function drawAxes(area: PlotArea, x: AxisScale, y: AxisScale, { options, grid = true }: FrameContents): string {
  const { left, top, width, height } = area;
  const bottom = top + height;
  const lines = grid
    ? y.ticks.map(({ position }) =>
        element('line', { x1: left, x2: left + width, y1: position, y2: position, style: `stroke:${theme.grid}` }),
      )
    : [];
  const base = element('line', { x1: left, x2: left + width, y1: bottom, y2: bottom, style: `stroke:${theme.muted}` });
  const xTicks = x.ticks.map(({ position, label }) => {
    const mark = element('line', {
      x1: position,
      x2: position,
      y1: bottom,
      y2: bottom + 5,
      style: `stroke:${theme.muted}`,
    });
    return (
      mark +
      element(
        'text',
        { x: position, y: bottom + 19, 'text-anchor': 'middle', style: textStyle(12, theme.muted) },
        label,
      )
    );
  });
  const yTicks = y.ticks.map(({ position, label }) =>
    element('text', { x: left - 8, y: position + 4, 'text-anchor': 'end', style: textStyle(12, theme.muted) }, label),
  );
  return [...lines, base, ...xTicks, ...yTicks, ...drawLabels(area, options)].join('');
}

function drawLabels({ left, top, width, height }: PlotArea, { xLabel, yLabel }: ChartOptions): string[] {
  const labels: string[] = [];
  const style = textStyle(13, theme.ink);
  if (xLabel) {
    const place = { x: left + width / 2, y: top + height + 40, 'text-anchor': 'middle' };
    labels.push(element('text', { ...place, style }, escapeMarkup(xLabel)));
  }
  if (yLabel) {
    const middle = Math.round(top + height / 2);
    const place = { x: edge + 6, y: middle, 'text-anchor': 'middle', transform: `rotate(-90 ${edge + 6} ${middle})` };
    labels.push(element('text', { ...place, style }, escapeMarkup(yLabel)));
  }
  return labels;
}
