import { cpus } from 'node:os';
import type { Measured } from './measure-chains.js';

/** A sampler on a target. */
export interface TableRow {
  /** The sampler. */
  readonly name: string;
  /** How it was tuned. */
  readonly tuning: string;
  /** What was measured, or why nothing could be. */
  readonly measured: Measured | Error;
}

/** R-hat above which chains are said to disagree, and the standard errors beyond which a moment is said to be wrong. */
const limits = { rHat: 1.01, moment: 5 };

/** Three significant digits, thousands apart. */
function short(value: number): string {
  if (!Number.isFinite(value)) return '–';
  return value >= 1000
    ? Number(value.toPrecision(3)).toLocaleString('en-GB', { maximumFractionDigits: 0 })
    : String(Number(value.toPrecision(value < 10 ? 2 : 3)));
}

/** How a measured sampler failed: `†` where chains disagree, `‡` where a moment is wrong. */
export function failuresOf({ rHat, worstMoment }: Pick<Measured, 'rHat' | 'worstMoment'>): string {
  return `${rHat <= limits.rHat ? '' : '†'}${worstMoment <= limits.moment ? '' : '‡'}`;
}

function cellsOf({ name, tuning, measured }: TableRow): string[] {
  if (measured instanceof Error) return [`\`${name}\``, tuning, '–', '–', `failed: ${measured.message}`, '–', '–', '–'];
  const failures = failuresOf(measured);
  const perSecond = short(measured.essPerSecond);
  const [call, ...variant] = name.split(', ');
  return [
    [`\`${call}\``, ...variant].join(', '),
    tuning,
    short(1e6 * measured.perStep),
    short((1000 * measured.ess) / measured.steps),
    failures === '' ? `**${perSecond}**` : `${perSecond} ${failures}`,
    measured.rHat.toFixed(measured.rHat < 1.1 ? 3 : 2),
    short(measured.worstMoment),
    short(1000 * measured.compiling),
  ];
}

/** A table of all samplers on one target. */
export function targetTable(title: string, rows: readonly TableRow[]): string {
  const head = [
    'sampler',
    'tuning',
    'µs a step',
    'ESS, 1,000 steps',
    'ESS/s',
    'R-hat',
    'worst moment',
    'compiling, ms',
  ];
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [`### ${title}`, '', line(head), line(head.map(() => '---')), ...rows.map((row) => line(cellsOf(row)))].join(
    '\n',
  );
}

/** What the numbers were measured on. */
export function machineLine(chains: number, seconds: number): string {
  const model = cpus()[0]?.model ?? 'unknown processor';
  return `One core of ${model}, Node ${process.versions.node}, compiled backend on one thread, ${chains} chains, at most ${seconds} seconds of processor time for each row.`;
}
