import { type ContinuousEnergy, funnel, gaussian, gaussianMixture } from '@ebmkit/energy';
import { key, memory, reference, type Tensor, useBackend } from '@ebmkit/tensor';
import { wasm } from '@ebmkit/tensor-wasm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hmc } from '../continuous/hmc.js';
import { mala } from '../continuous/mala.js';
import type { GradientState } from '../kernel/evaluate.js';
import type { Kernel } from '../kernel/kernel.js';
import type { MoveInfo } from '../kernel/move-info.js';
import { geometricPath } from '../tempering/annealing-path.js';
import { annealedImportanceSampling } from './annealed-importance-sampling.js';
import { sampleLadder } from './ladder-draws.js';
import { bridgeSampling, steppingStone, thermodynamicIntegration } from './ladder-estimates.js';
import type { LogZEstimate } from './log-z-estimate.js';
import { systematicResampling } from './systematic-resampling.js';
import { temperedSmc } from './tempered-smc.js';
import { crooks, jarzynski } from './work-relations.js';

const dimension = 20;
const mixture20 = gaussianMixture({
  components: [
    { mean: new Float64Array(dimension).fill(0.6), weight: 1, scale: 0.7 },
    { mean: new Float64Array(dimension).fill(-0.6), weight: 2 },
  ],
});
const funnel5 = funnel({ eventShape: [5], scale: 1 });

/** A problem whose normaliser is known, with a path to it and exact draws from it. */
interface Problem {
  readonly name: string;
  readonly target: ContinuousEnergy & {
    readonly logZ: number;
    readonly draw: (k: ReturnType<typeof key>, n: number) => Tensor;
  };
  readonly base: ReturnType<typeof gaussian>;
  readonly makeKernel: (e: ContinuousEnergy) => Kernel<Tensor, GradientState<Tensor>, MoveInfo>;
  readonly betas: readonly number[];
}

const problems: readonly Problem[] = [
  {
    name: 'a mixture in 20 dimensions',
    target: mixture20,
    base: gaussian({ mean: new Float64Array(dimension), scale: 1.5 }),
    makeKernel: (e) => hmc(e, { stepSize: 0.35, leapfrogSteps: 5 }),
    betas: [0, 0.1, 0.25, 0.5, 0.75, 1],
  },
  {
    name: "Neal's funnel",
    target: funnel5,
    base: gaussian({ mean: new Float64Array(5), scale: 1.5 }),
    makeKernel: (e) => hmc(e, { stepSize: 0.25, leapfrogSteps: 6 }),
    betas: [0, 0.005, 0.015, 0.03, 0.06, 0.1, 0.18, 0.3, 0.45, 0.6, 0.8, 1],
  },
];

const keys = Array.from({ length: 20 }, (_, i) => 100 + i);

/** Estimates by every method, for one key. */
async function estimateAll({ target, base, makeKernel, betas }: Problem, seed: number) {
  const path = geometricPath(base, target, makeKernel);
  const common = { path, base, key: key(seed) };
  const targetDraws = target.draw(key(1000 + seed), 64);
  const annealed = await annealedImportanceSampling({ ...common, betas: 60, chains: 64, targetDraws });
  const ladder = await sampleLadder({ ...common, betas, chains: 24, steps: 150 });
  const { forward, reverse } = annealed;
  const work = forward.logWeights.map((w) => -w);
  return {
    'annealed importance sampling': annealed,
    'annealed importance sampling, forward': { ...annealed, logZ: forward.logZ, standardError: forward.standardError },
    'tempered SMC': await temperedSmc({ ...common, particles: 40, islands: 32, moves: 8 }),
    'thermodynamic integration': thermodynamicIntegration(ladder),
    'stepping stone': steppingStone(ladder),
    'bridge sampling': bridgeSampling(ladder),
    Jarzynski: jarzynski(work, base.logZ),
    Crooks: crooks(work, reverse?.logWeights.map((w) => -w) ?? [], base.logZ),
  } satisfies Record<string, LogZEstimate>;
}

beforeAll(() => useBackend(wasm({ threads: 1 })));
afterAll(() => useBackend(reference()));

describe.each(problems)('the normaliser of $name, for 20 keys', (problem) => {
  const found: Awaited<ReturnType<typeof estimateAll>>[] = [];
  beforeAll(async () => {
    for (const seed of keys) found.push(await estimateAll(problem, seed));
  }, 600_000);

  const names = [
    'annealed importance sampling',
    'annealed importance sampling, forward',
    'tempered SMC',
    'thermodynamic integration',
    'stepping stone',
    'bridge sampling',
    'Jarzynski',
    'Crooks',
  ] as const;

  test.each(names)('%s is within 3 of its standard errors, and its bracket holds the truth', (name) => {
    const truth = problem.target.logZ;
    const estimates = found.map((all): LogZEstimate => all[name]);
    const scores = estimates.map(({ logZ, standardError }) => (logZ - truth) / standardError);
    for (const score of scores)
      expect(Math.abs(score), `scores ${scores.map((z) => z.toFixed(1)).join(' ')}`).toBeLessThan(3);
    const held = estimates.filter(({ lower, upper }) => lower <= truth && truth <= upper).length;
    expect(held).toBeGreaterThanOrEqual(18);
    // Not only because the errors are overstated: the scores spread about as they should.
    const spread = Math.sqrt(scores.reduce((sum, z) => sum + z * z, 0) / scores.length);
    expect(spread).toBeGreaterThan(0.4);
    expect(Math.max(...estimates.map(({ standardError }) => standardError))).toBeLessThan(0.5);
  });
});

