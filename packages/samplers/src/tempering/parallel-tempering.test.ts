import { type ContinuousEnergy, doubleWell, gaussian, gaussianMixture } from '@ebmkit/energy';
import {
  add,
  cast,
  concat,
  div,
  full,
  gather,
  key,
  mul,
  readSync,
  reshape,
  slice,
  square,
  type Tensor,
  tensor,
  zeros,
} from '@ebmkit/tensor';
import { continuousTargets, describeContinuousKernel, describeKernel } from '@ebmkit/test-kit';
import { describe, expect, test } from 'vitest';
import { tfjsBackend, wasmBackend } from '../../fixtures/both-backends.js';
import { mala } from '../continuous/mala.js';
import { sample } from '../drive/sample.js';
import { everyChainMoved } from '../kernel/move-info.js';
import { type AnnealingPath, geometricPath, temperingPath } from './annealing-path.js';
import { parallelTempering } from './parallel-tempering.js';
import { temperingFlow } from './tempering-flow.js';
import { equalise, tuneLadder } from './tune-ladder.js';

const betas = [0.1, 0.3, 0.6, 1];
const far = gaussianMixture({
  components: [
    { mean: [-4, 0], weight: 1 },
    { mean: [4, 1], scale: 0.7, weight: 3 },
  ],
});
const path = (e: ContinuousEnergy) =>
  temperingPath(e, (tempered, beta) => mala(tempered, { stepSize: div(0.15, beta) }));

describeKernel('parallel tempering on two modes that MALA alone never crosses between', {
  make: () => parallelTempering({ path: path(far), betas }),
  start: () => full([48, 2], -4),
  statistics: (x) => {
    const n = x.shape[0] as number;
    return concat([x, square(x), mul(slice(x, [0, 0], [n, 1]), slice(x, [0, 1], [n, 1]))], 1);
  },
  expected: [
    ...far.mean,
    (far.covariance[0] as number) + (far.mean[0] as number) ** 2,
    (far.covariance[3] as number) + (far.mean[1] as number) ** 2,
    (far.covariance[1] as number) + (far.mean[0] as number) * (far.mean[1] as number),
  ],
  steps: 800,
  warmup: 200,
  broken: () => ({
    kernel: parallelTempering({
      path: path({
        energy: (x) => {
          const [n] = x.shape as [number];
          const first = reshape(slice(x, [0, 0], [n, 1]), [n]);
          return div(1, div(square(first), 1e-6));
        },
        gradient: (x) => mul(x, Number.NaN),
      }),
      betas: [0.5, 1],
    }),
    start: tensor([
      [1, 0],
      [2, 0],
    ]),
    diverges: [true, true],
  }),
  backends: [wasmBackend],
});

/** Three rungs near enough to swap: an image has too many dimensions for a hot one. */
const shortLadder = ({ energy }: Pick<ContinuousEnergy, 'energy'>): readonly number[] =>
  energy === continuousTargets.image.energy ? [0.92, 0.96, 1] : [0.4, 0.7, 1];
const onShortLadder = {
  make: (target: Pick<ContinuousEnergy, 'energy'>, stepSize: number) =>
    parallelTempering({
      path: temperingPath(target, (e, beta) => mala(e, { stepSize: div(stepSize, beta) })),
      betas: shortLadder(target),
    }),
  stepSizes: [0.15, 0.35],
  stepSizesOf: { correlated: [0.1, 0.25], image: [0.06, 0.1] },
} as const;

describeContinuousKernel('parallel tempering', { ...onShortLadder, backends: [wasmBackend] });

describeContinuousKernel('parallel tempering', {
  ...onShortLadder,
  chains: 96,
  steps: 200,
  warmup: 60,
  backends: [tfjsBackend],
});

