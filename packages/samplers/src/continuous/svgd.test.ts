import { readFileSync } from 'node:fs';
import { clamp, type DiscreteEnergy, doubleWell, gaussian } from '@ebmkit/energy';
import {
  add,
  concat,
  fold,
  free,
  fromPlain,
  full,
  gather,
  jit,
  type Key,
  key,
  memory,
  mul,
  normal,
  readSync,
  reference,
  reshape,
  retire,
  slice,
  square,
  sub,
  sumEvent,
  type Tensor,
  type Tree,
  tensor,
  toPlain,
  useBackend,
} from '@ebmkit/tensor';
import { tfjs } from '@ebmkit/tensor-tfjs';
import { wasm } from '@ebmkit/tensor-wasm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { beginsBroken, cliff, cliffStart } from '../../fixtures/cliff.js';
import type { GradientState } from '../kernel/evaluate.js';
import type { Kernel } from '../kernel/kernel.js';
import { svgd } from './svgd.js';

const fixture = JSON.parse(readFileSync(new URL('../../fixtures/svgd.json', import.meta.url), 'utf8')) as {
  readonly barrierHeight: number;
  readonly cases: readonly {
    readonly stepSize: number;
    readonly bandwidth: number | null;
    readonly start: number[][];
    readonly end: number[][];
  }[];
};

/** Where particles are after so many steps. */
function settle(kernel: Kernel<Tensor, GradientState<Tensor>, unknown>, start: Tensor, steps: number): Tensor {
  const move = jit((k: Key, from: GradientState<Tensor>) => kernel.step(k, from).state);
  let state = kernel.init(start, key(0));
  for (let i = 0; i < steps; i++) {
    const next = move(key(1), state);
    retire(state, [next, start]);
    state = next;
  }
  move.clear();
  return state.position;
}

describe.each([
  ['float64', 1e-10, () => reference({ precision: 'float64' })],
  ['float32', 1e-5, () => reference()],
  ['wasm', 1e-5, () => wasm({ threads: 1 })],
  ['tfjs wasm', 1e-5, () => tfjs('wasm')],
] as const)('SVGD, to the letter, on %s', (_, tolerance, make) => {
  beforeAll(async () => {
    await useBackend(await make());
  });
  afterAll(() => useBackend(reference()));

  test.each(fixture.cases)('a step is that of NumPy, bandwidth $bandwidth', ({ stepSize, bandwidth, start, end }) => {
    const target = doubleWell({ barrierHeight: fixture.barrierHeight, eventShape: [start[0]?.length as number] });
    const kernel = svgd(target, { stepSize, ...(bandwidth !== null && { bandwidth }) });
    const { state, info } = kernel.step(key(1), kernel.init(tensor(start), key(0)));
    readSync(state.position).forEach((x, i) => {
      expect(Math.abs(x - (end.flat()[i] as number))).toBeLessThan(tolerance);
    });
    expect(Math.min(...readSync(info.accepted))).toBe(1);
  });

  test('one particle alone, and particles at one place, do gradient descent', () => {
    const kernel = svgd(doubleWell({ barrierHeight: 2, eventShape: [2] }), { stepSize: 0.05 });
    for (const particles of [1, 3]) {
      const start = tensor(Array.from({ length: particles }, () => [0.5, -1.5]));
      const { state } = kernel.step(key(1), kernel.init(start, key(0)));
      const expected = [0.5, -1.5].map((x) => x - 0.05 * 8 * (x * x - 1) * x);
      readSync(state.position).forEach((x, i) => {
        expect(Math.abs(x - (expected[i % 2] as number))).toBeLessThan(tolerance);
      });
    }
  });
});

