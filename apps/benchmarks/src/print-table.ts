import type { BenchResults, RowResult } from './results.js';
import { boundText, ratioText, short, spreadText, statusText, throughputText } from './row-texts.js';

const widths = [20, 12, 10, 11, 24, 10] as const;

function line(cells: readonly string[]): string {
  return cells
    .map((cell, i) =>
      i === 0 ? cell.padEnd(widths[0]) : i < widths.length ? cell.padStart(widths[i] as number) : `  ${cell}`,
    )
    .join('')
    .trimEnd();
}

/** One row as lines of text: a line for each contender, the fastest first. */
export function printRow(row: RowResult): string {
  const sorted = [...row.measurements].sort(
    (a, b) => (a.spread?.median ?? Number.POSITIVE_INFINITY) - (b.spread?.median ?? Number.POSITIVE_INFINITY),
  );
  const bound = row.bound === undefined ? '' : `, bound of one core ${short(row.bound)} ms`;
  const lines = sorted.map((m) =>
    line([
      m.contender,
      m.spread ? `${short(m.spread.median)} ms` : '–',
      spreadText(m),
      ratioText(m, row),
      throughputText(m, row),
      boundText(m, row),
      statusText(m),
    ]),
  );
  return [`${row.id}: ${row.title}${bound}`, ...lines.map((text) => `  ${text}`), ''].join('\n');
}

/** What the columns are, and the limits that bounds are made of. */
export function printHead({ limits, absent }: BenchResults): string {
  const { gflops, gflopsUnfused, gbytes, gwords } = limits;
  return [
    `Limits of one core, WebAssembly SIMD: ${short(gflops)} GFLOP/s (${short(gflopsUnfused)} without fused multiply-add), ${short(gbytes)} GB/s, ${short(gwords)} G random words/s`,
    ...Object.entries(absent).map(([name, reason]) => `Absent: ${name}: ${reason}`),
    'Columns: median, half the interquartile range, time relative to the baseline, throughput, part of the bound, quality',
    '',
  ].join('\n');
}
