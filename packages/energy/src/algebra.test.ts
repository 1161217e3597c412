import {
  add,
  cast,
  grad,
  key,
  matMul,
  mul,
  neg,
  normal,
  readSync,
  reference,
  reshape,
  scoped,
  sum,
  sumEvent,
  type Tensor,
  tensor,
  useBackend,
  zeros,
} from '@ebmkit/tensor';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type ContinuousEnergy,
  clamp,
  doubleWell,
  gaussian,
  gaussianMixture,
  mixture,
  negate,
  product,
  shift,
  temper,
} from './index.js';

beforeAll(() => useBackend(reference({ precision: 'float64' })));
afterAll(() => useBackend(reference()));

/** An energy without a gradient of its own. */
const wavy: ContinuousEnergy = { energy: (x) => scoped(() => sumEvent(mul(x, mul(x, 0.3)))) };
const numbers = (x: Tensor): number[] => Array.from(readSync(x));
const center = fc.double({ min: -3, max: 3, noNaN: true });
const anyEnergy: fc.Arbitrary<ContinuousEnergy> = fc.oneof(
  fc.tuple(center, center).map((mean) => gaussian({ mean })),
  fc.tuple(center, center).map((mean) => gaussianMixture({ components: [{ mean }, { mean: [0, 1], scale: 0.5 }] })),
  fc.double({ min: 0.2, max: 5, noNaN: true }).map((barrierHeight) => doubleWell({ barrierHeight, eventShape: [2] })),
  fc.constant(wavy),
);
const anyStates = fc
  .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 1000 }))
  .map(([n, seed]) => mul(normal(key(seed), [n, 2]), 2));
const beta = fc.double({ min: 0, max: 3, noNaN: true });

function expectEqual(a: Tensor, b: Tensor): void {
  expect(a.shape).toEqual(b.shape);
  const wanted = numbers(b);
  numbers(a).forEach((v, i) => {
    expect(Math.abs(v - (wanted[i] as number))).toBeLessThan(1e-9 * Math.max(1, Math.abs(wanted[i] as number)));
  });
}

/** Two energies are one function, with one gradient, own or automatic. */
function expectSame(a: ContinuousEnergy, b: ContinuousEnergy, x: Tensor): void {
  expectEqual(a.energy(x), b.energy(x));
  const slope = (e: ContinuousEnergy): Tensor => e.gradient?.(x) ?? grad((y: Tensor) => sum(e.energy(y)))(x);
  expectEqual(slope(a), slope(b));
  expectEqual(slope(a), grad((y: Tensor) => sum(a.energy(y)))(x));
}

const check = (
  law: (a: ContinuousEnergy, b: ContinuousEnergy, c: ContinuousEnergy, t: number, u: number, x: Tensor) => void,
) => fc.assert(fc.property(anyEnergy, anyEnergy, anyEnergy, beta, beta, anyStates, law), { numRuns: 25, seed: 11 });

describe('the laws of the algebra', () => {
  test('a product is the sum of energies: commutative and associative', () => {
    check((a, b, c, _t, _u, x) => {
      expectEqual(product([a, b]).energy(x), add(a.energy(x), b.energy(x)));
      expectSame(product([a, b]), product([b, a]), x);
      expectSame(product([product([a, b]), c]), product([a, b, c]), x);
      expectSame(product([a]), a, x);
    });
  });

  test('tempering multiplies, distributes over products, and is undone', () => {
    check((a, b, _c, t, u, x) => {
      expectEqual(temper(a, t).energy(x), mul(a.energy(x), t));
      expectSame(temper(temper(a, t), u), temper(a, t * u), x);
      expectSame(temper(product([a, b]), t), product([temper(a, t), temper(b, t)]), x);
      expectSame(product([temper(a, t), temper(a, u)]), temper(a, t + u), x);
      expectSame(temper(a, 1), a, x);
      expectSame(temper(a, tensor(t)), temper(a, t), x);
    });
  });

  test('negation is its own inverse', () => {
    check((a, b, _c, _t, _u, x) => {
      expectEqual(negate(a).energy(x), neg(a.energy(x)));
      expectSame(negate(negate(a)), a, x);
      expectSame(product([a, b, negate(b)]), a, x);
    });
  });

  test('a mixture adds densities: commutative, associative with its weights', () => {
    check((a, b, c, t, u, x) => {
      const density = (e: ContinuousEnergy): number[] => numbers(e.energy(x)).map((v) => Math.exp(-v));
      const [p, q, both] = [a, b, mixture([a, b], { logWeights: [t, u] })].map(density) as [
        number[],
        number[],
        number[],
      ];
      both.forEach((d, i) => {
        const wanted = Math.exp(t) * (p[i] as number) + Math.exp(u) * (q[i] as number);
        expect(Math.abs(d - wanted)).toBeLessThanOrEqual(1e-9 * wanted);
      });
      expectSame(mixture([a, b]), mixture([b, a]), x);
      expectSame(mixture([mixture([a, b]), c]), mixture([a, b, c]), x);
      expectSame(mixture([a, b], { logWeights: [0, Number.NEGATIVE_INFINITY] }), a, x);
    });
  });

  test('shifting moves: shifts add up, and a Gaussian goes where its mean goes', () => {
    check((a, b, _c, t, u, x) => {
      expectSame(shift(shift(a, t), u), shift(a, t + u), x);
      expectSame(shift(product([a, b]), t), product([shift(a, t), shift(b, t)]), x);
      expectSame(shift(gaussian({ mean: [0, 0] }), tensor([t, -u])), gaussian({ mean: [t, -u] }), x);
    });
  });

  test('far from every mode a mixture stays finite', () => {
    const far = tensor([[1e3, -1e3]]);
    const e = mixture([gaussian({ mean: [0, 0] }), gaussian({ mean: [5, 5] })]);
    expect(numbers(e.energy(far)).every(Number.isFinite)).toBe(true);
    expect(numbers((e.gradient as (x: Tensor) => Tensor)(far)).every(Number.isFinite)).toBe(true);
  });
});