describe('where SVGD comes to rest', () => {
  beforeAll(() => useBackend(wasm({ threads: 1 })));
  afterAll(() => useBackend(reference()));

  test.each([
    [1, 60],
    [2, 200],
  ])(
    'in %d dimensions %d particles have the moments of a Gaussian, better than independent draws',
    (size, particles) => {
      const [mean, deviation] = [2, 1.5];
      const kernel = svgd(gaussian({ mean: Array.from({ length: size }, () => mean), scale: deviation }), {
        stepSize: 1,
      });
      const end = readSync(settle(kernel, normal(key(5), [particles, size]), 1500));
      for (let axis = 0; axis < size; axis++) {
        const values = Array.from(end).filter((_, i) => i % size === axis);
        const average = values.reduce((a, b) => a + b, 0) / particles;
        const variance = values.reduce((a, b) => a + (b - average) ** 2, 0) / particles;
        expect(Math.abs(average - mean)).toBeLessThan(deviation / Math.sqrt(particles));
        expect(Math.abs(variance / deviation ** 2 - 1)).toBeLessThan(Math.sqrt(2 / particles));
      }
    },
  );

  test("the mean weighted by the kernel is the target's, by the symmetry of what pushes apart", () => {
    const [mean, width] = [2, 0.8];
    const kernel = svgd(gaussian({ mean: [mean] }), { stepSize: 0.5, bandwidth: width });
    const end = Array.from(readSync(settle(kernel, normal(key(5), [40, 1]), 4000)));
    const weights = end.map((x) => end.reduce((total, y) => total + Math.exp(-((x - y) ** 2) / (2 * width ** 2)), 0));
    const total = weights.reduce((a, b) => a + b, 0);
    expect(end.reduce((sum, x, i) => sum + (x * (weights[i] as number)) / total, 0)).toBeCloseTo(mean, 4);
  });
});

