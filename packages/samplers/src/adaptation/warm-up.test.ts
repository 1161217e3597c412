import { meanEss } from '@ebmkit/diagnostics';
import { type ContinuousEnergy, gaussian } from '@ebmkit/energy';
import {
  EbmError,
  fromPlain,
  full,
  key,
  log,
  memory,
  type Plain,
  type PlainTensor,
  readSync,
  type Tensor,
  useBackend,
  zeros,
} from '@ebmkit/tensor';
import { wasm } from '@ebmkit/tensor-wasm';
import { beforeAll, describe, expect, test } from 'vitest';
import { repeat } from '../combinators/repeat.js';
import { hmc } from '../continuous/hmc.js';
import { mala } from '../continuous/mala.js';
import { nuts } from '../continuous/nuts.js';
import { isAbortedRun } from '../drive/aborted.js';
import { run } from '../drive/run.js';
import type { Kernel } from '../kernel/kernel.js';
import type { MoveInfo } from '../kernel/move-info.js';
import type { KernelSettings } from './adaptable.js';
import { adaptedMetric } from './mass-form.js';
import { warmUp } from './warm-up.js';

beforeAll(async () => {
  await useBackend(wasm({ threads: 1 }));
});

type Make = (settings: KernelSettings<Tensor>) => Kernel<Tensor, { readonly position: Tensor }, MoveInfo>;
type MakeOf = (target: ContinuousEnergy) => Make;

const nutsOf = ((target: ContinuousEnergy) => (settings: KernelSettings<Tensor>) =>
  nuts(target, settings)) as unknown as MakeOf;
const hmcOf = ((target: ContinuousEnergy) => (settings: KernelSettings<Tensor>) =>
  hmc(target, { ...settings, leapfrogSteps: 8 })) as unknown as MakeOf;
const malaOf = ((target: ContinuousEnergy) => (settings: KernelSettings<Tensor>) =>
  mala(target, settings)) as unknown as MakeOf;

/** End positions as tensors. */
const startOf = (position: Plain<Tensor>): Tensor => fromPlain<PlainTensor>(position);

/** Standard deviations from 0.1 to 10. */
const variances = Array.from({ length: 20 }, (_, i) => 10 ** (-2 + (4 * i) / 19));
const scales = gaussian({ mean: Array<number>(20).fill(0), diagonal: variances });

/** Standard deviations from 0.2 to 4, turned by reflections, so that every pair is correlated. */
function turned(size: number): number[][] {
  const axis = Array.from({ length: size }, (_, i) => Math.sin(i + 1));
  const norm = axis.reduce((s, v) => s + v * v, 0);
  const reflect = (i: number, j: number): number =>
    (i === j ? 1 : 0) - (2 * (axis[i] as number) * (axis[j] as number)) / norm;
  const spread = Array.from({ length: size }, (_, k) => 0.04 * 20 ** ((2 * k) / (size - 1)));
  return spread.map((_, i) =>
    spread.map((_, j) => spread.reduce((s, v, k) => s + v * reflect(i, k) * reflect(j, k), 0)),
  );
}

describe('the mass matrix is the covariance of the target', () => {
  /** At the least so many independent draws are in the last window of 200 steps of 16 chains. */
  const draws = 800;

  test('of very different scales, diagonal', async () => {
    const { parameters } = await warmUp({ kernel: nutsOf(scales), start: full([16, 20], 1), steps: 500, key: key(1) });
    parameters.inverseMass.forEach((variance, i) => {
      expect(Math.abs(variance / (variances[i] as number) - 1)).toBeLessThan(5 * Math.sqrt(2 / draws));
    });
  });

  test('turned, dense', async () => {
    const covariance = turned(6);
    const target = gaussian({ mean: Array<number>(6).fill(1), covariance });
    const { parameters } = await warmUp({
      kernel: nutsOf(target),
      start: zeros([16, 6]),
      steps: 500,
      key: key(2),
      mass: 'dense',
    });
    const at = (i: number, j: number): number => covariance[i]?.[j] as number;
    for (const [i, row] of parameters.inverseMass.entries())
      for (const [j, value] of row.entries()) {
        const spread = Math.sqrt((at(i, i) * at(j, j) + at(i, j) ** 2) / draws);
        expect(Math.abs(value - at(i, j))).toBeLessThan(5 * spread);
      }
    expect(() => adaptedMetric(parameters.inverseMass)).not.toThrow();
  });
});

