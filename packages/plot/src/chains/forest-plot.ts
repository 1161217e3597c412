import { quantile } from '@ebmkit/diagnostics';
import { drawAxes } from '../axes.js';
import { type AxisScale, axisScale, axisSpan } from '../axis-scale.js';
import { edge, laySheet } from '../chart-sheet.js';
import { drawableExtent, isDrawable } from '../drawable-values.js';
import { chainLegend, pooledLook } from '../draws/chain-look.js';
import { essOfEachChain, highestRHat } from '../draws/concern.js';
import { missingDraws } from '../draws/missing-draws.js';
import { type DrawsOptions, type Parameter, type ParameterSet, readParameters } from '../draws/parameter-set.js';
import { element, escapeMarkup } from '../markup.js';
import type { PanelOptions } from '../panel-grid.js';
import type { Picture } from '../picture.js';
import { fitText, textWidth } from '../text-width.js';
import { seriesLook, textStyle, theme } from '../theme.js';

/** What {@link forestPlot} draws. */
export interface ForestPlotOptions extends DrawsOptions, Pick<PanelOptions, 'title' | 'description' | 'width'> {
  /** The share of the draws inside the thin interval, 0.9 unless told; the thick one has a half of them. */
  readonly interval?: number;
  /** One interval for all chains together instead of one for each chain. */
  readonly pooled?: boolean;
  /** What the horizontal axis measures. */
  readonly xLabel?: string;
}

/** The rows of one scalar. */
interface Group {
  readonly name: string;
  /** Low, lower quartile, median, upper quartile and high, one list for each row. */
  readonly rows: readonly (readonly number[])[];
  /** The figures at the right: what is written, and whether it breaks the usual limit. */
  readonly figures: readonly { readonly text: string; readonly bad: boolean }[];
}

const heads = ['R-hat', 'bulk ESS', 'tail ESS'] as const;
const columnWidth = 66;

/**
 * Draws the median and two central intervals of each scalar and chain, beside R-hat and the effective sample sizes.
 *
 * Figures that break the usual limits (R-hat above 1.01, an effective sample size below 100 for each chain) are in the colour
 * of warnings. R-hat compares chains and is unknown for a single one. Intervals are between quantiles, not of highest density.
 *
 * @param options - the draws, which scalars to show (at most 20 unless told), the interval and the layout
 * @returns the chart as an SVG picture, 760 pixels wide unless told
 * @throws TypeError when the draws are not `{ data, shape }` or a tree of them
 * @throws RangeError when there are no draws, a name is unknown, the interval is no share, or a size is out of range
 * @example
 * ```ts
 * const picture = forestPlot({ draws, interval: 0.95 });
 * ```
 * @see Vehtari, Gelman, Simpson, Carpenter and Bürkner 2021, arXiv:1903.08008
 */
export function forestPlot(options: ForestPlotOptions): Picture {
  return drawForest(readParameters('forestPlot', options, 20), options);
}

/** The forest plot of scalars that have been chosen, and perhaps judged, already. */
export function drawForest(set: ParameterSet, options: Omit<ForestPlotOptions, 'draws'>): Picture {
  const { width = 760, interval = 0.9, pooled = false } = options;
  checkForest(width, interval);
  const groups = set.shown.map((parameter) => readGroup(parameter, interval, pooled));
  const rowsOfGroup = pooled ? 1 : set.chains;
  const pitch = rowsOfGroup > 8 ? 6 : 10;
  const groupHeight = Math.max(22, rowsOfGroup * pitch + 8);
  const sheet = laySheet({
    title: options.title,
    width,
    legend: pooled ? [] : chainLegend(set.chains, 'line'),
    notes: [...set.notes, ...missingDraws(set.shown, 'left out of the intervals')],
    description: options.description ?? describe(set.shown, interval),
  });
  const names = groups.map(({ name }) => fitText(name, 12, width / 4));
  const left = edge + Math.max(...names.map((name) => textWidth(name, 12))) + 12;
  const area = {
    left,
    top: sheet.top + 26,
    width: Math.max(60, width - edge - heads.length * columnWidth - 12 - left),
    height: groups.length * groupHeight,
  };
  const span = axisSpan(drawableExtent(groups.flatMap(({ rows }) => rows)), { log: false, padding: 0.04 });
  const x = axisScale(span, area.left, area.left + area.width, 80);
  const middles = groups.map((_, index) => area.top + (index + 0.5) * groupHeight);
  const y: AxisScale = { place: (value) => value, ticks: [] };
  const parts = [
    drawStripes(middles, groupHeight, width),
    drawGrid(x, area.top, area.height),
    drawAxes(area, x, y, { xLabel: options.xLabel, grid: false }),
    drawHeads(area.left + area.width + 12, area.top - 9),
    ...groups.map((group, index) =>
      drawGroup(group, names[index] ?? '', middles[index] ?? 0, { x, pitch, pooled, area }),
    ),
  ];
  return sheet.finish(area.top + area.height + (options.xLabel ? 46 : 26) + sheet.bottom, parts);
}

