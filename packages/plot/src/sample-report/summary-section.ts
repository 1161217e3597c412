import { meanMcse, quantile } from '@ebmkit/diagnostics';
import { essOfEachChain, highestRHat } from '../draws/concern.js';
import type { Parameter } from '../draws/parameter-set.js';
import type { ReportSection } from '../html-report.js';
import type { ReportCell } from '../report-table.js';
import type { JudgedSample } from './judged-sample.js';

/** The table of the scalars that give most concern, at most `rows` of them. */
export function summarySection({ scalars, chains }: JudgedSample, rows: number): ReportSection {
  const shown = scalars.slice(0, rows);
  const rest = scalars.length - shown.length;
  const names = shown.map(({ name }) => name);
  const caption =
    rest > 0
      ? `The ${names.length} of ${scalars.length.toLocaleString('en-GB')} scalars that give most concern; the other ${rest.toLocaleString('en-GB')} are left out.`
      : 'All scalars, those that give most concern first.';
  return {
    heading: 'Summary',
    text: 'MCSE is the Monte Carlo standard error of the mean, in the unit of the draws. ESS counts the independent draws that these are worth.',
    table: {
      columns: ['scalar', 'mean', 'sd', 'MCSE', '5%', '50%', '95%', 'bulk ESS', 'tail ESS', 'R‑hat'],
      rows: shown.map((scalar) => summaryRow(scalar, chains)),
      caption,
    },
  };
}

function summaryRow({ name, chains: read, verdict: judge }: Parameter, chains: number): ReportCell[] {
  const verdict = judge();
  const each = read();
  const pooled = Float64Array.from(each.flatMap((chain) => Array.from(chain))).sort();
  const mean = pooled.reduce((sum, value) => sum + value, 0) / pooled.length;
  const sd = Math.sqrt(pooled.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (pooled.length - 1));
  const least = essOfEachChain * chains;
  const plain = (value: number): ReportCell => (Number.isNaN(value) ? known(value) : short(value));
  const size = (value: number): ReportCell => ({ value: Math.round(value), warning: value < least });
  return [
    name.replaceAll(' ', '\u00a0'),
    plain(mean),
    plain(sd),
    known(short(meanMcse(each))),
    ...[0.05, 0.5, 0.95].map((probability) => plain(quantile(pooled, probability))),
    size(verdict.bulkEss),
    size(verdict.tailEss),
    { value: Number(verdict.rHat.toFixed(3)), warning: verdict.rHat > highestRHat },
  ];

  /** A figure that the chains may not suffice for: its NaN is no cause for alarm. */
  function known(value: number): ReportCell {
    return { value, warning: verdict.nonFinite > 0 };
  }
}

function short(value: number): number {
  return Number(value.toPrecision(4));
}