describe('the step size gives the acceptance that was asked for', () => {
  const narrow = gaussian({
    mean: [0, 3],
    covariance: [
      [1, 0.9],
      [0.9, 1],
    ],
  });
  test.each([
    ['NUTS on scales', nutsOf(scales), 20, 0.8],
    ['NUTS on a correlated Gaussian, carefully', nutsOf(narrow), 2, 0.95],
    ['HMC on scales', hmcOf(scales), 20, 0.7],
    ['MALA on a correlated Gaussian', malaOf(narrow), 2, 0.574],
  ])('%s', async (_, make, size, targetAcceptance) => {
    const start = zeros([16, size]);
    const { parameters, position, history } = await warmUp({
      kernel: make,
      start,
      key: key(3),
      steps: 500,
      targetAcceptance,
    });
    expect(history.stepSize.length).toBe(500);
    expect(history.acceptance.every((a) => a >= 0 && a <= 1.000001)).toBe(true);
    const metric = adaptedMetric<Tensor>(parameters.inverseMass);
    const kernel = make({ stepSize: parameters.stepSize, metric: { ...metric, mass: null, withMass: () => metric } });
    const rates = await run(kernel, startOf(position), {
      steps: 300,
      key: key(4),
      observe: ({ info }) => Array.from(readSync(info.acceptanceProbability)).reduce((a, b) => a + b, 0) / 16,
    });
    const mean = rates.reduce((a, b) => a + b, 0) / rates.length;
    // Dual averaging itself is off by about one standard error of the 50 steps that it ends with.
    const deviation = Math.sqrt(rates.reduce((s, r) => s + (r - mean) ** 2, 0) / rates.length);
    expect(Math.abs(mean - targetAcceptance)).toBeLessThan(5 * deviation * Math.sqrt(1 / 50 + 1 / 300) + 0.01);
  });
});

test('adapted masses multiply the effective sample size of HMC', async () => {
  const leapfrogSteps = 2;
  const essWith = async (mass: 'identity' | 'diagonal'): Promise<number> => {
    const { parameters, position } = await warmUp({
      kernel: (settings) => hmc(scales, { ...settings, leapfrogSteps }),
      start: zeros([8, 20]),
      steps: 400,
      key: key(5),
      mass,
    });
    const kernel = hmc(scales, {
      stepSize: parameters.stepSize,
      metric: adaptedMetric(parameters.inverseMass),
      leapfrogSteps,
    });
    const widest = await run(kernel, startOf(position), {
      steps: 400,
      key: key(6),
      observe: ({ state }) =>
        Array.from({ length: 8 }, (_, chain) => readSync(state.position)[chain * 20 + 19] as number),
    });
    return meanEss(Array.from({ length: 8 }, (_, chain) => Float64Array.from(widest, (row) => row[chain] as number)));
  };
  expect(await essWith('diagonal')).toBeGreaterThan(10 * (await essWith('identity')));
});

describe('as a run', () => {
  const options = { start: zeros([4, 20]), steps: 100, key: key(7) };

  test.each([
    ['eager', nutsOf],
    ['traced', hmcOf],
  ])('it goes on bit for bit after it was aborted, with a kernel that is %s', async (_, make) => {
    const start = zeros([4, 20]);
    const whole = await warmUp({ ...options, start, kernel: make(scales) });
    const controller = new AbortController();
    const broken = await warmUp({
      ...options,
      start,
      kernel: make(scales),
      signal: controller.signal,
      saveEvery: 37,
      onSave: () => controller.abort(),
    }).catch((error: unknown) => error);
    if (!isAbortedRun(broken)) throw broken;
    expect(broken.saved.step).toBe(37);
    const saved = structuredClone({ ...broken.saved, key: undefined });
    const rest = await warmUp({ ...options, start: { ...saved, key: options.key }, kernel: make(scales) });
    expect(rest.parameters).toEqual(whole.parameters);
    expect(rest.position).toEqual(whole.position);
    expect(rest.history.stepSize).toEqual(whole.history.stepSize.slice(37));
  });

  test('it leaves no tensor behind and makes the kernel once, and once more where it is traced', async () => {
    const start = zeros([4, 20]);
    const before = memory();
    for (const [make, times] of [
      [nutsOf, 1],
      [hmcOf, 2],
    ] as const) {
      let made = 0;
      const kernel: Make = (settings) => {
        made++;
        return make(scales)(settings);
      };
      await warmUp({ kernel, start, steps: 120, key: key(8) });
      expect(made).toBe(times);
      expect(memory()).toEqual(before);
    }
  });

  test('it says when no small step is accepted', async () => {
    const nowhere = { energy: (x: Tensor) => log(full([x.shape[0] as number], -1)) };
    await expect(warmUp({ kernel: hmcOf(nowhere), start: zeros([2, 2]), key: key(1) })).rejects.toThrow(
      /finite where the chains begin/,
    );
  });

  test('it refuses kernels that cannot take settings, and wrong options', async () => {
    const kernel: Make = (settings) => repeat(nutsOf(scales)(settings), 2);
    await expect(warmUp({ ...options, start: zeros([4, 20]), kernel })).rejects.toThrow(/takes its settings/);
    const fine = { ...options, start: zeros([4, 20]), kernel: hmcOf(scales) };
    await expect(warmUp({ ...fine, steps: 0 })).rejects.toThrow(EbmError);
    await expect(warmUp({ ...fine, firstStepSize: -1 })).rejects.toThrow(/firstStepSize/);
    await expect(warmUp({ ...fine, schedule: { steps: 99, windows: [] } })).rejects.toThrow(/schedule of 100 steps/);
  });
});
