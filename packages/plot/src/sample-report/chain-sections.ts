import { autocorrelationPlot } from '../chains/autocorrelation-plot.js';
import { energyPlot } from '../chains/energy-plot.js';
import { drawForest } from '../chains/forest-plot.js';
import { marginalPlot } from '../chains/marginal-plot.js';
import { pairPlot } from '../chains/pair-plot.js';
import { rankPlot } from '../chains/rank-plot.js';
import { tracePlot } from '../chains/trace-plot.js';
import type { ReportSection } from '../html-report.js';
import type { Picture } from '../picture.js';
import type { JudgedSample } from './judged-sample.js';

/** How many scalars the pictures of a report show, and what else they need. */
export interface ChainSectionOptions {
  /** The most scalars of traces, ranks, marginals and autocorrelations; pairs show one less, intervals three times as many. */
  readonly most: number;
  /** Flags of diverged draws, `[steps, chains]`. */
  readonly divergences?: ArrayLike<number> | undefined;
  /** What to call draws that are one array. */
  readonly name?: string | undefined;
}

/** The pictures of the chains, each in a section of its own. */
export function chainSections(sample: JudgedSample, { most, divergences, name }: ChainSectionOptions): ReportSection[] {
  const { scalars, chains } = sample;
  const of = (count: number) => ({
    draws: sample.result.draws,
    parameters: scalars.slice(0, count).map((scalar) => scalar.name),
    ...(name !== undefined && { name }),
  });
  const flags = divergences ? { divergences } : {};
  const shown = { shown: scalars.slice(0, 3 * most), notes: [], steps: sample.steps, chains };
  const intervals = drawForest(shown, { pooled: chains > 8 });
  const pairs = Math.min(most, 5);
  return [
    section('Intervals', intervals, sample, 3 * most, 'Medians with central intervals of 50% and 90%.'),
    section(
      'Traces',
      tracePlot({ ...of(most), ...flags }),
      sample,
      most,
      'Chains that mix lie over each other and do not drift.',
    ),
    ...(chains > 1
      ? [
          section(
            'Ranks',
            rankPlot(of(most)),
            sample,
            most,
            'When chains agree, 99 of 100 bars end inside their grey band.',
          ),
        ]
      : []),
    section(
      'Marginals',
      marginalPlot(of(most)),
      sample,
      most,
      'The figures and the dashed lines are the quantiles 5%, 50% and 95% of all chains.',
    ),
    section(
      'Autocorrelation',
      autocorrelationPlot(of(most)),
      sample,
      most,
      'τ is the integrated autocorrelation time of each chain in recorded steps; a chain of n draws is worth about n / τ.',
    ),
    ...(scalars.length > 1
      ? [section('Pairs', pairPlot({ ...of(pairs), ...flags }), sample, pairs, 'Each dot is a draw.')]
      : []),
    ...energySection(sample),
  ];
}

function section(
  heading: string,
  picture: Picture,
  { scalars }: JudgedSample,
  count: number,
  caption: string,
): ReportSection {
  const chosen =
    scalars.length > count
      ? ` Shown are the ${count} of ${scalars.length.toLocaleString('en-GB')} scalars that give most concern.`
      : '';
  return { heading, pictures: [{ picture, caption: `${caption}${chosen}` }] };
}

function energySection({ result, steps, chains }: JudgedSample): ReportSection[] {
  const data = result.stats?.energies;
  if (!data || data.length === 0 || data.length !== steps * chains) return [];
  const picture = energyPlot({ energies: { data, shape: [steps, chains] } });
  const caption =
    'Where the changes are much narrower than the energies, a chain takes many steps from low to high energies. The fraction is the mean square change over the variance.';
  return [{ heading: 'Energies', pictures: [{ picture, caption }] }];
}
