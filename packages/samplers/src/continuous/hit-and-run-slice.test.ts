import { clamp, type DiscreteEnergy, doubleWell, gaussian } from '@ebmkit/energy';
import {
  add,
  concat,
  exponential,
  fold,
  free,
  greater,
  key,
  less,
  log,
  memory,
  normal,
  readSync,
  reference,
  slice,
  split,
  square,
  sub,
  sumEvent,
  type Tensor,
  tensor,
  uniform,
  useBackend,
  where,
  zeros,
} from '@ebmkit/tensor';
import { wasm } from '@ebmkit/tensor-wasm';
import { continuousTargets, describeContinuousKernel, expectInvariance } from '@ebmkit/test-kit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { backends } from '../../fixtures/both-backends.js';
import { repeat } from '../combinators/repeat.js';
import { scheduled } from '../combinators/scheduled.js';
import { sample } from '../drive/sample.js';
import { denseMetric } from '../hamiltonian/dense-metric.js';
import { diagonalMetric } from '../hamiltonian/diagonal-metric.js';
import { hitAndRunSlice } from './hit-and-run-slice.js';

/** Neal's procedures for one chain on the line, as he prints them, with numbers in the order in which they are drawn. */
function sliceOnTheLine(
  energy: (x: number) => number,
  x: number,
  width: number,
  maxSteps: number,
  drawn: {
    readonly direction: number;
    readonly exponential: number;
    readonly place: number;
    readonly share: number;
    readonly tries: () => number;
  },
): { readonly position: number; readonly evaluations: number } {
  let evaluations = 0;
  const isOnSlice = (t: number): boolean => {
    evaluations++;
    return energy(x + t * drawn.direction) <= energy(x) + drawn.exponential;
  };
  let [low, high] = [-width * drawn.place, width * (1 - drawn.place)];
  let below = Math.floor(maxSteps * drawn.share);
  let above = maxSteps - 1 - below;
  while (below > 0 && isOnSlice(low)) [low, below] = [low - width, below - 1];
  while (above > 0 && isOnSlice(high)) [high, above] = [high + width, above - 1];
  for (;;) {
    const t = low + drawn.tries() * (high - low);
    if (isOnSlice(t)) return { position: x + t * drawn.direction, evaluations };
    if (t < 0) low = t;
    else high = t;
  }
}

describe('hit-and-run slice sampling, to the letter', () => {
  beforeAll(() => useBackend(reference({ precision: 'float64' })));
  afterAll(() => useBackend(reference()));

  test.each([
    [0.3, 1],
    [0.3, 4],
    [0.5, 16],
    [4, 3],
  ])('is that of one chain after another, width %d, at most %d of them', (width, maxSteps) => {
    const chains = 24;
    const starts = Array.from({ length: chains }, (_, i) => -1.4 + (2.8 * i) / chains);
    const kernel = hitAndRunSlice(doubleWell({ barrierHeight: 2 }), { width, maxSteps });
    const { state, info } = kernel.step(key(7), kernel.init(tensor(starts, [chains, 1]), key(0)));
    const [openKey, shrinkKey] = split(key(7), 2);
    const [directionKey, levelKey, placeKey, shareKey] = split(openKey, 4);
    const energy = (x: number): number => 2 * (x * x - 1) ** 2;
    starts.forEach((x, chain) => {
      const at = (values: Tensor): number => readSync(values)[chain] as number;
      let count = 0;
      const tries = (): number => {
        const [round, i] = [Math.floor(count / 2), count++ % 2];
        return at(uniform(fold(fold(shrinkKey, round), i), [chains]));
      };
      const expected = sliceOnTheLine(energy, x, width, maxSteps, {
        direction: Math.sign(at(normal(split(directionKey, 1)[0], [chains, 1]))),
        exponential: at(exponential(levelKey, [chains])),
        place: at(uniform(placeKey, [chains])),
        share: at(uniform(shareKey, [chains])),
        tries,
      });
      expect(at(state.position)).toBeCloseTo(expected.position, 10);
      expect(at(info.evaluations)).toBe(expected.evaluations);
      expect(at(state.energy)).toBeCloseTo(energy(expected.position), 9);
    });
    expect(Math.min(...readSync(info.accepted))).toBe(1);
    kernel.clear?.();
  });
});

