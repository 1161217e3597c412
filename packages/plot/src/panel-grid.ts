import { clip, drawAxes, type PlotArea } from './axes.js';
import { type AxisScale, type AxisSpan, axisScale } from './axis-scale.js';
import type { PlacedAxes } from './chart-frame.js';
import { edge, laySheet } from './chart-sheet.js';
import type { LegendEntry } from './legend.js';
import { element, escapeMarkup } from './markup.js';
import type { Picture } from './picture.js';
import { fitText, textWidth } from './text-width.js';
import { textStyle, theme } from './theme.js';

/** What every picture of several panels lets its caller say about its layout. */
export interface PanelOptions {
  /** A short statement of what is shown, drawn above the panels. */
  readonly title?: string;
  /** One sentence for screen readers; made from what is drawn when left out. */
  readonly description?: string;
  /** Width of the picture in pixels, 760 unless told; 200 to 10,000. */
  readonly width?: number;
  /** Height of the data area of one panel in pixels; 40 to 2,000. */
  readonly panelHeight?: number;
  /** Number of panels in a row, as many as are readable unless told. */
  readonly columns?: number;
}

/** One panel of small multiples. */
export interface Panel {
  /** What the panel shows, above it at the left. */
  readonly title: string;
  /** A figure or two about it, above it at the right. */
  readonly detail?: string;
  /** What the horizontal axis covers. */
  readonly x: AxisSpan;
  /** What the vertical axis covers. */
  readonly y: AxisSpan;
  /** What the horizontal axis measures. */
  readonly xLabel?: string;
  /** What the vertical axis measures. */
  readonly yLabel?: string;
  /** Labels of places of the horizontal axis, in place of numbers. */
  readonly xMarks?: readonly AxisMark[];
  /** Labels of places of the vertical axis, in place of numbers; an empty list leaves the axis bare. */
  readonly yMarks?: readonly AxisMark[];
  /** Grid lines, unless false. */
  readonly grid?: boolean;
  /** The marks, clipped to the panel. */
  readonly draw: (placed: PlacedAxes) => readonly string[];
}

/** A labelled place on an axis. */
interface AxisMark {
  /** The value that the label stands at. */
  readonly value: number;
  /** What is written there. */
  readonly label: string;
}

/** Panels with everything around them. */
export interface PanelGridContents {
  /** Title, size and number of columns as the caller gave them. */
  readonly options: PanelOptions;
  /** Width of the picture when the caller did not say. */
  readonly usualWidth?: number;
  /** Height of the data area of a panel when the caller did not say. */
  readonly usualHeight: number;
  /** Number of columns when the caller did not say. */
  readonly usualColumns: number;
  /** The panels, row by row. */
  readonly panels: readonly Panel[];
  /** The legend of all panels. */
  readonly legend: readonly LegendEntry[];
  /** What could not be drawn, written at the bottom. */
  readonly notes: readonly string[];
  /** One sentence for screen readers. */
  readonly description: string;
}

const gap = 26;
const titleHeight = 22;
const pixelsPerTick = 30;

/** Lays small multiples out in rows and draws them into one picture. */
export function drawPanelGrid(where: string, contents: PanelGridContents): Picture {
  const { options, panels, usualWidth = 760, usualHeight, usualColumns } = contents;
  const { width = usualWidth, panelHeight = usualHeight } = options;
  const columns = Math.min(options.columns ?? usualColumns, panels.length);
  checkLayout(where, width, panelHeight, columns);
  const sheet = laySheet({ ...contents, title: options.title, width });
  const cell = (width - 2 * edge - gap * (columns - 1)) / columns;
  const yRoom = Math.max(...panels.map((panel) => labelRoom(panel, panelHeight)));
  const rowHeight = titleHeight + panelHeight + (repeatsLabels(panels) ? 36 : 56);
  const top = sheet.top + (sheet.top > edge ? 8 : 0);
  const parts = panels.map((panel, index) => {
    const left = edge + (index % columns) * (cell + gap);
    const area = {
      left: left + yRoom,
      top: top + Math.floor(index / columns) * rowHeight + titleHeight,
      width: Math.max(30, cell - yRoom - 14),
      height: panelHeight,
    };
    const lowest = index + columns >= panels.length || !repeatsLabels(panels);
    return drawPanel(lowest ? panel : withoutLabel(panel), area, left);
  });
  const labels = repeatsLabels(panels) && panels[0]?.xLabel ? 20 : 0;
  return sheet.finish(top + Math.ceil(panels.length / columns) * rowHeight + labels + sheet.bottom, parts);
}

function checkLayout(where: string, width: number, height: number, columns: number): void {
  if (!(width >= 200 && width <= 10_000) || !(height >= 40 && height <= 2_000)) {
    throw new RangeError(
      `${where}: width must be 200 to 10000 and panelHeight 40 to 2000 pixels, got ${width} and ${height}. Give sizes in pixels.`,
    );
  }
  if (!(Number.isInteger(columns) && columns >= 1 && columns <= width / 100)) {
    throw new RangeError(
      `${where}: columns must be a whole number of at least 1 that leaves each panel 100 pixels, got ${columns}. Leave it out or give a larger width.`,
    );
  }
}

/** Whether all panels have one label at their horizontal axes, which is then written below the lowest panels only. */
function repeatsLabels(panels: readonly Panel[]): boolean {
  return panels.every(({ xLabel }) => xLabel === panels[0]?.xLabel);
}

function withoutLabel({ xLabel: _, ...panel }: Panel): Panel {
  return panel;
}

/** The room that the labels of the vertical axis need left of a panel. */
function labelRoom({ y, yMarks, yLabel }: Panel, height: number): number {
  const labels = (yMarks ?? axisScale(y, height, 0, pixelsPerTick).ticks).map(({ label }) => textWidth(label, 12));
  return (yLabel ? 20 : 0) + Math.max(0, ...labels) + 8;
}

function drawPanel(panel: Panel, area: PlotArea, left: number): string {
  const x = marked(axisScale(panel.x, area.left, area.left + area.width, 64), panel.xMarks);
  const y = marked(axisScale(panel.y, area.top + area.height, area.top, pixelsPerTick), panel.yMarks);
  const { xLabel, yLabel, grid } = panel;
  return (
    drawHeading(panel, area) +
    drawAxes(area, x, y, { xLabel, yLabel, yLabelAt: left + 6, grid }) +
    clip(area, panel.draw({ area, x, y }))
  );
}

function drawHeading({ title, detail = '' }: Panel, { left, top, width }: PlotArea): string {
  const y = top - 8;
  const taken = detail === '' ? 0 : textWidth(detail, 11) + 10;
  const name = fitText(title, 12.5, Math.max(width - taken, 40));
  const heading = element('text', { x: left, y, style: textStyle(12.5, theme.ink, 600) }, escapeMarkup(name));
  if (detail === '') return heading;
  const place = { x: left + width, y, 'text-anchor': 'end', style: textStyle(11, theme.muted) };
  return heading + element('text', place, escapeMarkup(detail));
}

function marked(scale: AxisScale, marks: readonly AxisMark[] | undefined): AxisScale {
  if (!marks) return scale;
  return { ...scale, ticks: marks.map(({ value, label }) => ({ position: scale.place(value), label })) };
}
