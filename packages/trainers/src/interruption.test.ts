import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fold, key } from '@ebmkit/tensor';
import { build } from 'tsup';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { train } from '../fixtures/training-run.js';
import { loadTraining, saveTraining } from './index.js';

const epochs = 40;
const packages = join(import.meta.dirname, '../..');
let folder = '';

/** One file that a plain `node` runs, from the sources of every package. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ebmkit-training-'));
  await build({
    entry: [join(import.meta.dirname, '../fixtures/interrupted-training.ts')],
    outDir: folder,
    config: false,
    silent: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    tsconfig: join(packages, '../tsconfig.base.json'),
    noExternal: [/^@ebmkit\//],
    outExtension: () => ({ js: '.mjs' }),
  });
}, 60_000);

afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** Runs the process; `watch` sees each line of what it says. Resolves to the signal that ended it, or null. */
function runProcess(path: string, pause: number, watch: (line: string, child: ChildProcess) => void) {
  const script = join(folder, 'interrupted-training.mjs');
  return new Promise<string | null>((resolve, reject) => {
    const child = spawn(process.execPath, [script, path, String(epochs), String(pause)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [rest, errors] = ['', ''];
    child.stderr.on('data', (text: Buffer) => {
      errors += text.toString();
    });
    child.stdout.on('data', (text: Buffer) => {
      const lines = (rest + text.toString()).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) watch(line, child);
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0 || signal === 'SIGKILL') resolve(signal);
      else reject(new Error(`the process ended with ${code}: ${errors}`));
    });
  });
}

it('a run that is killed at any moment goes on from its last checkpoint and ends with the same bytes', async () => {
  const whole = join(folder, 'whole.safetensors');
  expect(await runProcess(whole, 0, () => undefined)).toBeNull();

  const path = join(folder, 'killed.safetensors');
  const kills: number[] = [];
  for (let attempt = 0; attempt < 5; attempt++) {
    const delay = [0, 1, 3, 7, 12][attempt] as number;
    let saves = 0;
    const signal = await runProcess(path, 2, (line, child) => {
      if (++saves === 3) setTimeout(() => child.kill('SIGKILL'), delay);
      if (saves >= 3 && line.startsWith('saved')) kills.push(Number(line.slice(6)));
    });
    expect(signal).toBe('SIGKILL');
    const { step } = (await loadTraining(path)) ?? { step: -1 };
    expect(step % 3).toBe(0);
    expect(step).toBeGreaterThan(0);
    expect(step).toBeLessThan(epochs * 4);
  }
  expect(kills.length).toBeGreaterThanOrEqual(5);
  expect(await runProcess(path, 0, () => undefined)).toBeNull();
  expect(await readFile(path)).toEqual(await readFile(whole));
});

it('this process, with another place to save, ends with the same parameters as the other one', async () => {
  const path = join(folder, 'here.safetensors');
  const { saved } = await train(epochs, { checkpoint: { every: 3, path } });
  const whole = await loadTraining(join(folder, 'whole.safetensors'));
  expect(whole).toEqual(saved);
  expect(await loadTraining(path)).toEqual(saved);
});

it('loadTraining gives undefined where there is no file, and says what else a file holds', async () => {
  expect(await loadTraining(join(folder, 'absent.safetensors'))).toBeUndefined();
  const path = join(folder, 'other.safetensors');
  await saveTraining(path, { kind: 'other', key: fold(key(1), 2) } as never);
  await expect(loadTraining(path)).rejects.toThrow('holds no training run');
});
