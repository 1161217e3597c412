import { clamp, type DiscreteEnergy, type Energy, gaussian } from '@ebmkit/energy';
import {
  add,
  EbmError,
  fold,
  full,
  key,
  mul,
  normal,
  readSync,
  reference,
  reshape,
  split,
  sqrt,
  square,
  sub,
  sum,
  sumEvent,
  type Tensor,
  tensor,
  useBackend,
  zeros,
} from '@ebmkit/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { onBothBackends } from '../../fixtures/both-backends.js';
import { repeat } from '../combinators/repeat.js';
import { sample } from '../drive/sample.js';
import { langevin } from './langevin.js';
import { mala } from './mala.js';

const discrete: DiscreteEnergy = { energy: (x: Tensor) => sumEvent(x), support: 'discrete' };
const kernels = { langevin, mala };

describe('Langevin dynamics, to the letter', () => {
  beforeAll(() => useBackend(reference({ precision: 'float64' })));
  afterAll(() => useBackend(reference()));
  const target = gaussian({ mean: [1, -2], diagonal: [0.5, 3] });
  const x = () =>
    tensor([
      [0.3, 0.8],
      [-1, 2],
    ]);
  const epsilon = 0.07;
  const gradientAt = (y: Tensor): Tensor => mul(sub(y, tensor([1, -2])), tensor([2, 1 / 3]));
  const energyAt = (y: readonly number[]): number => ((y[0] as number) - 1) ** 2 + ((y[1] as number) + 2) ** 2 / 6;

  test('a step is x - eps grad E + sqrt(2 eps) n', () => {
    const kernel = langevin(target, { stepSize: epsilon });
    const { state } = kernel.step(key(4), kernel.init(x(), key(0)));
    const noise = normal(split(key(4), 1)[0], [2, 2]);
    const expected = readSync(add(sub(x(), mul(gradientAt(x()), epsilon)), mul(noise, Math.sqrt(2 * epsilon))));
    readSync(state.position).forEach((v, i) => {
      expect(v).toBeCloseTo(expected[i] as number, 12);
    });
    expect(Array.from(readSync(state.energy))).toEqual(Array.from(readSync(target.energy(state.position))));
  });

  test('MALA accepts with the ratio of densities and proposal densities', () => {
    const kernel = mala(target, { stepSize: epsilon });
    const { info } = kernel.step(key(4), kernel.init(x(), key(0)));
    const noise = normal(split(split(key(4), 2)[0], 1)[0], [2, 2]);
    const mean = sub(x(), mul(gradientAt(x()), epsilon));
    const proposal = add(mean, mul(noise, Math.sqrt(2 * epsilon)));
    const back = sub(proposal, mul(gradientAt(proposal), epsilon));
    const q = (to: Tensor, from: Tensor): ArrayLike<number> =>
      readSync(mul(sumEvent(square(sub(to, from))), -1 / (4 * epsilon)));
    const [forward, reverse] = [q(proposal, mean), q(x(), back)];
    const [from, to] = [readSync(x()), readSync(proposal)];
    readSync(info.acceptanceProbability).forEach((p, chain) => {
      const [a, b] = [from, to].map((v) => energyAt(Array.from(v).slice(2 * chain, 2 * chain + 2))) as [number, number];
      expect(p).toBeCloseTo(Math.min(1, Math.exp(a - b + (reverse[chain] as number) - (forward[chain] as number))), 10);
    });
  });
});

onBothBackends('the bias of unadjusted Langevin dynamics', () => {
  test.each([0.05, 0.4, 1])(
    'on a unit Gaussian the variance becomes 1 / (1 - eps / 2) at step size %d',
    async (stepSize) => {
      const { draws } = await sample(gaussian({ mean: [0] }), {
        sampler: (e) => langevin(e, { stepSize }),
        start: zeros([2000, 1]),
        steps: 60,
        thin: Math.ceil(3 / stepSize),
        warmup: Math.ceil(8 / stepSize),
        key: key(8),
      });
      const n = draws.data.length;
      const variance = draws.data.reduce((a, b) => a + b * b, 0) / n;
      const exact = 1 / (1 - stepSize / 2);
      const correlation = (1 - stepSize) ** (2 * Math.ceil(3 / stepSize));
      const error = exact * Math.sqrt((2 / n) * ((1 + correlation) / (1 - correlation)));
      expect(Math.abs(variance - exact)).toBeLessThan(5 * error);
      expect(exact - 1).toBeGreaterThan(5 * error);
    },
  );
});

