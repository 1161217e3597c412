import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { useBackend } from '@ebmkit/tensor';
import { wasm } from '@ebmkit/tensor-wasm';
import { Command } from 'commander';
import { appFolder } from './contenders.js';
import { continuousSamplers, type TableSampler } from './samplers-table/continuous-samplers.js';
import { continuousTargets } from './samplers-table/continuous-targets.js';
import { discreteSamplers, isingMoments } from './samplers-table/discrete-samplers.js';
import type { KnownMoment } from './samplers-table/judge-draws.js';
import { machineLine, type TableRow, targetTable } from './samplers-table/markdown.js';
import { pictures } from './samplers-table/pictures.js';

/** What the command line says. */
interface TableOptions {
  readonly filter: string;
  readonly seconds: string;
  readonly chains: string;
  readonly pictures: string;
}

const options = new Command('bench:samplers')
  .description('Effective sample sizes a second of the samplers, as Markdown, and the pictures of docs/samplers.md.')
  .option('--filter <expression>', 'only rows whose name (target/sampler) matches; `pictures` for those alone', '')
  .option('--seconds <seconds>', 'how long each sampler may draw', '4')
  .option('--chains <count>', 'how many chains run in parallel', '16')
  .option('--pictures <folder>', 'where pictures go', join(appFolder, '../../docs/samplers'))
  .parse()
  .opts<TableOptions>();
const filter = new RegExp(options.filter, 'i');
const [seconds, chains] = [Number(options.seconds), Number(options.chains)];
const say = (text: string): void => void process.stderr.write(text);

interface Target<T> {
  readonly name: string;
  readonly title: string;
  readonly target: T;
  readonly known: readonly KnownMoment[];
  readonly mostNumbers: number;
}

/** The table of one target, or undefined when no row was asked for. */
async function tableOf<T>(
  { name, title, target, known, mostNumbers }: Target<T>,
  samplers: readonly TableSampler<T>[],
): Promise<string | undefined> {
  const rows: TableRow[] = [];
  for (const { name: sampler, tuning, targets, prepare } of samplers) {
    if (!(targets?.includes(name) ?? true) || !filter.test(`${name}/${sampler}`)) continue;
    const begun = performance.now();
    say(`${name}/${sampler} … `);
    try {
      const ready = await prepare(target, chains);
      const measured = await ready.measure(known, { seconds, pilotSteps: 1000, mostNumbers });
      rows.push({ name: sampler, tuning, measured });
      say(`${measured.essPerSecond.toFixed(0)} ESS/s, R-hat ${measured.rHat.toFixed(3)}, `);
    } catch (error) {
      rows.push({ name: sampler, tuning, measured: error instanceof Error ? error : new Error(String(error)) });
    }
    say(`${((performance.now() - begun) / 1000).toFixed(1)} s\n`);
  }
  return rows.length > 0 ? targetTable(title, rows) : undefined;
}

await useBackend(wasm({ threads: 1 }));
const tables: (string | undefined)[] = [];
for (const target of continuousTargets()) tables.push(await tableOf({ ...target, target }, continuousSamplers));
const grid = { side: 16, beta: 0.3 };
const ising = { name: 'ising', title: 'Ising model, 16 × 16 spins, β = 0.3', target: grid, mostNumbers: 2.5e6 };
tables.push(await tableOf({ ...ising, known: isingMoments(grid) }, discreteSamplers));
const found = tables.filter((table) => table !== undefined);
if (found.length > 0) console.log([machineLine(chains, seconds), ...found].join('\n\n'));
if (filter.test('pictures')) {
  await mkdir(options.pictures, { recursive: true });
  for (const { name, picture } of await pictures())
    await writeFile(join(options.pictures, `${name}.svg`), `${picture.svg}\n`);
}