describe('SVGD', () => {
  const target = gaussian({ mean: [1, 1] });
  const start = () => normal(key(3), [6, 2]);

  test('is pure, needs no key, and is the same compiled', () => {
    const kernel = svgd(target, { stepSize: 0.3 });
    const state = kernel.init(start(), key(0));
    const before = Array.from(readSync(state.position));
    const step = jit(kernel.step);
    const ends = [kernel.step(key(1), state), kernel.step(key(2), state), step(key(1), state)].map(({ state: next }) =>
      Array.from(readSync(next.position)),
    );
    expect(ends[1]).toEqual(ends[0]);
    expect(ends[2]).toEqual(ends[0]);
    expect(ends[0]).not.toEqual(before);
    expect(Array.from(readSync(state.position))).toEqual(before);
    step.clear();
  });

  test('does not depend on the order of particles', () => {
    const kernel = svgd(target, { stepSize: 0.3 });
    const order = tensor([3, 0, 5, 1, 4, 2], [6], 'int32');
    const [a, b] = [start(), gather(start(), order)].map(
      (x) => kernel.step(key(1), kernel.init(x, key(0))).state.position,
    );
    const expected = readSync(gather(a as Tensor, order));
    readSync(b as Tensor).forEach((x, i) => {
      expect(x).toBeCloseTo(expected[i] as number, 5);
    });
  });

  test('particles that are nowhere stay and are reported, and the others move as if they were not there', () => {
    const kernel = svgd(cliff, { stepSize: 0.3 });
    const { state, info } = kernel.step(key(1), kernel.init(cliffStart(), key(0)));
    expect(Array.from(readSync(info.diverged), Boolean)).toEqual(beginsBroken);
    expect(Array.from(readSync(info.accepted), Boolean)).toEqual(beginsBroken.map((broken) => !broken));
    expect(Array.from(readSync(info.acceptanceProbability))).toEqual([1, 0, 1, 0]);
    const alone = kernel.step(
      key(1),
      kernel.init(
        tensor([
          [0, 0],
          [1, 1],
        ]),
        key(0),
      ),
    ).state.position;
    const [all, two] = [Array.from(readSync(state.position)), Array.from(readSync(alone))];
    expect([...all.slice(2, 4), ...all.slice(6)]).toEqual([1e4, 0, 1e6, 0]);
    [...all.slice(0, 2), ...all.slice(4, 6)].forEach((x, i) => {
      expect(x).toBeCloseTo(two[i] as number, 6);
    });
  });

  test('refuses moves to where the energy is not finite', () => {
    const kernel = svgd(doubleWell({ barrierHeight: 1 }), { stepSize: 1e30 });
    const { state, info } = kernel.step(key(1), kernel.init(tensor([[1], [5], [-1]]), key(0)));
    expect(Array.from(readSync(info.diverged))).toContain(1);
    readSync(state.position).forEach((x, i) => {
      expect(readSync(info.diverged)[i] === 1 ? x : 0).toBe(readSync(info.diverged)[i] === 1 ? [1, 5, -1][i] : 0);
    });
  });

  test('leaks no tensor, and goes on bit for bit from plain data', async () => {
    const kernel = svgd(target, { stepSize: 0.3 });
    const before = memory();
    const begin = start();
    let state = kernel.init(begin, key(0));
    const counts = new Set<number>();
    for (let i = 0; i < 200; i++) {
      const next = kernel.step(fold(key(1), i), state);
      retire(state, [next, begin]);
      free(next.info);
      state = next.state;
      counts.add(memory().tensors);
    }
    expect(counts.size).toBeLessThanOrEqual(2);
    const resumed = fromPlain(structuredClone(await toPlain(state))) as typeof state;
    const [a, b] = [state, resumed].map((from) => kernel.step(key(1), from));
    expect(Array.from(readSync((b as NonNullable<typeof b>).state.position))).toEqual(
      Array.from(readSync((a as NonNullable<typeof a>).state.position)),
    );
    free([a, b, state, resumed, begin]);
    expect(memory()).toEqual(before);
  });

  test('on [particles, 2, 3, 1] and on trees equals the flattened problem', () => {
    const mean = Float64Array.from({ length: 6 }, (_, i) => i / 3);
    const flat = svgd(gaussian({ mean }), { stepSize: 0.3 });
    const image = svgd(gaussian({ mean, eventShape: [2, 3, 1] }), { stepSize: 0.3 });
    type Pair = { readonly a: Tensor; readonly b: Tensor };
    const tree = svgd(
      { energy: ({ a, b }: Pair) => mul(add(sumEvent(square(sub(a, 1))), sumEvent(square(sub(b, 1)))), 0.5) },
      { stepSize: 0.3 },
    );
    const joined = svgd(gaussian({ mean: [1, 1, 1] }), { stepSize: 0.3 });
    const x = normal(key(4), [5, 6]);
    const endOf = <X extends Tree>(kernel: Kernel<X, GradientState<X>, unknown>, begin: X): X =>
      kernel.step(key(1), kernel.init(begin, key(0))).state.position;
    expect(Array.from(readSync(endOf(image, reshape(x, [5, 2, 3, 1]))))).toEqual(Array.from(readSync(endOf(flat, x))));
    const [a, b] = [slice(x, [0, 0], [5, 1]), reshape(slice(x, [0, 1], [5, 2]), [5, 1, 2])];
    const pair = endOf(tree, { a, b });
    const whole = readSync(endOf(joined, slice(x, [0, 0], [5, 3])));
    readSync(concat([pair.a, reshape(pair.b, [5, 2])], 1)).forEach((value, i) => {
      expect(value).toBeCloseTo(whole[i] as number, 5);
    });
  });

  test('never moves what is clamped', () => {
    const clamped = clamp(gaussian({ mean: [0, 0, 0] }), tensor([true, false, true]), 7);
    const kernel = svgd(clamped, { stepSize: tensor(0.3), bandwidth: tensor(1) });
    const end = readSync(kernel.step(key(1), kernel.init(full([4, 3], 1), key(0))).state.position);
    expect(Array.from(end).every((v, i) => (i % 3 === 1 ? v !== 1 && v !== 7 : v === 7))).toBe(true);
  });

  test('refuses discrete energies and widths that are not positive', () => {
    const discrete: DiscreteEnergy = { energy: (x: Tensor) => sumEvent(x), support: 'discrete' };
    // @ts-expect-error an energy over discrete states
    expect(() => svgd(discrete, { stepSize: 1 })).toThrow(/over real states, got one over discrete/);
    expect(() => svgd(target, { stepSize: 0 })).toThrow('svgd: stepSize must be a positive number');
    expect(() => svgd(target, { stepSize: 1, bandwidth: 0 })).toThrow('svgd: bandwidth must be a positive number');
  });
});
