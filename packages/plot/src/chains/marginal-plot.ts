import { quantile } from '@ebmkit/diagnostics';
import { axisSpan } from '../axis-scale.js';
import type { PlacedAxes } from '../chart-frame.js';
import { isDrawable } from '../drawable-values.js';
import { chainLegend } from '../draws/chain-look.js';
import { drawMarginal, type MarginalKind, marginalExtent, marginalsOf } from '../draws/marginal.js';
import { missingDraws } from '../draws/missing-draws.js';
import { briefNumber } from '../draws/number-in-words.js';
import { type DrawsOptions, type Parameter, readParameters } from '../draws/parameter-set.js';
import { element } from '../markup.js';
import { drawPanelGrid, type Panel, type PanelOptions } from '../panel-grid.js';
import type { Picture } from '../picture.js';
import { seriesLook, theme } from '../theme.js';

/** What {@link marginalPlot} draws. */
export interface MarginalPlotOptions extends DrawsOptions, PanelOptions {
  /** `density` (the usual) is smooth, `histogram` counts. */
  readonly kind?: MarginalKind;
  /** One outline for all chains together instead of one for each. */
  readonly pooled?: boolean;
  /** The quantiles of all draws that are marked and written above each panel, 5%, 50% and 95% unless told. */
  readonly probabilities?: readonly number[];
}

/**
 * Draws how the draws of each scalar are distributed, chain by chain or all together, with quantiles.
 *
 * A density is a Gaussian kernel estimate reflected at the smallest and the largest draw, its width chosen by the improved
 * Sheather–Jones rule, which keeps several modes apart. Whole numbers of few values, such as spins, have one bar for each
 * value. Draws that are NaN or infinite are left out and counted in `notes`.
 *
 * @param options - the draws, which scalars to show (at most 12 unless told), the kind and the layout
 * @returns the panels as one SVG picture, 760 pixels wide unless told
 * @throws TypeError when the draws are not `{ data, shape }` or a tree of them
 * @throws RangeError when there are no draws, a name is unknown, a probability is not one, or a size is out of range
 * @example
 * ```ts
 * const picture = marginalPlot({ draws, pooled: true, probabilities: [0.5] });
 * ```
 * @see Botev, Grotowski and Kroese 2010, Kernel density estimation via diffusion, doi:10.1214/10-AOS799
 */
export function marginalPlot(options: MarginalPlotOptions): Picture {
  const set = readParameters('marginalPlot', options, 12);
  const { pooled = false, kind = 'density', probabilities = [0.05, 0.5, 0.95] } = options;
  if (kind !== 'density' && kind !== 'histogram') {
    throw new RangeError(
      `marginalPlot: kind must be density or histogram, got ${String(kind)}. Leave it out for density.`,
    );
  }
  const panels = set.shown.map((parameter) => marginalPanel(parameter, { kind, pooled, probabilities }));
  return drawPanelGrid('marginalPlot', {
    options,
    usualHeight: 120,
    usualColumns: Math.min(3, panels.length),
    panels,
    legend: pooled ? [] : chainLegend(set.chains, 'area'),
    notes: [...set.notes, ...missingDraws(set.shown, 'left out')],
    description: options.description ?? `Marginals of ${set.shown.map(({ name }) => name).join(', ')}`,
  });
}

function marginalPanel(
  { name, chains }: Parameter,
  {
    kind,
    pooled,
    probabilities,
  }: { readonly kind: MarginalKind; readonly pooled: boolean; readonly probabilities: readonly number[] },
): Panel {
  const each = chains();
  const all = each.flatMap((chain) => Array.from(chain)).filter(isDrawable);
  const marginals = marginalsOf(pooled ? [all] : each, kind);
  const marks = probabilities.map((probability) => quantile(all, probability));
  return {
    title: name,
    detail: marks.map(briefNumber).join(' · '),
    x: axisSpan(marginalExtent(marginals), { log: false, padding: 0.02 }),
    y: { log: false, domain: [0, Math.max(1e-300, ...marginals.flatMap(({ y }) => Array.from(y))) * 1.05] },
    yMarks: [],
    draw: (placed) => [
      ...marginals.map((marginal, index) => drawMarginal(marginal, seriesLook(index), placed)),
      ...marks.map((mark) => drawQuantile(mark, placed)),
    ],
  };
}

function drawQuantile(mark: number, { area, x }: PlacedAxes): string {
  if (!isDrawable(mark)) return '';
  const at = { x1: x.place(mark), x2: x.place(mark), y1: area.top, y2: area.top + area.height };
  return element('line', { ...at, style: `stroke:${theme.ink};stroke-opacity:0.6;stroke-dasharray:3 3` });
}