describe('hit-and-run slice sampling', () => {
  beforeAll(() => useBackend(wasm({ threads: 1 })));
  afterAll(() => useBackend(reference()));

  test('along directions of a metric, with a width that follows a schedule', async () => {
    const { correlated } = continuousTargets;
    const metric = denseMetric<Tensor>([
      [1.5, 0.8],
      [0.8, 0.6],
    ]);
    await expectInvariance({
      make: () =>
        scheduled({ width: (step) => add(2, where(less(step, 3), 1, 0)) }, ({ width }) =>
          hitAndRunSlice({ energy: correlated.energy }, { width, metric }),
        ),
      start: () => zeros([48, 2]),
      statistics: correlated.statistics,
      expected: correlated.expected,
      steps: 80,
      warmup: 20,
    });
  });

  test('knows that what has infinite energy is outside, and stays exact where it turns back at NaN', async () => {
    const box = (beyond: (x: Tensor) => Tensor | number) => (x: Tensor) =>
      where(greater(sumEvent(square(x)), 1), beyond(sumEvent(x)), 0);
    const invariance = (energy: (x: Tensor) => Tensor) =>
      expectInvariance({
        make: () => hitAndRunSlice({ energy }, { width: 0.7 }),
        start: () => add(zeros([60, 1]), 0.9),
        statistics: (x) => concat([x, square(x)], 1),
        expected: [0, 1 / 3],
        steps: 300,
      });
    await invariance(box(() => Number.POSITIVE_INFINITY));
    // On the right there is a wall, on the left nobody knows.
    await invariance(box((x) => where(greater(x, 0), Number.POSITIVE_INFINITY, log(where(greater(x, 0), 1, -1)))));
  });

  test('reports NaN that it meets, and stays there', () => {
    const energy = (x: Tensor): Tensor => where(greater(sumEvent(square(x)), 1), Number.NaN, sumEvent(square(x)));
    const kernel = hitAndRunSlice({ energy }, { width: 1 });
    const start = tensor(Array.from({ length: 40 }, (_, i) => [i / 50]));
    const { state, info } = kernel.step(key(1), kernel.init(start, key(0)));
    const [diverged, accepted] = [readSync(info.diverged), readSync(info.accepted)];
    expect(new Set(diverged)).toEqual(new Set([0, 1]));
    readSync(state.position).forEach((x, i) => {
      expect(accepted[i]).toBe(1 - (diverged[i] as number));
      expect(x === (readSync(start)[i] as number)).toBe(diverged[i] === 1);
    });
  });

  test('on [chains, 2, 3, 1] equals the flattened problem bit for bit, in a repeat too', () => {
    const mean = Float64Array.from({ length: 6 }, (_, i) => i / 3);
    const a = repeat(hitAndRunSlice(gaussian({ mean, eventShape: [2, 3, 1] }), { width: 2 }), 5);
    const b = repeat(hitAndRunSlice(gaussian({ mean }), { width: 2 }), 5);
    expect(a.eager).toBe(true);
    const [s, t] = [a.init(zeros([5, 2, 3, 1]), key(0)), b.init(zeros([5, 6]), key(0))];
    expect(Array.from(readSync(a.step(key(1), s).state.position))).toEqual(
      Array.from(readSync(b.step(key(1), t).state.position)),
    );
  });

  test('runs under sample, which records its evaluations and frees its programs', async () => {
    const before = memory();
    const start = tensor([[1], [-1], [1], [-1]]);
    const { draws, stats } = await sample(doubleWell({ barrierHeight: 1 }), {
      sampler: (energy) => hitAndRunSlice(energy, { width: 2 }),
      steps: 30,
      start,
      key: key(3),
    });
    expect(draws.shape).toEqual([30, 4, 1]);
    expect(Array.from(stats.acceptanceRate)).toEqual([1, 1, 1, 1]);
    // At least one end, and a try.
    expect(Math.min(...(stats.moves['evaluations'] as Float32Array))).toBeGreaterThanOrEqual(2);
    free(start);
    expect(memory()).toEqual(before);
  });

  test('takes trees, and never moves what is clamped', async () => {
    type Pair = { readonly a: Tensor; readonly b: Tensor };
    const energy = ({ a, b }: Pair): Tensor => add(sumEvent(square(a)), sumEvent(square(sub(b, 1))));
    const pair = hitAndRunSlice({ energy }, { width: tensor(2) });
    const { state } = pair.step(key(1), pair.init({ a: zeros([3, 2]), b: zeros([3, 2, 2]) }, key(0)));
    expect(state.position.b.shape).toEqual([3, 2, 2]);
    const covariance = [
      [1, 0.5],
      [0.5, 1],
    ];
    await expectInvariance({
      make: () => hitAndRunSlice(clamp(gaussian({ mean: [0, 0], covariance }), tensor([true, false]), 2), { width: 2 }),
      start: () => zeros([48, 2]),
      statistics: (x) =>
        concat([square(sub(slice(x, [0, 0], [48, 1]), 2)), slice(x, [0, 1]), square(slice(x, [0, 1]))], 1),
      expected: [0, 1, 1.75],
      steps: 200,
      leastEss: 0,
    });
  });

  test.each([
    [{ width: 0 }, /hitAndRunSlice: width must be a positive number/],
    [{ maxSteps: 0 }, /hitAndRunSlice: maxSteps must be a whole number of at least 1/],
  ])('refuses %j', (wrong, message) => {
    expect(() => hitAndRunSlice(doubleWell(), { width: 1, ...wrong })).toThrow(message);
  });

  test('refuses discrete energies', () => {
    const discrete: DiscreteEnergy = { energy: (x: Tensor) => sumEvent(x), support: 'discrete' };
    // @ts-expect-error an energy over discrete states
    expect(() => hitAndRunSlice(discrete, { width: 1 })).toThrow(/over real states, got one over discrete/);
  });
});

// In 784 dimensions about 2000 moves make an independent draw, so that 128 chains need 2800 moves each for 150 of them. They begin
// where a mean of images is 20 standard errors off and their variance 6: chains forget in 800 and 1200 moves.
describeContinuousKernel('hit-and-run slice sampling', {
  make: (target, width, { variances }) => hitAndRunSlice(target, { width, metric: diagonalMetric(variances) }),
  stepSizes: [1.5, 4],
  steps: 400,
  images: { chains: 128, warmup: 160, steps: 280, thin: 10, start: 0.05, spread: 0.825 },
  backends,
});
