import {
  add,
  cast,
  concat,
  eye,
  grad,
  hvp,
  jit,
  key,
  matMul,
  mul,
  neg,
  normal,
  ones,
  readSync,
  reference,
  reshape,
  scoped,
  square,
  sub,
  sum,
  sumEvent,
  type Tensor,
  tensor,
  useBackend,
  where,
  zeros,
} from '@ebmkit/tensor';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from 'vitest';
import {
  type ConditionalEnergy,
  type ContinuousEnergy,
  clamp,
  condition,
  type DiscreteEnergy,
  doubleWell,
  gaussian,
  gaussianMixture,
  givenX,
  givenY,
  type JointState,
  jointEnergy,
  marginal,
  mixture,
  muellerBrown,
  negate,
  penalise,
  product,
  rastrigin,
  rosenbrock,
  shift,
  softBox,
  squaredDistance,
  temper,
  twoMoons,
} from '../index.js';

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
  fc.constantFrom(wavy, rosenbrock({ beta: 0.02 }), rastrigin({ amplitude: 1 }), muellerBrown({ beta: 0.001 })),
  fc.constant(twoMoons({ scale: 1, spread: 1 })),
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

  test('a penalty is added, and penalties add up', () => {
    check((a, b, _c, t, u, x) => {
      expectEqual(penalise(a, b, { weight: t }).energy(x), add(a.energy(x), mul(b.energy(x), t)));
      expectSame(penalise(a, b, { weight: t }), product([a, temper(b, t)]), x);
      expectSame(penalise(penalise(a, b, { weight: t }), b, { weight: u }), penalise(a, b, { weight: t + u }), x);
      expectSame(penalise(penalise(a, b), wavy.energy), penalise(penalise(a, wavy.energy), b), x);
      expectSame(penalise(a, b, { weight: 0 }), a, x);
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

  test('clamping twice alike is clamping once, and clamping commutes with tempering and negation', () => {
    check((a, b, _c, t, u, x) => {
      const once = clamp(a, mask(), t);
      expectSame(clamp(once, mask(), t), once, x);
      expectSame(clamp(temper(a, u), mask(), t), temper(once, u), x);
      expectSame(clamp(negate(a), mask(), t), negate(once), x);
      expectSame(clamp(mixture([a, b]), mask(), t), mixture([once, clamp(b, mask(), t)]), x);
      expectEqual(once.constrain(once.constrain(x)), once.constrain(x));
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

/** Each energy moved to where it is told, with a gradient of its own when the energy has one. */
function movable(e: ContinuousEnergy): ConditionalEnergy<Tensor> {
  const { energy, gradient } = e;
  return {
    energy: (x, offset) => energy(sub(x, offset)),
    ...(gradient && { gradient: (x: Tensor, offset: Tensor) => gradient(sub(x, offset)) }),
  };
}

describe('condition', () => {
  test('fills in what is given, and passes through the algebra', () => {
    check((a, b, _c, t, u, x) => {
      const given = tensor([t, -u]);
      const [p, q] = [movable(a), movable(b)];
      expectSame(condition(p, given), shift(a, given), x);
      const both: ConditionalEnergy<Tensor> = { energy: (y, c) => add(p.energy(y, c), q.energy(y, c)) };
      expectSame(condition(both, given), product([condition(p, given), condition(q, given)]), x);
      expectSame(temper(condition(p, given), t), temper(shift(a, given), t), x);
      expectSame(
        clamp(condition(p, given), tensor([true, false]), u),
        clamp(shift(a, given), tensor([true, false]), u),
        x,
      );
    });
  });

  test('keeps support, gradient and constraint, in the type too', () => {
    const bits: ConditionalEnergy<number, Tensor, 'discrete'> = {
      energy: (x, c) => mul(sumEvent(x), c),
      constrain: (x, c) => add(x, c),
      relaxed: (x, c) => mul(sumEvent(x), -c),
      support: 'discrete',
    };
    const given = condition(bits, 2);
    expectTypeOf(given).toEqualTypeOf<DiscreteEnergy>();
    expectTypeOf(
      condition({ energy: (x: Tensor, c: Tensor) => mul(x, c) }, ones([1])),
    ).toEqualTypeOf<ContinuousEnergy>();
    expect(given.support).toBe('discrete');
    expect(given).not.toHaveProperty('gradient');
    expect(numbers((given.relaxed as (x: Tensor) => Tensor)(tensor([[1, 2]])))).toEqual([-6]);
    expect(numbers((given.constrain as (x: Tensor) => Tensor)(tensor([[1]])))).toEqual([3]);
  });
});

describe('joint energies', () => {
  /** The joint normal distribution of two coordinates, split into its sides. */
  const covariance = [
    [1.5, 0.8],
    [0.8, 0.6],
  ];
  const whole = gaussian({ mean: [2, -1], covariance });
  const side = (g: Tensor, i: number): Tensor => matMul(g, i === 0 ? tensor([[1], [0]]) : tensor([[0], [1]]));
  const pair = jointEnergy({
    energy: (x: Tensor, y: Tensor) => whole.energy(concat([x, y], 1)),
    gradient: (x: Tensor, y: Tensor) => {
      const g = whole.gradient(concat([x, y], 1));
      return { x: side(g, 0), y: side(g, 1) };
    },
  });
  const column = (...values: number[]): Tensor => tensor(values, [values.length, 1]);
  const differences = (values: readonly number[]): number[] => values.map((v) => v - (values[0] as number));

  test('a conditional of a joint Gaussian is the Gaussian of the textbook, on either side', () => {
    const y = condition(givenX(pair), column(3));
    const x = condition(givenY(pair), column(0.5));
    const wantedY = gaussian({ mean: [-1 + (0.8 / 1.5) * (3 - 2)], diagonal: [0.6 - 0.8 ** 2 / 1.5] });
    const wantedX = gaussian({ mean: [2 + (0.8 / 0.6) * (0.5 + 1)], diagonal: [1.5 - 0.8 ** 2 / 0.6] });
    const at = column(0, 1, -4);
    for (const [found, wanted] of [
      [y, wantedY],
      [x, wantedX],
    ] as const) {
      expectEqual(tensor(differences(numbers(found.energy(at)))), tensor(differences(numbers(wanted.energy(at)))));
      expectEqual((found.gradient as (x: Tensor) => Tensor)(at), wanted.gradient(at));
    }
    expectTypeOf(y).toEqualTypeOf<ContinuousEnergy>();
  });

  test('takes one row of what is given for each row, and views agree with the whole', () => {
    const [x, y] = [column(1, 2, 3), column(-1, 0, 4)];
    expectEqual(condition(givenX(pair), x).energy(y), pair.energy({ x, y }));
    expectEqual(condition(givenY(pair), y).energy(x), pair.energy({ x, y }));
    const doubled = product([pair, temper(pair, 2)]);
    expectSame(condition(givenX(doubled), x), temper(condition(givenX(pair), x), 3), y);
  });

  test('sides have supports of their own', () => {
    const labelled = jointEnergy({
      energy: (x: Tensor, y: Tensor) => sumEvent(mul(x, y)),
      sides: { x: 'continuous', y: 'discrete' },
    });
    expect(labelled.support).toBe('discrete');
    const [x, y] = [condition(givenY(labelled), eye(2)), condition(givenX(labelled), eye(2))];
    expectTypeOf(x).toEqualTypeOf<ContinuousEnergy>();
    expectTypeOf(y).toEqualTypeOf<DiscreteEnergy>();
    expect([x.support, y.support]).toEqual(['continuous', 'discrete']);
    expectTypeOf(marginal(labelled, eye(2))).toEqualTypeOf<ContinuousEnergy>();
    const trees = jointEnergy({ energy: (x: { a: Tensor }, y: Tensor) => add(x.a, sumEvent(y)) });
    expectTypeOf(trees.energy).parameter(0).toExtend<JointState<{ a: Tensor }>>();
    expectEqual(condition(givenX(trees), { a: tensor([1]) }).energy(ones([3, 2])), tensor([3, 3, 3]));
  });

  test('the marginal over finitely many y is the mixture of the conditionals, without overflow', () => {
    check((a, b, c, t, u, x) => {
      const energies = [a, temper(b, t), shift(c, u)];
      const choice = jointEnergy({
        energy: (s: Tensor, y: Tensor) =>
          energies
            .map((e, k) => mul(e.energy(s), reshape(matMul(y, eyeColumn(k)), [s.shape[0] as number])))
            .reduce(add2),
      });
      expectSame(marginal(choice, eye(3)), mixture(energies), x);
    });
    const steep = jointEnergy({ energy: (x: Tensor, y: Tensor) => mul(sumEvent(mul(x, y)), 1e4) });
    expect(numbers(marginal(steep, eye(2)).energy(tensor([[1, 2]])))).toEqual([1e4]);
  });

  test('the marginal of an energy with a gradient has one, on trees as well', () => {
    const joint = jointEnergy({
      energy: ({ a, b }: { a: Tensor; b: Tensor }, y: Tensor) => add(sumEvent(square(sub(a, y))), sumEvent(mul(b, y))),
      gradient: ({ a, b }, y) => ({ x: { a: mul(sub(a, y), 2), b: y }, y: sub(add(mul(sub(y, a), 2), b), 0) }),
    });
    const free = marginal(joint, tensor([[-1], [0.5], [2]]));
    const x = { a: column(0.3, 1.2), b: column(-0.4, 0.9) };
    const automatic = grad((s: typeof x) => sum(free.energy(s)))(x);
    const own = (free.gradient as (s: typeof x) => typeof x)(x);
    expectEqual(own.a, automatic.a);
    expectEqual(own.b, automatic.b);
  });

  test('clamping part of a pair fixes that part, and clamping a side is conditioning on it', () => {
    const fixed = tensor([true]);
    const held = clamp(pair, { x: fixed }, { x: 7 });
    const state = { x: column(1, 2), y: column(0.3, -4) };
    expectTypeOf(held.constrain).parameter(0).toEqualTypeOf<JointState>();
    expect(numbers(held.constrain(state).x)).toEqual([7, 7]);
    expectEqual(held.constrain(state).y, state.y);
    expectEqual(held.energy(state), condition(givenX(pair), column(7)).energy(state.y));
    const own = (held.gradient as (s: JointState) => JointState)(state);
    const automatic = grad((s: JointState) => sum(held.energy(s)))(state);
    expectEqual(own.x, mul(state.x, 0));
    expectEqual(own.y, automatic.y);
    expectEqual(automatic.x, own.x);
    expectEqual(
      clamp(pair, { x: fixed, y: fixed }, 2).energy(state),
      pair.energy({ x: column(2, 2), y: column(2, 2) }),
    );
    const list: ContinuousEnergy<readonly [Tensor, Tensor]> = { energy: ([p, q]) => sumEvent(mul(p, q)) };
    const [p, q] = clamp(list, [undefined, fixed], [undefined, 3]).constrain([column(1), column(1)]);
    expect([...numbers(p), ...numbers(q)]).toEqual([1, 3]);
    // @ts-expect-error there is no such side
    clamp(pair, { z: fixed }, { z: 7 });
    expect(() => clamp(pair, { x: fixed }, {})).toThrow(/clamp: every mask needs values/);
    expect(() => clamp(pair, { x: tensor([1]) }, 2)).toThrow(/the mask must be a bool tensor, got float32/);
  });

  test('a constraint on pairs holds on each side', () => {
    const held = clamp(pair, { x: tensor([true]) }, 7);
    const x = column(1, 2);
    expect(numbers((condition(givenY(held), column(0)).constrain as (x: Tensor) => Tensor)(x))).toEqual([7, 7]);
    expect(numbers((condition(givenX(held), column(0)).constrain as (x: Tensor) => Tensor)(x))).toEqual([1, 2]);
    expect(numbers((marginal(held, column(0, 1)).constrain as (x: Tensor) => Tensor)(x))).toEqual([7, 7]);
  });
});

const add2 = (a: Tensor, b: Tensor): Tensor => add(a, b);
const eyeColumn = (k: number): Tensor =>
  tensor(
    [0, 1, 2].map((i) => (i === k ? 1 : 0)),
    [3, 1],
  );

describe('penalties', () => {
  test('a soft box is half the squared distance to the box', () => {
    const x = tensor([
      [0.5, 0.5],
      [-2, 3],
      [4, 0],
    ]);
    const box = softBox({ low: 0, high: tensor([1, 2]) });
    expectEqual(box.energy(x), tensor([0, (4 + 1) / 2, 9 / 2]));
    expectSame(box, softBox({ low: tensor([0, 0]), high: tensor([1, 2]) }), x);
    expectEqual(softBox({ high: 1 }).energy(x), tensor([0, 2, 4.5]));
    expectEqual(softBox({ low: 0 }).gradient(x), tensor([0, 0, -2, 0, 0, 0], [3, 2]));
  });

  test('a tether makes a flat energy normal', () => {
    const flat: ContinuousEnergy = { energy: (x) => mul(sumEvent(x), 0), gradient: (x) => mul(x, 0) };
    const x = normal(key(3), [4, 2]);
    expectSame(
      penalise(flat, squaredDistance(tensor([1, -1])), { weight: 4 }),
      gaussian({ mean: [1, -1], scale: 0.5 }),
      x,
    );
    expectEqual(squaredDistance().energy(x), mul(sumEvent(square(x)), 0.5));
  });
});

describe('derivatives flow through everything', () => {
  const mask = () => tensor([false, true]);
  const slopeOf = (e: ContinuousEnergy) => (x: Tensor) => e.gradient?.(x) ?? grad((y: Tensor) => sum(e.energy(y)))(x);

  test('with respect to states: the gradient and the Hessian of composed energies are those of autodiff', () => {
    check((a, b, c, t, u, x) => {
      const direction = normal(key(7), x.shape);
      const composed = [
        product([a, shift(b, t)]),
        mixture([a, temper(b, t)], { logWeights: [u, 0] }),
        clamp(penalise(a, c, { weight: u }), mask(), t),
        negate(condition(movable(b), tensor([t, u]))),
      ];
      for (const e of composed) {
        const twice = hvp((y: Tensor) => sum(e.energy(y)), x, direction);
        expectEqual(grad((y: Tensor) => sum(mul(slopeOf(e)(y), direction)))(x), twice);
      }
    });
  });

  test('with respect to offset, beta, weight, values and what is given', () => {
    check((a, b, _c, t, u, x) => {
      const slope = slopeOf(a);
      const offset = tensor([t, -u]);
      const moved = slope(sub(x, offset));
      const shifted = grad((o: Tensor) => sum(shift(a, o).energy(x)))(offset);
      expectEqual(shifted, neg(sum(moved, 0)));
      expectEqual(grad((o: Tensor) => sum(condition(movable(a), o).energy(x)))(offset), shifted);
      expectEqual(grad((beta: Tensor) => sum(temper(a, beta).energy(x)))(tensor(t)), sum(a.energy(x)));
      expectEqual(grad((w: Tensor) => sum(penalise(a, b, { weight: w }).energy(x)))(tensor(t)), sum(b.energy(x)));
      const held = slope(where(mask(), offset, x));
      const wanted = where(mask(), sum(held, 0), 0);
      expectEqual(grad((v: Tensor) => sum(clamp(a, mask(), v).energy(x)))(offset), wanted);
    });
  });

  test('mixed: the gradient with respect to states, differentiated with respect to a parameter', () => {
    check((a, _b, _c, t, u, x) => {
      const direction = normal(key(8), x.shape);
      const along = (e: ContinuousEnergy): Tensor => sum(mul(slopeOf(e)(x), direction));
      expectEqual(grad((beta: Tensor) => along(temper(a, beta)))(tensor(t)), along(a));
      const offset = tensor([t, u]);
      const curved = hvp((y: Tensor) => sum(a.energy(y)), sub(x, offset), direction);
      expectEqual(grad((o: Tensor) => along(shift(a, o)))(offset), neg(sum(curved, 0)));
    });
  });

  test('traced, with parameters as arguments', () => {
    const e = (beta: Tensor, offset: Tensor): ContinuousEnergy =>
      penalise(temper(shift(doubleWell({ eventShape: [2] }), offset), beta), softBox({ high: 1 }), { weight: beta });
    const f = (x: Tensor, beta: Tensor, offset: Tensor): Tensor => sum((e(beta, offset).gradient as typeof neg)(x), 0);
    const [x, beta, offset] = [normal(key(1), [5, 2]), tensor(0.7), tensor([0.1, -0.2])];
    expectEqual(jit(f)(x, beta, offset), f(x, beta, offset));
    const free = (s: Tensor): Tensor =>
      marginal(jointEnergy({ energy: (p: Tensor, y: Tensor) => sumEvent(square(sub(p, y))) }), eye(2)).energy(s);
    expectEqual(jit(free)(x), free(x));
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
    [() => penalise(e, e, { weight: -1 }), /penalise: weight must be a finite number of at least 0/],
    [() => penalise(e, e, { weight: tensor([1]) }), /penalise: weight must be .* got \[1\]/],
    [() => softBox({}), /softBox: expected a low, a high, or low <= high, got low undefined and high undefined/],
    [() => softBox({ low: 2, high: 1 }), /softBox: .* got low 2 and high 1/],
    [() => softBox({ low: Number.NaN }), /softBox/],
    [
      () => marginal(jointEnergy({ energy: (x: Tensor) => x }), zeros([0, 1])),
      /marginal: expected at least one candidate/,
    ],
    [() => clamp(e, tensor([1]), 0), /clamp: the mask must be a bool tensor, got float32/],
    [() => e.energy(zeros([2, 3])), /gaussian.energy: expected \[n, 1\], got \[2, 3\]/],
  ])('%#', (make, message) => {
    expect(make).toThrow(message);
  });
});
