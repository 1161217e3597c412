import type { AxisScale } from './axis-scale.js';
import { edge } from './chart-sheet.js';
import { element, escapeMarkup } from './markup.js';
import { textStyle, theme } from './theme.js';

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

/** What the axes around a plot area say. */
export interface AxesContents {
  /** What the horizontal axis measures, with its unit; nothing is written when left out. */
  readonly xLabel?: string | undefined;
  /** What the vertical axis measures, with its unit; nothing is written when left out. */
  readonly yLabel?: string | undefined;
  /** Where the middle of the label of the vertical axis is, in pixels from the left; at the rim of the picture unless told. */
  readonly yLabelAt?: number;
  /** Grid lines; off where a heat map covers the plot. */
  readonly grid?: boolean | undefined;
}

/** Ticks, grid lines and labels around a plot area. */
export function drawAxes(area: PlotArea, x: AxisScale, y: AxisScale, contents: AxesContents): string {
  const { left, top, width, height } = area;
  const bottom = top + height;
  const lines =
    contents.grid === false
      ? []
      : y.ticks.map(({ position }) =>
          element('line', { x1: left, x2: left + width, y1: position, y2: position, style: `stroke:${theme.grid}` }),
        );
  const base = element('line', { x1: left, x2: left + width, y1: bottom, y2: bottom, style: `stroke:${theme.muted}` });
  const xTicks = x.ticks.map(({ position, label }) => {
    const mark = { x1: position, x2: position, y1: bottom, y2: bottom + 5 };
    const text = { x: position, y: bottom + 19, 'text-anchor': 'middle', style: textStyle(12, theme.muted) };
    return element('line', { ...mark, style: `stroke:${theme.muted}` }) + element('text', text, escapeMarkup(label));
  });
  const yTicks = y.ticks.map(({ position, label }) => {
    const text = { x: left - 8, y: position + 4, 'text-anchor': 'end', style: textStyle(12, theme.muted) };
    return element('text', text, escapeMarkup(label));
  });
  return [...lines, base, ...xTicks, ...yTicks, ...drawLabels(area, contents)].join('');
}

/** Marks clipped to an area by a nested viewport, which needs no identifier that could collide within a page. */
export function clip({ left, top, width, height }: PlotArea, marks: readonly string[]): string {
  const coordinates = [left, top, width, height].map((value) => Math.round(value * 100) / 100);
  return element(
    'svg',
    { x: left, y: top, width, height, viewBox: coordinates.join(' '), overflow: 'hidden' },
    ...marks,
  );
}

function drawLabels(
  { left, top, width, height }: PlotArea,
  { xLabel, yLabel, yLabelAt = edge + 6 }: AxesContents,
): string[] {
  const labels: string[] = [];
  const style = textStyle(13, theme.ink);
  if (xLabel) {
    const place = { x: left + width / 2, y: top + height + 40, 'text-anchor': 'middle' };
    labels.push(element('text', { ...place, style }, escapeMarkup(xLabel)));
  }
  if (yLabel) {
    const middle = Math.round(top + height / 2);
    const place = { x: yLabelAt, y: middle, 'text-anchor': 'middle', transform: `rotate(-90 ${yLabelAt} ${middle})` };
    labels.push(element('text', { ...place, style }, escapeMarkup(yLabel)));
  }
  return labels;
}
