import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bernoulli, key, read, tensor } from '@ebmkit/tensor';
import { type Command, CommanderError } from 'commander';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { loadDigits } from './digits.js';
import type { Evaluation } from './evaluate.js';
import { makeProgram } from './program.js';
import { type TrainingSummary, train } from './train.js';

const side = 6;
const pixels = side * side;

/** The bytes of an IDX file of unsigned bytes. */
function idx(shape: readonly number[], values: Uint8Array): Uint8Array {
  const header = new DataView(new ArrayBuffer(4 + 4 * shape.length));
  header.setUint32(0, 0x0800 + shape.length);
  for (const [i, length] of shape.entries()) header.setUint32(4 + 4 * i, length);
  return Uint8Array.from([...new Uint8Array(header.buffer), ...values]);
}

/** Images of one bright half each, with noise: something that a small machine can learn. */
async function halves(count: number, seed: number): Promise<Uint8Array> {
  const grey = Float32Array.from({ length: count * pixels }, (_, i) => {
    const [image, column] = [Math.floor(i / pixels), i % side];
    return (image % 2 === 0) === column < side / 2 ? 0.95 : 0.05;
  });
  return ((await read(bernoulli(key(seed), tensor(grey)))) as Uint8Array).map((bit) => bit * 255);
}

let folder = '';
const at = (...parts: string[]): string => join(folder, ...parts);

/** Runs a command line; gives what it printed. */
async function ebmkit(...args: string[]): Promise<string> {
  let out = '';
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  const quiet = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  const strict = (command: Command): void => {
    command.exitOverride();
    command.commands.forEach(strict);
  };
  const program = makeProgram('0.0.0');
  strict(program);
  try {
    await program.parseAsync(['node', 'ebmkit', ...args]);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
  } finally {
    spy.mockRestore();
    quiet.mockRestore();
  }
  return out;
}