describe('clamp', () => {
  const covariance = [
    [1.5, 0.8],
    [0.8, 0.6],
  ];
  const mask = () => tensor([false, true]);

  test('the energy, its gradient and autodiff ignore what is fixed', () => {
    check((a, b, _c, t, _u, x) => {
      const clamped = clamp(a, mask(), t);
      const other = add(x, tensor([0, 5]));
      expectEqual(clamped.energy(other), clamped.energy(x));
      expectEqual(clamped.constrain(other), clamped.constrain(x));
      expectEqual(clamped.energy(x), a.energy(clamped.constrain(x)));
      expectSame(clamped, clamp(a, mask(), t), x);
      expectSame(clamp(product([a, b]), mask(), t), product([clamp(a, mask(), t), clamp(b, mask(), t)]), x);
      const slope = grad((y: Tensor) => sum(clamped.energy(y)))(x);
      expect(
        numbers(slope)
          .filter((_, i) => i % 2 === 1)
          .every((v) => v === 0),
      ).toBe(true);
    });
  });

  test('what is left of a Gaussian is its conditional', () => {
    const clamped = clamp(gaussian({ mean: [2, -1], covariance }), mask(), 1);
    const conditional = gaussian({ mean: [2 + (0.8 / 0.6) * 2], diagonal: [1.5 - 0.8 ** 2 / 0.6] });
    const x = tensor([
      [0, 9],
      [1, 9],
      [-4, 9],
    ]);
    const [full, free] = [numbers(clamped.energy(x)), numbers(conditional.energy(reshape(tensor([0, 1, -4]), [3, 1])))];
    const offset = (full[0] as number) - (free[0] as number);
    full.forEach((v, i) => {
      expect(v - offset).toBeCloseTo(free[i] as number, 10);
    });
  });

  test('puts values in by row, keeps earlier clamps, and passes through the algebra', () => {
    const values = tensor([
      [10, 20],
      [30, 40],
    ]);
    const once = clamp(gaussian({ mean: [0, 0] }), mask(), values);
    expect(numbers(once.constrain(zeros([2, 2])))).toEqual([0, 20, 0, 40]);
    const twice = clamp(once, tensor([true, false]), 7);
    expect(numbers(twice.constrain(zeros([2, 2])))).toEqual([7, 20, 7, 40]);
    for (const e of [temper(once, 2), negate(once), product([wavy, once]), mixture([once, wavy])])
      expect(numbers((e.constrain as typeof once.constrain)(zeros([2, 2])))).toEqual([0, 20, 0, 40]);
    expect(numbers((shift(once, 1).constrain as typeof once.constrain)(zeros([2, 2])))).toEqual([0, 21, 0, 41]);
    expect(temper(wavy, 2)).not.toHaveProperty('constrain');
  });

  test('works on bool states', () => {
    const field = tensor([[1], [2]]);
    const discrete = {
      energy: (x: Tensor) => reshape(matMul(cast(x, 'float32'), field), [x.shape[0] as number]),
      support: 'discrete' as const,
    };
    const clamped = clamp(discrete, mask(), tensor([true, true]));
    expect(
      numbers(
        clamped.energy(
          tensor([
            [false, false],
            [true, false],
          ]),
        ),
      ),
    ).toEqual([2, 3]);
    expect(clamped.constrain(zeros([1, 2], 'bool')).dtype).toBe('bool');
  });
});

describe('wrong arguments say what is right', () => {
  const e = gaussian({ mean: [0] });
  test.each([
    [() => product([]), /product: expected at least one energy, got none/],
    [() => mixture([]), /mixture: expected at least one energy, got none/],
    [() => mixture([e], { logWeights: [1, 2] }), /mixture: expected 1 logWeights below Infinity, got \[1, 2\]/],
    [() => mixture([e], { logWeights: [Number.NaN] }), /mixture: expected 1 logWeights/],
    [() => temper(e, -1), /temper: beta must be a finite number of at least 0 or a scalar tensor, got -1/],
    [() => temper(e, Number.NaN), /temper: beta must be/],
    [() => temper(e, tensor([1, 2])), /got \[2\]/],
    [() => clamp(e, tensor([1]), 0), /clamp: the mask must be a bool tensor, got float32/],
    [() => e.energy(zeros([2, 3])), /gaussian.energy: expected \[n, 1\], got \[2, 3\]/],
  ])('%#', (make, message) => {
    expect(make).toThrow(message);
  });
});
