import { gaussian } from '@ebmkit/energy';
import { fromPlain, key, type Plain, type PlainTensor, readSync, type Tensor, useBackend, zeros } from '@ebmkit/tensor';
import { wasm } from '@ebmkit/tensor-wasm';
import { beforeAll, expect, test } from 'vitest';
import { run } from '../drive/run.js';
import type { MoveInfo } from '../kernel/move-info.js';
import {
  type AdaptiveSampler,
  adapt,
  adaptiveHmc,
  adaptiveLangevin,
  adaptiveMala,
  adaptiveNuts,
} from './adaptive-samplers.js';
import { warmupWindows } from './warmup-windows.js';

beforeAll(async () => {
  await useBackend(wasm({ threads: 1 }));
});

const target = gaussian({ mean: [1, -1, 0], diagonal: [0.25, 1, 4] });
const startOf = (position: Plain<Tensor>): Tensor => fromPlain<PlainTensor>(position);
const totalOf = (x: Tensor): number => Array.from(readSync(x)).reduce((a, b) => a + b, 0);

const samplers: readonly (readonly [string, AdaptiveSampler<Tensor, MoveInfo>, number])[] = [
  ['nuts', adaptiveNuts({ maxTreeDepth: 6 }), 0.8],
  ['hmc', adaptiveHmc({ leapfrogSteps: 1, mass: 'dense' }), 0.7],
  ['mala', adaptiveMala(), 0.574],
  ['langevin', adaptiveLangevin(), 1],
];

test.each(samplers)('%s is ready to draw, with the acceptance that is its own', async (_, sampler, acceptance) => {
  const { kernel, position, parameters } = await adapt(target, sampler, {
    start: zeros([16, 3]),
    steps: 600,
    schedule: warmupWindows({ steps: 600, final: 300 }),
    key: key(1),
  });
  const seen = await run(kernel, startOf(position), {
    steps: 300,
    key: key(2),
    observe: ({ info }) => totalOf(info.acceptanceProbability) / 16,
  });
  const mean = seen.reduce((a, b) => a + b, 0) / seen.length;
  const deviation = Math.sqrt(seen.reduce((s, x) => s + (x - mean) ** 2, 0) / seen.length);
  // In a final phase of 300 steps dual averaging comes as close as about 50 steps of the kernel tell.
  expect(Math.abs(mean - acceptance)).toBeLessThanOrEqual(5 * deviation * Math.sqrt(1 / 50 + 1 / 300) + 0.01);
  expect(parameters.stepSize).toBeGreaterThan(0);
});

test('Langevin takes smaller steps than MALA, whose test it does without', async () => {
  const options = { start: zeros([16, 3]), steps: 300, key: key(3) };
  const { parameters: unadjusted } = await adapt(target, adaptiveLangevin(), options);
  const { parameters: adjusted } = await adapt(target, adaptiveMala(), options);
  expect(unadjusted.stepSize).toBeLessThan(adjusted.stepSize);
  // Stable below twice the smallest variance.
  expect(unadjusted.stepSize).toBeLessThan(0.5);
});
