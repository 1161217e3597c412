import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, release, tmpdir, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { assembleRow } from './assemble-row.js';
import { makePool } from './contender-pool.js';
import { appFolder, type Contender, ourContenders, peerContenders } from './contenders.js';
import { writeInputs } from './inputs.js';
import { startLimitProbe } from './limits.js';
import { measureRow } from './measure-row.js';
import { type BenchOptions, readOptions } from './options.js';
import { writePage } from './page.js';
import { printHead, printRow } from './print-table.js';
import { pythonEnvironment } from './python-environment.js';
import type { BenchResults, Measurement, RowResult } from './results.js';
import type { Inputs, Row, Workload } from './workload.js';
import { workloads } from './workloads/all-workloads.js';

interface Planned {
  readonly workload: Workload;
  readonly row: Row;
}

function plan({ filter, quick }: BenchOptions): Planned[] {
  return workloads.flatMap((workload) =>
    workload.rows
      .filter(({ size }, i) => (!quick || i === 0) && (filter?.test(`${workload.name}/${size}`) ?? true))
      .map((row) => ({ workload, row })),
  );
}

function peers(options: BenchOptions): readonly Contender[] {
  if (!options.peers) return [];
  try {
    return peerContenders(pythonEnvironment());
  } catch (error) {
    process.stderr.write(`The Python peers are left out: ${error instanceof Error ? error.message : String(error)}\n`);
    return peerContenders(undefined);
  }
}

function machine(): Record<string, string> {
  const [first] = cpus();
  return {
    processor: first?.model ?? 'unknown',
    cores: String(cpus().length),
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    system: `${type()} ${release()}`,
    node: process.versions.node,
  };
}

const options = readOptions(process.argv);
const planned = plan(options);
const everyone = [...ourContenders, ...peers(options)].filter(({ name }) => options.contenders?.test(name) ?? true);
const pool = makePool();
const limits = await startLimitProbe();
const shared = await mkdtemp(join(tmpdir(), 'ebmkit-bench-'));
const measured: { planned: Planned; inputs: Inputs; times: readonly Measurement[] }[] = [];
const slow = new Set<string>();
const date = new Date().toISOString();
const say = (text: string): void => void process.stderr.write(text);
let isStopping = false;
process.once('SIGINT', () => {
  isStopping = true;
  say('\nStops after this row and writes what there is; once more stops at once.\n');
});

try {
  for (const [i, { workload, row }] of planned.entries()) {
    if (isStopping) break;
    say(`[${i + 1}/${planned.length}] ${workload.name}/${row.size} … `);
    const begun = performance.now();
    limits.probe();
    const inputs = await workload.inputs(row.parameters);
    const paths = await writeInputs(shared, `${workload.name}-${row.size}`, inputs);
    // Who ran over time at a smaller size is not asked again.
    const entering = everyone.filter(
      ({ name, isOurs }) => (isOurs || workload.peers.includes(name)) && !slow.has(`${workload.name} ${name}`),
    );
    const times = await measureRow(
      entering,
      pool,
      { workload: workload.name, parameters: row.parameters, inputs: paths },
      {
        rounds: options.rounds,
        turn: options.quick ? 20 : 60,
        budget: options.quick ? 600 : 4000,
        limit: options.limit,
      },
    );
    for (const { contender, status } of times) if (status === 'over time') slow.add(`${workload.name} ${contender}`);
    if (times.length > 0) measured.push({ planned: { workload, row }, inputs, times });
    say(`${((performance.now() - begun) / 1000).toFixed(1)} s\n`);
    say(`${printRow(assembleRow(workload, row, inputs, times, limits.best()))}\n`);
  }
} finally {
  pool.stop();
  await rm(shared, { recursive: true, force: true });
}

const rows: RowResult[] = measured.map(({ planned: { workload, row }, inputs, times }) =>
  assembleRow(workload, row, inputs, times, limits.best()),
);
const results: BenchResults = {
  date,
  command: `bench ${process.argv.slice(2).join(' ')}`.trim(),
  machine: machine(),
  versions: pool.versions,
  absent: pool.absent,
  limits: limits.best(),
  rows,
};
const folder = join(appFolder, 'results');
await mkdir(folder, { recursive: true });
const stem = join(folder, date.replaceAll(':', '-').replace(/\..*/, ''));
await writeFile(`${stem}.json`, `${JSON.stringify(results, null, 1)}\n`);
await writeFile(`${stem}.html`, writePage(results));
console.log([printHead(results), ...rows.map(printRow), `${stem}.json`, `${stem}.html`].join('\n'));