describe('temperedSmc', () => {
  const base = gaussian({ mean: [0, 0], scale: 2 });
  const target = gaussian({ mean: [1, -1], diagonal: [0.25, 0.5] });
  const path = geometricPath(base, target, (e) => mala(e, { stepSize: 0.15 }));

  test('gives draws from the target, and rising temperatures that it chose', async () => {
    const before = memory();
    const { draws, betas, acceptance, ess } = await temperedSmc({ path, base, particles: 250, moves: 20, key: key(3) });
    expect(memory()).toEqual(before);
    expect(draws.shape).toEqual([4000, 2]);
    expect(betas[0]).toBe(0);
    expect(betas.at(-1)).toBe(1);
    expect(betas.length).toBeGreaterThan(3);
    betas.slice(1).forEach((beta, i) => {
      expect(beta).toBeGreaterThan(betas[i] as number);
    });
    expect(acceptance.length).toBe(betas.length - 1);
    expect(acceptance.every((rate) => rate > 0.3 && rate < 1)).toBe(true);
    expect(ess).toBeGreaterThan(2000);
    [
      [1, 0.25],
      [-1, 0.5],
    ].forEach(([mean, variance], i) => {
      const values = draws.data.filter((_, at) => at % 2 === i);
      const found = values.reduce((a, b) => a + b, 0) / 4000;
      // Resampling makes copies, which the moves have not wholly parted: half of the particles count.
      expect(Math.abs(found - (mean as number))).toBeLessThan(5 * Math.sqrt((variance as number) / 2000));
    });
  });

  test('resampling moves particles to the modes that weigh more, between which no move crosses', async () => {
    const modes = (weight: number) =>
      gaussianMixture({
        components: [
          { mean: [-8], weight: 1 },
          { mean: [8], weight },
        ],
      });
    const between = geometricPath(modes(1), modes(3), (e) => mala(e, { stepSize: 0.3 }));
    const { draws } = await temperedSmc({ path: between, base: modes(1), particles: 100, key: key(4) });
    const right = draws.data.filter((x) => x > 0).length / 1600;
    // The weights of 1600 particles decide, and resampling adds a little.
    expect(Math.abs(right - 0.75)).toBeLessThan(5 * Math.sqrt((0.75 * 0.25) / 800));
  });

  test('follows given betas, stops when told to, and refuses wrong options', async () => {
    const { betas } = await temperedSmc({ path, base, particles: 10, betas: [0, 0.2, 1], key: key(3) });
    expect(betas).toEqual([0, 0.2, 1]);
    const controller = new AbortController();
    controller.abort();
    const stopped = temperedSmc({ path, base, particles: 10, key: key(3), signal: controller.signal });
    await expect(stopped).rejects.toMatchObject({ code: 'aborted' });
    const wrong = { path, base, particles: 10, key: key(3) };
    await expect(temperedSmc({ ...wrong, islands: 2 })).rejects.toThrow(/islands must be/);
    await expect(temperedSmc({ ...wrong, betas: [0, 0.5] })).rejects.toThrow(/from 0 to 1/);
    await expect(temperedSmc({ ...wrong, effectiveShare: 1 })).rejects.toThrow(/effectiveShare/);
  });
});

describe('systematicResampling', () => {
  test('takes every draw as often as its weight says, but for one', () => {
    const weights = [0.1, 0.05, 0.4, 0, 0.45];
    for (const u of [0, 0.2, 0.5, 0.99]) {
      const chosen = systematicResampling(weights.map(Math.log), u);
      weights.forEach((w, i) => {
        const count = chosen.filter((at) => at === i).length;
        expect(Math.abs(count - 5 * w)).toBeLessThan(1);
      });
    }
  });

  test('is unbiased over its uniform number', () => {
    const logWeights = [0.3, -1, 2, 0.5];
    const total = logWeights.reduce((sum, w) => sum + Math.exp(w), 0);
    const counts = [0, 0, 0, 0];
    for (let k = 0; k < 1000; k++)
      for (const i of systematicResampling(logWeights, (k + 0.5) / 1000)) counts[i] = (counts[i] as number) + 1 / 1000;
    counts.forEach((count, i) => {
      expect(count).toBeCloseTo((4 * Math.exp(logWeights[i] as number)) / total, 2);
    });
  });
});

describe('sampleLadder', () => {
  const base = gaussian({ mean: [0], scale: 2 });
  const target = gaussian({ mean: [0], scale: 1 });
  const path = geometricPath(base, target, (e) => mala(e, { stepSize: 0.3 }));

  test('measures energy differences and slopes', async () => {
    const ladder = await sampleLadder({ path, base, betas: 2, chains: 8, steps: 5, key: key(2) });
    expect(ladder.betas).toEqual([0, 0.5, 1]);
    expect(ladder.up.length).toBe(2);
    expect(ladder.slope.map(({ length }) => length)).toEqual([40, 40, 40]);
    // The energy is linear in beta: half a slope is the step to the next rung.
    ladder.up.forEach((values, r) => {
      values.forEach((change, i) => {
        expect(change).toBeCloseTo((ladder.slope[r]?.[i] as number) / 2, 4);
      });
    });
  });

  test('refuses ladders that do not begin at the base, and too few chains', async () => {
    const options = { path, base, chains: 8, steps: 5, key: key(2) };
    await expect(sampleLadder({ ...options, betas: [0.1, 1] })).rejects.toThrow(/begin at 0/);
    await expect(sampleLadder({ ...options, betas: 2, chains: 4 })).rejects.toThrow(/at least 8 chains/);
    expect(() => jarzynski([1])).toThrow(/at least 2 values of work/);
  });
});
