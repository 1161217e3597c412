import type { SampledArray } from '@ebmkit/diagnostics';
import { axisSpan } from '../axis-scale.js';
import type { PlacedAxes } from '../chart-frame.js';
import { isDrawable, notDrawable, partOf } from '../drawable-values.js';
import { chainsOfEnergies, energyFraction } from '../draws/energy-transitions.js';
import { drawMarginal, marginalExtent, marginalsOf } from '../draws/marginal.js';
import { briefNumber } from '../draws/number-in-words.js';
import { drawPanelGrid, type Panel, type PanelOptions } from '../panel-grid.js';
import type { Picture } from '../picture.js';
import { seriesLook } from '../theme.js';

/** What {@link energyPlot} draws. */
export interface EnergyPlotOptions extends PanelOptions {
  /** The energies of the draws, `{ data, shape: [steps, chains] }`: those of `stats.energies`, or Hamiltonians. */
  readonly energies: SampledArray;
  /** What the energies are, `energy` unless told. */
  readonly xLabel?: string;
}

/**
 * Draws the distribution of the energies beside that of their changes from one draw to the next.
 *
 * When the changes are much narrower than the energies, a chain needs many steps to go from low to high energies. The figure
 * of each chain, $`\sum (E_t - E_{t-1})^2 / \sum (E_t - \bar E)^2`$, is the energy fraction E-BFMI when the energies are
 * the Hamiltonians of a Hamiltonian sampler, and below 0.3 a reason to worry. For the energies of the states alone, which
 * every sampler has, it is about $`2 (1 - \rho_1)`$ with $`\rho_1`$ their autocorrelation at lag 1, so that it falls when a
 * sampler makes small steps; then it compares samplers and judges none.
 *
 * @param options - the energies of each step and chain, and the layout
 * @returns one panel for each chain up to 4, or one for all chains, as one SVG picture, 760 pixels wide unless told
 * @throws TypeError when the energies are not `{ data, shape }`
 * @throws RangeError when there is no energy or a size is out of range
 * @example
 * ```ts
 * const picture = energyPlot({ energies: { data: stats.energies, shape: [1000, 4] } });
 * ```
 * @see Betancourt 2016, Diagnosing suboptimal cotangent disintegrations in Hamiltonian Monte Carlo, arXiv:1604.00695
 */
export function energyPlot(options: EnergyPlotOptions): Picture {
  const chains = chainsOfEnergies('energyPlot', options.energies);
  const { xLabel = 'energy' } = options;
  const panels =
    chains.length <= 4
      ? chains.map((chain, index) => energyPanel([chain], chains.length > 1 ? `chain ${index}` : '', xLabel))
      : [energyPanel(chains, '', xLabel)];
  const bad = chains.reduce((sum, chain) => sum + chain.filter((value) => !isDrawable(value)).length, 0);
  const total = chains.length * (chains[0]?.length ?? 0);
  const names = ['energy, less its mean', 'change from draw to draw'];
  return drawPanelGrid('energyPlot', {
    options,
    usualHeight: 150,
    usualColumns: Math.min(2, panels.length),
    panels,
    legend: names.map((name, index) => ({ name, look: seriesLook(index), mark: 'area' as const })),
    notes:
      bad === 0 ? [] : [`${partOf(bad, total, 'energy').replace('energys', 'energies')} ${notDrawable} and left out.`],
    description:
      options.description ?? `Energies and their changes of ${chains.length} chains of ${chains[0]?.length} draws`,
  });
}

function energyPanel(chains: readonly Float64Array[], title: string, xLabel: string): Panel {
  const centred = chains.flatMap((chain) => {
    const kept = Array.from(chain).filter(isDrawable);
    const mean = kept.reduce((sum, value) => sum + value / kept.length, 0);
    return kept.map((value) => value - mean);
  });
  const changes = chains.flatMap((chain) => Array.from(chain.subarray(1), (value, i) => value - (chain[i] ?? 0)));
  const marginals = [centred, changes]
    .map((values) => marginalsOf([values.filter(isDrawable)], 'density')[0])
    .filter((marginal) => marginal !== undefined);
  const fractions = chains.map(energyFraction);
  const least = Math.min(...fractions);
  return {
    title,
    detail:
      fractions.length === 1
        ? `energy fraction ${briefNumber(least)}`
        : `energy fractions ${briefNumber(least)} to ${briefNumber(Math.max(...fractions))}`,
    x: axisSpan(marginalExtent(marginals), { log: false, padding: 0.02 }),
    y: { log: false, domain: [0, Math.max(1e-300, ...marginals.flatMap(({ y }) => Array.from(y))) * 1.05] },
    yMarks: [],
    xLabel,
    draw: (placed: PlacedAxes) =>
      marginals.map((marginal, index) => drawMarginal(marginal, seriesLook(index), placed, 0.2)),
  };
}
