import { clip, drawAxes, type PlotArea } from '../axes.js';
import { type AxisScale, type AxisSpan, axisScale, axisSpan } from '../axis-scale.js';
import { edge, laySheet } from '../chart-sheet.js';
import { drawableExtent } from '../drawable-values.js';
import { chainLegend } from '../draws/chain-look.js';
import { type DivergenceOptions, divergenceNote, readDivergences } from '../draws/divergence-flags.js';
import { drawMarginal, marginalExtent, marginalsOf } from '../draws/marginal.js';
import { missingDraws } from '../draws/missing-draws.js';
import { type DrawsOptions, readParameters } from '../draws/parameter-set.js';
import { element } from '../markup.js';
import type { PanelOptions } from '../panel-grid.js';
import type { Picture } from '../picture.js';
import { fitText, textWidth } from '../text-width.js';
import { theme } from '../theme.js';
import { type Cloud, drawCloud, type PairKind, strideOf } from './pair-cloud.js';

/** What {@link pairPlot} draws. */
export interface PairPlotOptions
  extends DrawsOptions,
    DivergenceOptions,
    Pick<PanelOptions, 'title' | 'description' | 'width'> {
  /** `scatter` (the usual) draws each draw as a dot in the colour of its chain, `density` how many there are. */
  readonly kind?: PairKind;
  /** Whether the diagonal shows the law of each scalar, true unless told. */
  readonly marginals?: boolean;
}

/** One row and column of the matrix. */
interface Side {
  readonly name: string;
  readonly chains: readonly Float64Array[];
  readonly span: AxisSpan;
}

/**
 * Draws every pair of scalars against each other, with the law of each scalar on the diagonal.
 *
 * It shows correlations, ridges and modes that marginals hide, and where in them chains diverge: draws that came of a
 * diverged move are drawn last, in the colour of warnings, and none of them is left out. Of more than 1,500 draws `scatter`
 * shows every k-th step, and a note says so; `density` counts all.
 *
 * @param options - the draws, which scalars to show (at most 5 unless told, 12 in all), the kind and the layout
 * @returns the matrix as one SVG picture, 760 pixels wide unless told
 * @throws TypeError when the draws are not `{ data, shape }` or a tree of them
 * @throws RangeError when there are no draws, fewer than 2 or more than 12 scalars are asked for, a name is unknown, or a size
 * is out of range
 * @example
 * ```ts
 * const picture = pairPlot({ draws, parameters: ['x[0]', 'x[1]'], kind: 'density' });
 * ```
 * @see Gabry et al. 2019, Visualization in Bayesian workflow, arXiv:1709.01449
 */
export function pairPlot(options: PairPlotOptions): Picture {
  const { width = 760, kind = 'scatter', marginals = true } = options;
  const set = readParameters('pairPlot', options, 5);
  checkPairs(set.shown.length, width, kind);
  const diverged = readDivergences('pairPlot', options, set);
  const stride = kind === 'scatter' ? strideOf(set.steps, set.chains) : 1;
  const thinned = stride === 1 ? [] : [`Of every ${stride} steps one is drawn as dots.`];
  const sheet = laySheet({
    title: options.title,
    width,
    legend: kind === 'scatter' ? chainLegend(set.chains, 'point') : [],
    notes: [
      ...set.notes,
      ...thinned,
      ...missingDraws(set.shown, 'left out'),
      ...divergenceNote(diverged, set.steps, set.chains),
    ],
    description: options.description ?? `Pairs of ${set.shown.map(({ name }) => name).join(', ')}`,
  });
  const sides = set.shown.map(({ name, chains }) => readSide(name, chains()));
  const rows = marginals ? sides : sides.slice(1);
  const columns = marginals ? sides : sides.slice(0, -1);
  const grid = layMatrix(rows, columns, width, sheet.top + (sheet.top > edge ? 10 : 6));
  const parts = rows.flatMap((row, r) =>
    columns.slice(0, r + 1).map((column, c) => {
      const area = grid.area(r, c);
      const outer = drawSides(area, row, column, { left: c === 0, bottom: r === rows.length - 1 });
      const cloud: Cloud = { x: column.chains, y: row.chains, kind, stride, diverged };
      return (
        outer +
        (row === column ? drawDiagonal(row, area) : clip(area, [drawCloud(cloud, placer(area, row, column), area)]))
      );
    }),
  );
  return sheet.finish(grid.bottom + sheet.bottom, parts);
}