/** Three states with energies of their own at each of three temperatures, which no kernel moves. */
const levels = [
  [0, 0.3, 0.1],
  [0, 0.9, 0.4],
  [0, 1.7, 0.6],
] as const;
const still: AnnealingPath<Tensor, { readonly position: Tensor }> = (beta) => {
  const row = Math.round((readSync(beta)[0] as number) * 2);
  return {
    energy: (x) => gather(tensor([...(levels[row] as readonly number[])]), cast(x, 'int32')),
    kernel: {
      init: (position) => ({ position }),
      step: (_, state) => ({ state, info: everyChainMoved(state.position.shape[0] as number) }),
    },
  };
};

describe('swaps', () => {
  test('leave the product of the distributions on a 3-state system invariant, state by state', () => {
    const kernel = parallelTempering({ path: still, betas: [0, 0.5, 1] });
    const weights = levels.map((row) => row.map((e) => Math.exp(-e)));
    const share = (r: number, x: number): number =>
      (weights[r]?.[x] as number) / (weights[r] as number[]).reduce((a, b) => a + b, 0);
    // Every joint state in proportion to its probability, so that the start is exact to rounding.
    const total = 200_000;
    const rows: number[][] = [[], [], []];
    for (let joint = 0; joint < 27; joint++) {
      const states = [joint % 3, Math.floor(joint / 3) % 3, Math.floor(joint / 9)];
      const count = Math.round(total * states.map((x, r) => share(r, x)).reduce((a, b) => a * b, 1));
      for (let i = 0; i < count; i++) for (const [r, x] of states.entries()) rows[r]?.push(x);
    }
    const chains = rows[0]?.length as number;
    const rungs = rows.map((row) => tensor(Float32Array.from(row), [chains]));
    const before = kernel.init(rungs[2] as Tensor, key(0));
    const { state, info } = kernel.step(key(1), { ...before, rungs, position: rungs[2] as Tensor });
    const after = state.rungs.map((x) => readSync(x));
    let chi = 0;
    for (let joint = 0; joint < 27; joint++) {
      const states = [joint % 3, Math.floor(joint / 3) % 3, Math.floor(joint / 9)];
      const expected = chains * states.map((x, r) => share(r, x)).reduce((a, b) => a * b, 1);
      let count = 0;
      for (let i = 0; i < chains; i++) if (states.every((x, r) => after[r]?.[i] === x)) count++;
      chi += (count - expected) ** 2 / expected;
    }
    expect(chi).toBeLessThan(26 + 5 * Math.sqrt(52));
    const moved = Array.from(readSync(info.replica)).filter((who, i) => who !== i % 3).length;
    expect(moved / (3 * chains)).toBeGreaterThan(0.5);
    // Whoever is on a rung is where the replica of that name was, and no replica is lost.
    const replicas = readSync(info.replica);
    for (let i = 0; i < 100; i++)
      for (let r = 0; r < 3; r++) expect(after[r]?.[i]).toBe(rows[replicas[3 * i + r] as number]?.[i]);
  });

  test('happen with the probability of Metropolis', () => {
    const kernel = parallelTempering({ path: still, betas: [0.5, 1] });
    const start = kernel.init(tensor([1, 2, 0]), key(0));
    const rungs = [tensor([0, 1, 2]), tensor([1, 2, 0])];
    const { info } = kernel.step(key(1), { ...start, rungs, position: rungs[1] as Tensor });
    const [low, high] = [levels[1], levels[2]];
    [0, 1, 2].forEach((i) => {
      const [x, y] = [[0, 1, 2][i] as 0 | 1 | 2, [1, 2, 0][i] as 0 | 1 | 2];
      const right = Math.min(1, Math.exp(low[x] + high[y] - low[y] - high[x]));
      expect(readSync(info.swapProbability)[i]).toBeCloseTo(right, 5);
    });
  });

  test('refuses ladders that do not rise to 1', () => {
    expect(() => parallelTempering({ path: still, betas: [1] })).toThrow(/at least two betas/);
    expect(() => parallelTempering({ path: still, betas: [0.5, 0.2, 1] })).toThrow(/rise to 1/);
    expect(() => parallelTempering({ path: still, betas: [0.5, 0.9] })).toThrow(/rise to 1/);
  });
});

