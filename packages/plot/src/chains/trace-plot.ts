import { axisSpan, roundSpan } from '../axis-scale.js';
import type { PlacedAxes } from '../chart-frame.js';
import { drawableExtent, isDrawable } from '../drawable-values.js';
import { chainLegend } from '../draws/chain-look.js';
import { type Diverged, type DivergenceOptions, divergenceNote, readDivergences } from '../draws/divergence-flags.js';
import { missingDraws } from '../draws/missing-draws.js';
import { type DrawsOptions, type Parameter, readParameters } from '../draws/parameter-set.js';
import { drawGaps, drawLine, type Sight } from '../line-marks.js';
import { element, formatCoordinate } from '../markup.js';
import { drawPanelGrid, type PanelOptions } from '../panel-grid.js';
import type { Picture } from '../picture.js';
import { seriesLook, textStyle, theme } from '../theme.js';

/** What {@link tracePlot} draws. */
export interface TracePlotOptions extends DrawsOptions, DivergenceOptions, PanelOptions {
  /** How many of the first draws belong to the warm-up; they are shaded. 0 unless told, as `sample` keeps none of them. */
  readonly warmup?: number;
  /** The step of the first draw, 1 unless told. */
  readonly firstStep?: number;
  /** Markov steps between two draws, 1 unless told. */
  readonly thin?: number;
}

const sight: Sight = { x: () => true, y: isDrawable };

/**
 * Draws the values that each chain takes, step by step, in one panel for each scalar.
 *
 * Chains that mix look like noise around one level, all over each other. A chain apart from the others, a drift or a long
 * stay at one value shows that they do not. Near twin: {@link rankPlot} shows the same where traces of long chains are a
 * blot. A draw that is NaN or infinite leaves a gap, is marked by a red cross at the bottom and is counted in `notes`.
 *
 * @param options - the draws, which scalars to show (at most 8 unless told), the warm-up and the layout
 * @returns the panels as one SVG picture, 760 pixels wide unless told
 * @throws TypeError when the draws are not `{ data, shape }` or a tree of them
 * @throws RangeError when there are no draws, a name is unknown, or a number or size is out of range
 * @example
 * ```ts
 * const picture = tracePlot({ draws, parameters: ['x[0]', 'x[1]'], warmup: 100 });
 * ```
 * @see Gelman et al., Bayesian Workflow, arXiv:2011.01808
 */
export function tracePlot(options: TracePlotOptions): Picture {
  const set = readParameters('tracePlot', options, 8);
  const { warmup = 0, firstStep = 1, thin = 1 } = options;
  checkSteps({ warmup, firstStep, thin }, set.steps);
  const diverged = readDivergences('tracePlot', options, set);
  const at = Float64Array.from({ length: set.steps }, (_, step) => firstStep + step * thin);
  const x = axisSpan([at[0] ?? 0, at.at(-1) ?? 1], { log: false, padding: 0 });
  const panels = set.shown.map((parameter) => {
    const chains = parameter.chains();
    return {
      title: parameter.name,
      x,
      y: roundSpan(axisSpan(drawableExtent(chains), { log: false, padding: 0.03 })),
      xLabel: 'step',
      draw: (placed: PlacedAxes) => [
        drawWarmup(placed, at, warmup),
        ...chains.map((y, index) => drawTrace({ x: at, y }, index, placed)),
        ...chains.map((y) => drawGaps({ name: '', x: at, y }, placed, sight)),
        drawDivergences(placed, at, chains.length, diverged),
      ],
    };
  });
  return drawPanelGrid('tracePlot', {
    options,
    usualHeight: panels.length > 2 ? 110 : 150,
    usualColumns: panels.length > 2 ? 2 : 1,
    panels,
    legend: chainLegend(set.chains, 'line'),
    notes: [
      ...set.notes,
      ...missingDraws(set.shown, 'left as gaps'),
      ...divergenceNote(diverged, set.steps, set.chains),
    ],
    description: options.description ?? describe(set.shown, set.steps, set.chains),
  });
}

function checkSteps(counts: Readonly<Record<string, number>>, steps: number): void {
  for (const [name, value] of Object.entries(counts)) {
    const least = name === 'thin' ? 1 : 0;
    const most = name === 'warmup' ? steps : Number.MAX_SAFE_INTEGER;
    if (!(Number.isInteger(value) && value >= least && value <= most)) {
      throw new RangeError(
        `tracePlot: ${name} must be a whole number from ${least}${name === 'warmup' ? ` to the ${steps} draws` : ''}, got ${value}. Count steps of the chain.`,
      );
    }
  }
}

function drawTrace(
  { x, y }: { readonly x: Float64Array; readonly y: Float64Array },
  index: number,
  placed: PlacedAxes,
): string {
  return drawLine({ name: '', x, y }, seriesLook(index), placed, sight, { strokeWidth: 1, opacity: 0.8, digits: 1 });
}

function drawWarmup({ area, x }: PlacedAxes, at: Float64Array, warmup: number): string {
  if (warmup === 0) return '';
  const end = warmup < at.length ? x.place(((at[warmup - 1] ?? 0) + (at[warmup] ?? 0)) / 2) : area.left + area.width;
  const box = { x: area.left, y: area.top, width: end - area.left, height: area.height };
  const shade = element('rect', { ...box, style: `fill:${theme.muted};fill-opacity:0.16` });
  if (end - area.left < 50) return shade;
  return shade + element('text', { x: area.left + 4, y: area.top + 12, style: textStyle(11, theme.muted) }, 'warm-up');
}

/** Ticks at the bottom of the panel where any chain diverged. */
function drawDivergences({ area, x }: PlacedAxes, at: Float64Array, chains: number, diverged?: Diverged): string {
  if (!diverged) return '';
  const columns = new Set<number>();
  at.forEach((step, index) => {
    for (let chain = 0; chain < chains; chain += 1) {
      if (diverged(index, chain)) columns.add(Math.round(x.place(step) * 2) / 2);
    }
  });
  const bottom = formatCoordinate(area.top + area.height);
  const d = [...columns].map((column) => `M${column},${bottom}v-9`).join('');
  return element('path', { d, style: `fill:none;stroke:${theme.warning};stroke-width:1.4` });
}

function describe(shown: readonly Parameter[], steps: number, chains: number): string {
  const names = shown.map(({ name }) => name).join(', ');
  return `Traces of ${names}: ${steps} steps of ${chains} ${chains === 1 ? 'chain' : 'chains'}`;
}