function checkForest(width: number, interval: number): void {
  if (!(width >= 360 && width <= 10_000)) {
    throw new RangeError(`forestPlot: width must be 360 to 10000 pixels, got ${width}. Leave it out for 760.`);
  }
  if (!(interval > 0.5 && interval < 1)) {
    throw new RangeError(
      `forestPlot: interval must be a share above 0.5 and below 1, got ${interval}. Leave it out for 0.9.`,
    );
  }
}

function readGroup({ name, chains, verdict }: Parameter, interval: number, pooled: boolean): Group {
  const each = chains();
  const sets = pooled ? [each.flatMap((chain) => Array.from(chain))] : each;
  const probabilities = [(1 - interval) / 2, 0.25, 0.5, 0.75, (1 + interval) / 2];
  const rows = sets.map((values) => {
    const kept = Array.from(values)
      .filter(isDrawable)
      .sort((a, b) => a - b);
    return probabilities.map((probability) => quantile(kept, probability));
  });
  const least = essOfEachChain * each.length;
  const { rHat: worst, bulkEss, tailEss } = verdict();
  const sizes = [bulkEss, tailEss];
  const figures = [
    {
      text: Number.isNaN(worst) ? '–' : worst === Infinity ? '∞' : worst.toFixed(worst < 10 ? 3 : 0),
      bad: worst > highestRHat,
    },
    ...sizes.map((size) => ({
      text: Number.isNaN(size) ? '–' : Math.round(size).toLocaleString('en-GB'),
      bad: size < least,
    })),
  ];
  return { name, rows, figures };
}

function drawGroup(
  { rows, figures }: Group,
  name: string,
  middle: number,
  {
    x,
    pitch,
    pooled,
    area,
  }: {
    readonly x: AxisScale;
    readonly pitch: number;
    readonly pooled: boolean;
    readonly area: { readonly left: number; readonly width: number };
  },
): string {
  const label = { x: area.left - 10, y: middle + 4, 'text-anchor': 'end', style: textStyle(12, theme.ink) };
  const intervals = rows.map((row, index) => {
    const height = middle + (index - (rows.length - 1) / 2) * pitch;
    return drawInterval(row, x, height, (pooled ? pooledLook : seriesLook(index)).colour);
  });
  const right = area.left + area.width + 12;
  const cells = figures.map(({ text, bad }, column) => {
    const place = { x: right + (column + 1) * columnWidth - 4, y: middle + 4, 'text-anchor': 'end' };
    return element('text', { ...place, style: textStyle(12, bad ? theme.warning : theme.ink, bad ? 600 : 400) }, text);
  });
  return element('text', label, escapeMarkup(name)) + intervals.join('') + cells.join('');
}

function drawInterval(row: readonly number[], x: AxisScale, y: number, colour: string): string {
  if (!row.every(isDrawable)) return '';
  const [low = 0, lower = 0, median = 0, upper = 0, high = 0] = row.map((value) => x.place(value));
  const line = (x1: number, x2: number, strokeWidth: number) =>
    element('line', { x1, x2, y1: y, y2: y, style: `stroke:${colour};stroke-width:${strokeWidth}` });
  const dot = element('circle', {
    cx: median,
    cy: y,
    r: 2.6,
    style: `fill:${theme.paper};stroke:${colour};stroke-width:1.6`,
  });
  return line(low, high, 1.3) + line(lower, upper, 3.6) + dot;
}

/** A faint ground under every second scalar, which leads the eye to the figures. */
function drawStripes(middles: readonly number[], height: number, width: number): string {
  return middles
    .filter((_, index) => index % 2 === 0)
    .map((middle) => {
      const box = { x: edge, y: middle - height / 2, width: width - 2 * edge, height };
      return element('rect', { ...box, style: `fill:${theme.grid};fill-opacity:0.45` });
    })
    .join('');
}

function drawGrid({ ticks }: AxisScale, top: number, height: number): string {
  return ticks
    .map(({ position }) =>
      element('line', { x1: position, x2: position, y1: top, y2: top + height, style: `stroke:${theme.grid}` }),
    )
    .join('');
}

function drawHeads(left: number, y: number): string {
  return heads
    .map((head, column) => {
      const place = { x: left + (column + 1) * columnWidth - 4, y, 'text-anchor': 'end' };
      return element('text', { ...place, style: textStyle(11.5, theme.muted, 600) }, head);
    })
    .join('');
}

function describe(shown: readonly Parameter[], interval: number): string {
  return `Medians and central ${Math.round(interval * 1000) / 10}% intervals of ${shown.map(({ name }) => name).join(', ')}`;
}