function checkPairs(count: number, width: number, kind: string): void {
  if (count < 2 || count > 12) {
    throw new RangeError(
      `pairPlot: from 2 to 12 scalars are required, got ${count}. Choose them with parameters or maxParameters.`,
    );
  }
  if (!(width >= 200 && width <= 10_000)) {
    throw new RangeError(`pairPlot: width must be 200 to 10000 pixels, got ${width}. Leave it out for 760.`);
  }
  if (kind !== 'scatter' && kind !== 'density') {
    throw new RangeError(`pairPlot: kind must be scatter or density, got ${kind}. Leave it out for scatter.`);
  }
}

function readSide(name: string, chains: readonly Float64Array[]): Side {
  return { name, chains, span: axisSpan(drawableExtent(chains), { log: false, padding: 0.06 }) };
}

/** Square cells with room for labels at the left and below. */
function layMatrix(rows: readonly Side[], columns: readonly Side[], width: number, top: number) {
  const labels = rows.flatMap(({ span }) => axisScale(span, 100, 0, 40).ticks.map(({ label }) => textWidth(label, 12)));
  const left = edge + 20 + Math.max(10, ...labels) + 8;
  const pitch = (width - edge - 8 - left) / columns.length;
  const area = (row: number, column: number): PlotArea => ({
    left: left + column * pitch,
    top: top + row * pitch,
    width: pitch - 8,
    height: pitch - 8,
  });
  return { area, bottom: top + rows.length * pitch + 40 };
}

function placer(area: PlotArea, row: Side, column: Side): { readonly x: AxisScale; readonly y: AxisScale } {
  return {
    x: axisScale(column.span, area.left, area.left + area.width, 52),
    y: axisScale(row.span, area.top + area.height, area.top, 40),
  };
}

/** The rim of a cell, with ticks and names where it is at the rim of the matrix. */
function drawSides(
  area: PlotArea,
  row: Side,
  column: Side,
  { left, bottom }: { readonly left: boolean; readonly bottom: boolean },
): string {
  const { x, y } = placer(area, row, column);
  const bare = (scale: AxisScale): AxisScale => ({ ...scale, ticks: [] });
  const name = (text: string) => fitText(text, 13, area.width);
  const rim = element('rect', {
    x: area.left,
    y: area.top,
    width: area.width,
    height: area.height,
    style: `fill:none;stroke:${theme.grid}`,
  });
  const diagonal = row === column;
  return (
    rim +
    drawAxes(area, bottom ? x : bare(x), left && !diagonal ? y : bare(y), {
      xLabel: bottom ? name(column.name) : undefined,
      yLabel: left ? name(row.name) : undefined,
      grid: false,
    })
  );
}

function drawDiagonal(side: Side, area: PlotArea): string {
  const marginals = marginalsOf([side.chains.flatMap((chain) => Array.from(chain))], 'density');
  const [marginal] = marginals;
  if (!marginal || !marginalExtent(marginals)) return '';
  const y: AxisSpan = { log: false, domain: [0, Math.max(1e-300, ...Array.from(marginal.y)) * 1.12] };
  const placed = {
    area,
    x: axisScale(side.span, area.left, area.left + area.width, 52),
    y: axisScale(y, area.top + area.height, area.top, 40),
  };
  return clip(area, [drawMarginal(marginal, { colour: theme.muted, dash: undefined }, placed, 0.2)]);
}