const trainArgs = (out: string, ...more: string[]): string[] => {
  const given = ['--hidden', '8', '--batch-size', '20', '--chains', '20', '--backend', 'reference'];
  return ['train', 'rbm', '--data', at('data'), '--epochs', '4', ...given, '--out', at(out), ...more];
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ebmkit-cli-'));
  const { mkdir } = await import('node:fs/promises');
  await mkdir(at('data'));
  for (const [name, count, seed] of [
    ['train', 400, 1],
    ['t10k', 100, 2],
  ] as const) {
    await writeFile(at('data', `${name}-images-idx3-ubyte`), idx([count, side, side], await halves(count, seed)));
    await writeFile(at('data', `${name}-labels-idx1-ubyte`), idx([count], new Uint8Array(count)));
  }
  await ebmkit(...trainArgs('run'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('train', () => {
  test('writes a model, a checkpoint and a history', async () => {
    const summary = JSON.parse(await readFile(at('run', 'training.json'), 'utf8')) as TrainingSummary;
    expect(summary.settings.hidden).toBe(8);
    expect(summary.history.at(-1)?.step).toBe(80);
    expect((await readFile(at('run', 'model.safetensors'))).length).toBeGreaterThan(4 * pixels * 8);
  });

  test('gives the same bytes again', async () => {
    await ebmkit(...trainArgs('again'));
    expect(await readFile(at('again', 'model.safetensors'))).toEqual(await readFile(at('run', 'model.safetensors')));
  });

  test('stopped and resumed, gives the same bytes as without the break', async () => {
    const { settings } = JSON.parse(await readFile(at('run', 'training.json'), 'utf8')) as TrainingSummary;
    const digits = await loadDigits(at('data'));
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 60);
    const stopped = await train(digits, { settings, folder: at('stopped'), resume: false, signal: controller.signal });
    expect(stopped.summary.history.at(-1)?.step ?? 0).toBeLessThan(80);
    await ebmkit(...trainArgs('stopped', '--resume'));
    expect(await readFile(at('stopped', 'model.safetensors'))).toEqual(await readFile(at('run', 'model.safetensors')));
  });

  test('refuses to resume a run of other settings', async () => {
    await expect(ebmkit(...trainArgs('run', '--resume', '--seed', '2'))).rejects.toThrow(/was started with/);
  });
});

describe('evaluate, sample, inpaint, report', () => {
  test('evaluate finds that the machine has learned', async () => {
    const text = await ebmkit(
      'evaluate',
      '--model',
      at('run', 'model.safetensors'),
      '--data',
      at('data'),
      '--backend',
      'reference',
      '--betas',
      '200',
      '--chains',
      '50',
      '--target-steps',
      '50',
    );
    const {
      test: onTest,
      logZ,
      freeEnergies,
    } = JSON.parse(await readFile(at('run', 'evaluation.json'), 'utf8')) as Evaluation;
    // Independent pixels at the mean image get −36 log 2 = −24.95 nats.
    expect(onTest.logLikelihood).toBeGreaterThan(-pixels * Math.LN2);
    expect(onTest.lower).toBeLessThan(onTest.upper);
    expect(logZ.lower).toBeLessThanOrEqual(logZ.value);
    const mean = (values: readonly number[]) => values.reduce((total, value) => total + value, 0) / values.length;
    expect(mean(freeEnergies.test)).toBeLessThan(mean(freeEnergies.noise));
    expect(text).toContain('test log-likelihood');
  });

  test('sample and inpaint write pictures', async () => {
    await ebmkit(
      'sample',
      '--model',
      at('run', 'model.safetensors'),
      '--backend',
      'reference',
      '--chains',
      '6',
      '--steps',
      '20',
      '--out',
      at('samples.png'),
    );
    const text = await ebmkit(
      'inpaint',
      '--model',
      at('run', 'model.safetensors'),
      '--data',
      at('data'),
      '--backend',
      'reference',
      '--mask',
      'top',
      '--count',
      '6',
      '--steps',
      '40',
      '--out',
      at('filled.png'),
    );
    for (const file of ['samples.png', 'filled.png'])
      expect([...(await readFile(at(file))).subarray(1, 4)]).toEqual([80, 78, 71]);
    const [error, baseline] = [...text.matchAll(/\d\.\d{4}/g)].map(Number) as [number, number];
    expect(error).toBeLessThan(baseline);
  });

  test('report writes one page that needs nothing else', async () => {
    await ebmkit('report', at('run'), '--data', at('data'), '--backend', 'reference', '--betas', '100');
    const page = await readFile(at('run', 'report.html'), 'utf8');
    for (const heading of ['How good it is', 'Samples', 'Inpainting', 'Filters', 'Training', 'Free energies'])
      expect(page).toContain(heading);
    expect(page).not.toMatch(/(src|href)="https?:/);
    expect(page).not.toContain('NaN');
  });

  test('data of another size is refused with both sizes', async () => {
    const { saveMachine } = await import('./machine.js');
    const plain = (shape: number[]) => ({
      dtype: 'float32' as const,
      shape,
      data: new Float32Array(shape.reduce((a, b) => a * b, 1)),
    });
    await saveMachine(at('other.safetensors'), {
      weight: plain([4, 2]),
      visibleBias: plain([4]),
      hiddenBias: plain([2]),
    });
    await expect(
      ebmkit('evaluate', '--model', at('other.safetensors'), '--data', at('data'), '--backend', 'reference'),
    ).rejects.toThrow(/4 visible units.*36 pixels/);
  });
});

describe('help and wrong arguments', () => {
  test.each(
    [[], ['train', 'rbm'], ['sample'], ['evaluate'], ['inpaint'], ['report'], ['demo']].map((command) => [command]),
  )('%s explains itself', async (command) => {
    const text = await ebmkit(...command, '--help');
    expect(text).toContain('Usage: ebmkit');
    expect(text.length).toBeGreaterThan(400);
  });

  test.each([
    [['train', 'rbm', '--hidden', '0'], /whole number of at least 1/],
    [['train', 'rbm', '--objective', 'magic'], /Allowed choices are cd, pcd/],
    [['train', 'rbm', '--learning-rate', 'fast'], /number above 0/],
    [['train', 'rbm', '--weight-decay', '-1'], /number of at least 0/],
    [['sample'], /required option '--model/],
    [['inpaint', '--model', 'm', '--mask', 'nose'], /Allowed choices are bottom, top, left, right, centre/],
    [['demo', '--backend', 'abacus'], /Allowed choices are auto/],
    [['trian'], /Did you mean train/],
  ])('%s says what is right', async (args, message) => {
    expect(await ebmkit(...args)).toMatch(message);
  });

  test('a folder without data says which file is missing', async () => {
    await expect(ebmkit('train', 'rbm', '--data', at('nowhere'), '--backend', 'reference')).rejects.toThrow(
      /-images-idx3-ubyte/,
    );
  });
});
