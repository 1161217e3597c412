import { expect, it } from 'vitest';
import { assembleRow } from './assemble-row.js';
import { writePage } from './page.js';
import { printRow } from './print-table.js';
import type { Measurement } from './results.js';
import { spreadOf } from './statistics.js';
import { type Workload, workload } from './workload.js';

const limits = { gflops: 50, gflopsUnfused: 30, gbytes: 10, gwords: 2 };

const counting: Workload = workload<{ count: number }>({
  name: 'counting',
  group: 'Tests',
  title: 'Counts',
  rows: [{ size: 'ten', parameters: { count: 10 } }],
  tiny: { count: 1 },
  peers: ['torch'],
  inputs: () => ({}),
  prepare: () => ({ run: () => undefined, quality: () => ({}), release: () => undefined }),
  demand: () => ({ flops: 5e7 }),
  throughput: ({ count }) => ({ unit: 'counts/s', perRun: count }),
  expected: ({ count }) => ({ count: { mean: count, error: 0 } }),
});

function timed(contender: string, ms: number, count: number): Measurement {
  const rounds = [[ms], [ms], [ms]];
  return {
    contender,
    isOurs: contender.startsWith('ebmkit'),
    threads: contender.endsWith('2') ? 2 : 1,
    status: 'ok',
    faults: [],
    rounds,
    spread: spreadOf(rounds.flat()),
    quality: { count: { mean: count, error: 0 } },
  };
}

const [row] = counting.rows;
if (!row) throw new Error('the test needs a row.');
const result = assembleRow(
  counting,
  row,
  {},
  [timed('ebmkit wasm-1', 2, 10), timed('torch', 6, 10), timed('ebmkit wasm-2', 1, 9)],
  limits,
);

it('refers to one thread of the compiled backend', () => {
  expect(result.baseline).toBe('ebmkit wasm-1');
  expect(result.bound).toBe(1);
  expect(result.measurements.find(({ contender }) => contender === 'torch')?.ratio?.median).toBe(3);
});

it('does not count who is fast and wrong', () => {
  const wrong = result.measurements.find(({ contender }) => contender === 'ebmkit wasm-2');
  expect(wrong).toMatchObject({ status: 'failed', faults: ['count is 9, not 10 ± 0.0001'] });
  expect(wrong?.ratio).toBeUndefined();
});

it('shows wins, losses and failures in the table and on a page of its own', () => {
  expect(printRow(result)).toMatch(/torch +6 ms.*3 ×.*1,667 counts\/s.*17\s%/);
  expect(printRow(result)).toContain('FAILED: count is 9');
  const page = writePage({
    date: '2026-01-01T00:00:00.000Z',
    command: 'bench',
    machine: { cores: '2' },
    versions: { torch: { torch: '2.13.0' } },
    absent: {},
    limits,
    rows: [result],
  });
  expect(page).toContain('1 of 1');
  expect(page).toContain('FAILED: count is 9');
  expect(page).not.toMatch(/(?:src|href)="http/);
});
