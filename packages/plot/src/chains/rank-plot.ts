import type { PlacedAxes } from '../chart-frame.js';
import { missingDraws } from '../draws/missing-draws.js';
import { type DrawsOptions, type Parameter, readParameters } from '../draws/parameter-set.js';
import { element, formatCoordinate } from '../markup.js';
import { drawPanelGrid, type PanelOptions } from '../panel-grid.js';
import type { Picture } from '../picture.js';
import { seriesLook, theme } from '../theme.js';
import { type RankCounts, rankCounts } from './rank-counts.js';

/** What {@link rankPlot} draws. */
export interface RankPlotOptions extends DrawsOptions, PanelOptions {
  /** Number of bins of the ranks, 20 unless told; fewer where a bin would hold fewer than 5 draws of a chain. */
  readonly bins?: number;
}

/** The share of its strip that the tallest bar of a panel takes. */
const tallest = 0.86;

/**
 * Draws, for each scalar and chain, how the ranks of the chain's draws among all draws are distributed.
 *
 * Chains that agree have bars of nearly equal height: 99 of 100 are inside the grey band. A chain with its bars at one end is
 * shifted, one with its bars at both ends is wider than the others. The band is wider for draws that depend on each other:
 * its variance is that of the hypergeometric distribution times the autocorrelation time of being in the bin.
 * Near twin: {@link tracePlot} shows when, not whether, chains part.
 *
 * @param options - the draws, which scalars to show (at most 6 unless told), the bins and the layout
 * @returns the panels as one SVG picture, 760 pixels wide unless told
 * @throws TypeError when the draws are not `{ data, shape }` or a tree of them
 * @throws RangeError when there are no draws, a name is unknown, or a number or size is out of range
 * @example
 * ```ts
 * const picture = rankPlot({ draws, parameters: ['x[0]', 'x[1]'] });
 * ```
 * @see Vehtari, Gelman, Simpson, Carpenter and Bürkner 2021, arXiv:1903.08008
 */
export function rankPlot(options: RankPlotOptions): Picture {
  const set = readParameters('rankPlot', options, 6);
  const { bins: wanted = 20 } = options;
  if (!(Number.isInteger(wanted) && wanted >= 2 && wanted <= 200)) {
    throw new RangeError(`rankPlot: bins must be a whole number from 2 to 200, got ${wanted}. Leave it out for 20.`);
  }
  const bins = Math.max(2, Math.min(wanted, Math.floor(set.steps / 5)));
  const marks = Array.from({ length: set.chains }, (_, chain) => ({
    value: set.chains - 0.5 - chain,
    label: `${chain}`,
  }));
  const panels = set.shown.map((parameter) => {
    const counted = rankCounts(parameter.chains(), bins);
    return {
      title: parameter.name,
      x: { log: false, domain: [0, set.steps * set.chains] as const },
      y: { log: false, domain: [0, set.chains] as const },
      yMarks: set.chains > 30 ? [] : marks,
      yLabel: 'chain',
      xLabel: 'rank',
      grid: false,
      draw: (placed: PlacedAxes) => drawStrips(counted, placed),
    };
  });
  return drawPanelGrid('rankPlot', {
    options,
    usualHeight: Math.min(600, Math.max(60, set.chains * 32)),
    usualColumns: Math.min(2, panels.length),
    panels,
    legend: [],
    notes: [...set.notes, ...missingDraws(set.shown, 'ranked last'), ...singleNote(set.chains)],
    description: options.description ?? describe(set.shown, set.chains),
  });
}

function singleNote(chains: number): string[] {
  return chains > 1 ? [] : ['Ranks compare chains: those of a single chain are uniform whatever it does.'];
}

/** One histogram for each chain, each on a ground of its own, over the band. */
function drawStrips({ counts, mean, band }: RankCounts, { area, y }: PlacedAxes): string[] {
  const unit = tallest / Math.max(band[1], ...counts.flat(), 1e-9);
  return counts.flatMap((list, chain) => {
    const ground = counts.length - 1 - chain;
    const at = (count: number) => y.place(ground + count * unit);
    const width = area.width;
    const belt = { x: area.left, y: at(band[1]), width, height: at(band[0]) - at(band[1]) };
    const level = { x1: area.left, x2: area.left + width, y1: at(mean), y2: at(mean) };
    const edge = (bin: number) => formatCoordinate(area.left + (bin / list.length) * width);
    const steps = list.map((count, bin) => `V${formatCoordinate(at(count))}H${edge(bin + 1)}`).join('');
    const d = `M${edge(0)},${formatCoordinate(at(0))}${steps}V${formatCoordinate(at(0))}Z`;
    const { colour } = seriesLook(chain);
    return [
      element('path', { d, style: `fill:${colour};fill-opacity:0.3` }),
      element('rect', { ...belt, style: `fill:${theme.paper};fill-opacity:0.55` }),
      element('rect', { ...belt, style: `fill:${theme.muted};fill-opacity:0.3` }),
      element('path', { d, style: `fill:none;stroke:${colour};stroke-width:1.3` }),
      element('line', { ...level, style: `stroke:${theme.ink};stroke-opacity:0.55;stroke-dasharray:3 3` }),
    ];
  });
}

function describe(shown: readonly Parameter[], chains: number): string {
  return `Rank histograms of ${chains} ${chains === 1 ? 'chain' : 'chains'} for ${shown.map(({ name }) => name).join(', ')}`;
}