describe('temperingFlow', () => {
  test('counts round trips and the share of replicas that came from the hot end', () => {
    // One replica goes down a ladder of three rungs and back while the others make way.
    const replica = [0, 1, 2, 1, 0, 2, 1, 2, 0, 1, 0, 2, 0, 1, 2, 0, 1, 2];
    const swapProbability = new Float32Array(12).fill(0.25);
    const flow = temperingFlow({ replica, swapProbability }, 1);
    expect(flow.roundTrips).toBe(1);
    expect(flow.roundTripRate).toBeCloseTo(1 / 6, 12);
    expect(Array.from(flow.swapAcceptance, (p) => p.toFixed(12))).toEqual(['0.250000000000', '0.250000000000']);
    expect(flow.barrier).toBeCloseTo(1.5, 12);
    expect(Array.from(flow.fractionFromHot)).toEqual([1, 0.6, 0]);
  });

  test('takes what sample records', async () => {
    const wells = doubleWell({ barrierHeight: 4 });
    const { stats } = await sample(wells, {
      sampler: (e) => parallelTempering({ path: path(e), betas }),
      start: zeros([8, 1]),
      steps: 300,
      key: key(3),
    });
    const flow = temperingFlow(stats.moves, 8);
    expect(flow.swapAcceptance.every((p) => p > 0.2 && p < 1)).toBe(true);
    expect(flow.roundTrips).toBeGreaterThan(50);
    expect(flow.fractionFromHot[0]).toBe(1);
    expect(flow.fractionFromHot[3]).toBe(0);
    expect(() => temperingFlow(stats.moves, 7)).toThrow(/do not fit 7 chains/);
    expect(() => temperingFlow({}, 7)).toThrow(/records of parallelTempering/);
  });
});

describe('tuneLadder', () => {
  test('cuts the cumulative rejection into equal parts', () => {
    expect(equalise([0, 0.5, 1], [0.6, 0.2])).toEqual([0, expect.closeTo((0.4 / 0.6) * 0.5, 12), 1]);
  });

  test('finds a ladder on which all neighbours swap about equally often', async () => {
    const base = gaussian({ mean: new Float64Array(10), scale: 1 });
    const target = gaussian({ mean: new Float64Array(10), scale: 0.1 });
    const between = geometricPath(base, target, (e, beta) => mala(e, { stepSize: div(0.4, add(mul(beta, 99), 1)) }));
    const options = {
      path: between,
      rungs: 6,
      hottest: 0.01,
      start: zeros([16, 10]),
      key: key(5),
      rounds: 5,
      steps: 20,
    };
    const { betas: tuned, rejection, barrier } = await tuneLadder(options);
    expect(tuned[0]).toBe(0.01);
    expect(tuned.at(-1)).toBe(1);
    expect(Math.max(...rejection) - Math.min(...rejection)).toBeLessThan(0.3);
    expect(barrier).toBeGreaterThan(1);
    // The precision grows from about 2 to 100: equal swaps need a ladder that is about geometric.
    expect(tuned[2]).toBeLessThan(0.3);
  });

  test('refuses wrong options', async () => {
    const wrong = { path: still, start: zeros([2]), key: key(1) };
    await expect(tuneLadder({ ...wrong, rungs: 1, hottest: 0.1 })).rejects.toThrow(/at least 2 rungs/);
    await expect(tuneLadder({ ...wrong, rungs: 3, hottest: 1 })).rejects.toThrow(/hottest beta/);
    await expect(tuneLadder({ ...wrong, rungs: 3, hottest: 0, steps: 2 })).rejects.toThrow(/at least 4 steps/);
  });
});