describe.each(Object.entries(kernels))('%s', (name, make) => {
  const image = gaussian({
    mean: Float64Array.from({ length: 64 }, (_, i) => i / 32),
    scale: 0.8,
    eventShape: [8, 8, 1],
  });
  const flat = gaussian({ mean: Float64Array.from({ length: 64 }, (_, i) => i / 32), scale: 0.8 });

  test('on [chains, 8, 8, 1] equals the flattened problem', () => {
    const a = make(image, { stepSize: 0.05 });
    const b = make(flat, { stepSize: 0.05 });
    let [s, t] = [a.init(zeros([5, 8, 8, 1]), key(0)), b.init(zeros([5, 64]), key(0))];
    for (let i = 0; i < 10; i++) [s, t] = [a.step(key(i), s).state, b.step(key(i), t).state];
    expect(s.position.shape).toEqual([5, 8, 8, 1]);
    expect(Array.from(readSync(s.position))).toEqual(Array.from(readSync(t.position)));
  });

  test('decides for each chain by itself', () => {
    const kernel = make(gaussian({ mean: [0] }), { stepSize: 1.6 });
    const { info } = kernel.step(key(2), kernel.init(full([200, 1], 0.5), key(0)));
    const accepted = Array.from(readSync(info.accepted)).reduce((a, b) => a + b, 0);
    expect(accepted).toBe(name === 'langevin' ? 200 : accepted);
    if (name === 'mala') {
      expect(accepted).toBeGreaterThan(20);
      expect(accepted).toBeLessThan(180);
      const probability = readSync(info.acceptanceProbability);
      expect(new Set(probability).size).toBeGreaterThan(50);
      const of = (wanted: number): number[] =>
        Array.from(probability).filter((_, i) => readSync(info.accepted)[i] === wanted);
      expect(Math.min(...of(1)), 'each chain has a threshold of its own').toBeLessThan(Math.max(...of(0)));
    }
  });

  test('takes trees of tensors', () => {
    type Pair = { readonly a: Tensor; readonly b: Tensor };
    const target: Energy<Pair> & { readonly support: 'continuous' } = {
      energy: ({ a, b }) => add(sumEvent(square(a)), sumEvent(square(sub(b, 1)))),
      support: 'continuous',
    };
    const kernel = make(target, { stepSize: 0.1 });
    const state = kernel.init({ a: zeros([3, 2]), b: zeros([3, 2, 2]) }, key(0));
    expect(Array.from(readSync(state.energy))).toEqual([4, 4, 4]);
    const next = kernel.step(key(1), state);
    expect(next.state.position.b.shape).toEqual([3, 2, 2]);
    expect(next.info.accepted.shape).toEqual([3]);
  });

  test('never moves what is clamped, and never lets it drift from its value', () => {
    const target = clamp(flat, tensor(Array.from({ length: 64 }, (_, i) => i % 2 === 0)), 7);
    const kernel = repeat(make(target, { stepSize: 0.05 }), 5);
    const state = kernel.init(zeros([4, 64]), key(0));
    const end = readSync(kernel.step(key(1), state).state.position);
    expect(Array.from(end).every((v, i) => (i % 2 === 0 ? v === 7 : v !== 0 && v !== 7))).toBe(true);
  });

  test('takes a step size as a tensor, also a traced one', () => {
    const kernel = make(flat, { stepSize: 0.25 });
    const traced = make(flat, { stepSize: sqrt(tensor(0.0625)) });
    const state = kernel.init(zeros([2, 64]), key(0));
    const [a, b] = [kernel, traced].map((k) => readSync(k.step(key(1), state).state.position)) as [
      Float32Array,
      Float32Array,
    ];
    a.forEach((v, i) => {
      expect(v).toBeCloseTo(b[i] as number, 5);
    });
  });

  test('refuses discrete energies, by type and at construction', () => {
    // @ts-expect-error an energy over discrete states has no gradient
    expect(() => make(discrete, { stepSize: 0.1 })).toThrow(/over real states, got one over discrete states/);
    const unsaid: Energy = discrete;
    // @ts-expect-error it may be discrete
    expect(() => make(unsaid, { stepSize: 0.1 })).toThrow(EbmError);
  });

  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('refuses the step size %d', (stepSize) => {
    expect(() => make(flat, { stepSize })).toThrow(`${name}: stepSize must be a positive number`);
  });

  test('wrong shapes and dtypes say what is right', () => {
    // @ts-expect-error a typo in an option
    expect(() => make(flat, { stepsize: 1 })).toThrow(/stepSize must be/);
    const total = make({ energy: (x: Tensor) => sum(x) }, { stepSize: 1 });
    expect(() => total.init(zeros([3, 2]), key(0))).toThrow(
      /expected the energy to give float32 \[3\].*got float32 \[\]/,
    );
    const column = make({ energy: (x: Tensor) => reshape(sumEvent(x), [3, 1]) }, { stepSize: 1 });
    expect(() => column.init(zeros([3, 2]), key(0))).toThrow(/got float32 \[3, 1\]/);
    expect(() => make(flat, { stepSize: 1 }).init(zeros([3, 64], 'bool'), key(0))).toThrow(
      /expected float32 positions, got bool/,
    );
    expect(() => make(flat, { stepSize: 1 }).init(tensor(1), key(0))).toThrow(/\[chains, ...event\]/);
  });
});

describe('repeat', () => {
  test('adds up what happened in between', () => {
    const kernel = mala(gaussian({ mean: [0] }), { stepSize: 1.5 });
    const three = repeat(kernel, 3);
    expect(() => repeat(kernel, 0)).toThrow(/repeat: times must be a whole number/);
    let state = kernel.init(full([100, 1], 0.2), key(0));
    const whole = three.step(key(9), state);
    const infos = [0, 1, 2].map((i) => {
      const next = kernel.step(fold(key(9), i), state);
      state = next.state;
      return next.info;
    });
    expect(Array.from(readSync(whole.state.position))).toEqual(Array.from(readSync(state.position)));
    const accepted = infos.map(({ accepted }) => readSync(accepted));
    readSync(whole.info.accepted).forEach((v, i) => {
      expect(v).toBe(Math.max(...accepted.map((a) => a[i] as number)));
    });
    const probability = infos.map(({ acceptanceProbability }) => readSync(acceptanceProbability));
    readSync(whole.info.acceptanceProbability).forEach((v, i) => {
      expect(v).toBeCloseTo(
        probability.reduce((a, p) => a + (p[i] as number) / 3, 0),
        6,
      );
    });
  });
});
