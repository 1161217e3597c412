import { counted } from '../drawable-values.js';
import { essOfEachChain, highestRHat } from '../draws/concern.js';
import type { ReportHighlight } from '../html-report.js';
import { briefRHat } from './findings.js';
import { type JudgedSample, worstBy } from './judged-sample.js';

/** The few figures of a run that matter most. */
export function headlineFigures(sample: JudgedSample): ReportHighlight[] {
  const { result, scalars, steps, chains } = sample;
  const { status } = result;
  return [
    ...(status === undefined ? [] : [{ label: 'Status', value: status, warning: status !== 'ok' }]),
    ...rHatFigure(sample),
    essFigure(sample, 'bulk'),
    essFigure(sample, 'tail'),
    ...acceptanceFigure(result.stats?.acceptanceRate),
    ...divergenceFigure(result.stats?.diverged),
    {
      label: 'Chains × draws',
      value: `${chains.toLocaleString('en-GB')} × ${steps.toLocaleString('en-GB')}`,
      detail: `of ${counted(scalars.length, 'scalar')}`,
    },
  ];
}

function rHatFigure(sample: JudgedSample): ReportHighlight[] {
  if (sample.chains === 1) return [];
  const worst = worstBy(sample, ({ rHat }) => rHat);
  const value = worst?.verdict().rHat ?? Number.NaN;
  const detail = worst ? `${worst.name}; at most ${highestRHat} wanted` : 'unknown';
  return [{ label: 'Worst R-hat', value: briefRHat(value), detail, warning: value > highestRHat }];
}

function essFigure(sample: JudgedSample, kind: 'bulk' | 'tail'): ReportHighlight {
  const sizeOf = kind === 'bulk' ? 'bulkEss' : 'tailEss';
  const worst = worstBy(sample, (verdict) => -verdict[sizeOf]);
  const least = essOfEachChain * sample.chains;
  const size = worst?.verdict()[sizeOf] ?? Number.NaN;
  return {
    label: `Smallest ${kind} ESS`,
    value: Number.isNaN(size) ? '–' : Math.round(size),
    detail: worst ? `${worst.name}; at least ${least.toLocaleString('en-GB')} wanted` : 'unknown',
    warning: size < least,
  };
}

function acceptanceFigure(rates: ArrayLike<number> | undefined): ReportHighlight[] {
  if (!rates || rates.length === 0) return [];
  const list = Array.from(rates);
  const mean = list.reduce((sum, rate) => sum + rate / list.length, 0);
  const share = (rate: number) => `${(100 * rate).toFixed(rate > 0 && rate < 0.1 ? 1 : 0)}%`;
  const detail =
    list.length > 1 ? `${share(Math.min(...list))} to ${share(Math.max(...list))} by chain` : 'of the moves';
  return [{ label: 'Acceptance', value: share(mean), detail, warning: list.some((rate) => !(rate > 0)) }];
}

function divergenceFigure(counts: ArrayLike<number> | undefined): ReportHighlight[] {
  if (!counts || counts.length === 0) return [];
  const list = Array.from(counts);
  const total = list.reduce((sum, count) => sum + count, 0);
  const chains = list.filter((count) => count > 0).length;
  const detail = total === 0 ? 'moves' : `moves, in ${chains} of ${counted(list.length, 'chain')}`;
  return [{ label: 'Divergences', value: total, detail, warning: total > 0 }];
}
