import { clamp, type DiscreteEnergy, gaussian } from '@ebmkit/energy';
import {
  EbmError,
  full,
  key,
  normal,
  pow,
  readSync,
  reference,
  split,
  sumEvent,
  type Tensor,
  tensor,
  uniform,
  useBackend,
  zeros,
} from '@ebmkit/tensor';
import { tfjs } from '@ebmkit/tensor-tfjs';
import { wasm } from '@ebmkit/tensor-wasm';
import { describeContinuousKernel } from '@ebmkit/test-kit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sample } from '../drive/sample.js';
import { barker } from './barker.js';

describe('the Barker proposal, to the letter', () => {
  beforeAll(() => useBackend(reference({ precision: 'float64' })));
  afterAll(() => useBackend(reference()));
  const [means, variances, stepSize] = [[1, -2], [0.5, 3], 0.9] as const;
  const target = gaussian({ mean: [...means], diagonal: [...variances] });
  const energyAt = (x: readonly number[]): number =>
    x.reduce((sum, v, i) => sum + (v - (means[i] as number)) ** 2 / (2 * (variances[i] as number)), 0);
  const gradientAt = (x: readonly number[]): number[] =>
    x.map((v, i) => (v - (means[i] as number)) / (variances[i] as number));

  test('a step turns each coordinate by itself, and is accepted with the ratio of both ways', () => {
    const starts = [
      [0.3, 0.8],
      [-1, 2],
      [4, -7],
      [1, -2],
    ];
    const kernel = barker(target, { stepSize });
    const { state, info } = kernel.step(key(5), kernel.init(tensor(starts), key(0)));
    const [moveKey, signKey, acceptKey] = split(key(5), 3);
    const noise = readSync(normal(split(moveKey, 1)[0], [4, 2]));
    const signs = readSync(uniform(split(signKey, 1)[0], [4, 2]));
    const thresholds = readSync(uniform(acceptKey, [4]));
    starts.forEach((x, chain) => {
      const g = gradientAt(x);
      const z = x.map((_, i) => {
        const drawn = stepSize * (noise[2 * chain + i] as number);
        const keeps = 1 / (1 + Math.exp(drawn * (g[i] as number)));
        return (signs[2 * chain + i] as number) < keeps ? drawn : -drawn;
      });
      const y = x.map((v, i) => v + (z[i] as number));
      const back = gradientAt(y);
      const ratio = z.reduce(
        (product, move, i) =>
          (product * (1 + Math.exp(move * (g[i] as number)))) / (1 + Math.exp(-move * (back[i] as number))),
        Math.exp(energyAt(x) - energyAt(y)),
      );
      expect(readSync(info.acceptanceProbability)[chain]).toBeCloseTo(Math.min(1, ratio), 10);
      const end = (thresholds[chain] as number) < ratio ? y : x;
      end.forEach((v, i) => {
        expect(readSync(state.position)[2 * chain + i]).toBeCloseTo(v, 10);
      });
    });
  });
});

describe('the Barker proposal', () => {
  test('keeps moving with a step far too large for MALA, from a start far out', async () => {
    const steep = { energy: (x: Tensor) => sumEvent(pow(x, 4)) };
    const { status, stats } = await sample(steep, {
      sampler: (e) => barker(e, { stepSize: 1 }),
      start: full([20, 1], 30),
      warmup: 100,
      steps: 400,
      key: key(1),
    });
    expect(status).not.toMatch(/diverging|stuck/);
    expect(stats.acceptanceRate.every((rate) => rate > 0.2)).toBe(true);
  });

  test('never moves what is clamped', () => {
    const target = clamp(gaussian({ mean: [0, 0, 0] }), tensor([true, false, true]), 7);
    const kernel = barker(target, { stepSize: 1 });
    let state = kernel.init(zeros([5, 3]), key(0));
    for (let i = 0; i < 10; i++) ({ state } = kernel.step(key(i), state));
    const end = Array.from(readSync(state.position));
    expect(end.every((v, i) => (i % 3 === 1 ? v !== 0 : v === 7))).toBe(true);
  });

  test('refuses discrete energies and step sizes that are none', () => {
    const discrete: DiscreteEnergy = { energy: (x: Tensor) => sumEvent(x), support: 'discrete' };
    // @ts-expect-error an energy over discrete states has no gradient
    expect(() => barker(discrete, { stepSize: 0.1 })).toThrow(EbmError);
    expect(() => barker(gaussian({ mean: [0] }), { stepSize: -1 })).toThrow(/barker: stepSize must be/);
  });
});

describeContinuousKernel('the Barker proposal', {
  make: (target, stepSize) => barker(target, { stepSize }),
  stepSizes: [0.8, 1.3],
  stepSizesOf: { correlated: [0.5, 0.8], image: [0.25, 0.35] },
  steps: 1600,
  backends: [
    { name: 'wasm', make: () => wasm({ threads: 1 }) },
    { name: 'tfjs wasm', make: () => tfjs('wasm') },
  ],
});
