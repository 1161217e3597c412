import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { withBackend } from './active-backend.js';
import { EbmError, ShapeError } from './errors.js';
import { grad, hvp, jvp, valueAndGrad, valueGradAux, vjp } from './grad.js';
import * as ops from './index.js';
import { key } from './key.js';
import { reference } from './reference/reference.js';
import { free, memory, scoped } from './scope.js';
import type { Tensor } from './tensor.js';

const { add, mul, sum, square, tensor, readSync } = ops;
const numbers = (x: Tensor): number[] => Array.from(readSync(x));
const cube = (x: Tensor): Tensor => sum(mul(x, mul(x, x)));

describe('values', () => {
  test('derivatives of x³ to the fourth order', () => {
    const orders = [cube];
    for (let order = 1; order <= 4; order++) {
      const previous = orders[order - 1] as (x: Tensor) => Tensor;
      orders.push((x) => sum(grad(previous)(x)));
    }
    const at = tensor([2]);
    expect(orders.map((f) => numbers(f(at))[0])).toEqual([8, 12, 12, 6, 0]);
  });

  test('valueAndGrad, over trees with keys and constants, of the first argument only', () => {
    const params = { w: tensor([1, 2]), layers: [tensor(3)], seed: key(1), name: 'a', none: null };
    const loss = (p: typeof params, scale: number) => mul(sum(mul(p.w, p.layers[0] as Tensor)), scale);
    const { value, grad: slope } = valueAndGrad(loss)(params, 2);
    expect(numbers(value)).toEqual([18]);
    expect([numbers(slope.w), numbers(slope.layers[0] as Tensor)]).toEqual([[6, 6], [6]]);
    expect([slope.seed, slope.name, slope.none]).toEqual([params.seed, 'a', null]);
  });

  test('valueGradAux hands the rest over, and a bad derivative there does not reach the gradient', () => {
    const {
      value,
      aux,
      grad: slope,
    } = valueGradAux((x: Tensor) => [sum(square(x)), { roots: ops.sqrt(x), n: 2 }])(tensor([0, 4]));
    expect([numbers(value), numbers(aux.roots), aux.n, numbers(slope)]).toEqual([[16], [0, 2], 2, [0, 8]]);
  });

  test('vjp and jvp are the two products with the Jacobian', () => {
    const f = (x: Tensor) => ({ b: mul(x, 2), a: sum(square(x)) });
    const x = tensor([1, 2, 3]);
    const pulled = vjp(f, x, { a: tensor(10), b: tensor([1, 0, 0]) });
    expect(numbers(pulled.grad)).toEqual([22, 40, 60]);
    const { value, tangent } = jvp(f, x, tensor([1, 1, 0]));
    expect([numbers(value.a), numbers(tangent.a), numbers(tangent.b)]).toEqual([[14], [6], [2, 2, 0]]);
  });

  test('jvp of constants, integers and outputs that do not depend on the input is zero', () => {
    const { tangent } = jvp(
      (x: Tensor) => [ops.argMax(x), tensor([5]), ops.floor(x)],
      tensor([1.5, 0]),
      tensor([1, 1]),
    );
    expect(tangent.map(numbers)).toEqual([[0], [0], [0, 0]]);
  });

  test('hvp is the Hessian times a vector', () => {
    const f = (x: Tensor) => sum(mul(square(x), ops.tensor([1, 2])));
    expect(numbers(hvp(f, tensor([5, 7]), tensor([1, 10])))).toEqual([2, 40]);
  });

  test('inputs that are not used have gradient zero; inputs used twice add up', () => {
    const slope = grad(([a]: readonly [Tensor, Tensor]) => sum(add(a, mul(a, 3))))([tensor([1, 2]), tensor([[5]])]);
    expect(slope.map((g) => [g.shape, numbers(g)])).toEqual([
      [[2], [4, 4]],
      [[1, 1], [0]],
    ]);
    expect(numbers(grad((x: Tensor) => x)(tensor(3)))).toEqual([1]);
  });

  test('inner derivatives do not see outer variables as their own', () => {
    const f = (x: Tensor) => mul(x, grad((y: Tensor) => mul(add(x, y), y))(ops.stopGradient(x)));
    expect(numbers(grad(f)(tensor(2)))).toEqual([8]);
  });

  test('stopGradient, comparisons, rounding and casts to integers pass nothing on', () => {
    const flatOps = [
      ops.stopGradient,
      ops.floor,
      ops.ceil,
      ops.round,
      ops.sign,
      (x: Tensor) => ops.cast(ops.cast(x, 'int32'), 'float32'),
    ];
    for (const f of flatOps)
      expect(numbers(grad((x: Tensor) => sum(mul(f(x), x)))(tensor([2.25])))).toEqual(numbers(f(tensor([2.25]))));
    expect(numbers(grad((x: Tensor) => sum(ops.where(ops.greater(x, 1), square(x), 0)))(tensor([2, 0])))).toEqual([
      4, 0,
    ]);
  });

  test('stopGradient stops at every tensor of a tree and leaves the rest of it', () => {
    const f = (x: Tensor) => {
      const { a, more } = ops.stopGradient({ a: x, more: [mul(x, 3), 5] as const });
      return sum(mul(x, add(a, mul(more[0], more[1]))));
    };
    expect(numbers(grad(f)(tensor([2])))).toEqual([32]);
  });

  test('at kinks: relu takes 0, abs 0, ties of extrema share', () => {
    expect(numbers(grad((x: Tensor) => sum(ops.relu(x)))(tensor([0, -0, 1])))).toEqual([0, 0, 1]);
    expect(numbers(grad((x: Tensor) => sum(ops.abs(x)))(tensor([0])))).toEqual([0]);
    expect(numbers(grad((x: Tensor) => ops.max(x))(tensor([1, 3, 3])))).toEqual([0, 0.5, 0.5]);
    expect(numbers(grad((x: Tensor) => sum(ops.maximum(x, 2)))(tensor([1, 2, 3])))).toEqual([0, 0.5, 1]);
  });

  test('powers have the right derivative at a base of 0 and an exponent of 0', () => {
    const slopes = [0, 1, 2, 3].map((n) => numbers(grad((x: Tensor) => sum(ops.pow(x, n)))(tensor([0, 2]))));
    expect(slopes).toEqual([
      [0, 0],
      [1, 1],
      [0, 4],
      [0, 12],
    ]);
    const exponents = numbers(grad((y: Tensor) => sum(ops.pow(tensor([0, 1, 2]), y)))(tensor([2, 2, 2])));
    expect(exponents[0]).toBe(0);
    expect(exponents[2]).toBeCloseTo(4 * Math.LN2, 5);
    expect(numbers(grad((y: Tensor) => sum(ops.pow(0, y)))(tensor([2])))).toEqual([0]);
    expect(numbers(grad((x: Tensor) => sum(ops.pow(x, tensor([0]))))(tensor([0])))).toEqual([0]);
  });

  test('jvp and vjp agree on random functions', () => {
    const vector = fc.array(
      fc.integer({ min: -8, max: 8 }).map((n) => n / 4),
      { minLength: 3, maxLength: 3 },
    );
    const f = (x: Tensor) => ops.tanh(ops.matMul(ops.reshape(x, [3, 1]), ops.reshape(ops.sin(x), [1, 3])));
    fc.assert(
      fc.property(vector, vector, (at, direction) => {
        withBackend(reference({ precision: 'float64' }), () => {
          const [x, v] = [tensor(at), tensor(direction)];
          const { value, tangent } = jvp(f, x, v);
          const weights = ops.cos(value);
          const back = sum(mul(vjp(f, x, weights).grad, v));
          expect(
            Math.abs((numbers(sum(mul(tangent, weights)))[0] as number) - (numbers(back)[0] as number)),
          ).toBeLessThan(1e-12);
        });
      }),
      { seed: 1, numRuns: 50 },
    );
  });
});

describe('memory and backends', () => {
  test('only the results stay alive', () => {
    const before = memory();
    const x = tensor([1, 2, 3]);
    const first = grad(cube)(x);
    const both = valueAndGrad(cube)(x);
    const aux = valueGradAux((t: Tensor) => [cube(t), square(t)])(x);
    const products = [vjp(square, x, x), jvp(square, x, x), hvp(cube, x, x)];
    expect(memory().tensors - before.tensors).toBe(1 + 1 + 2 + 3 + 5);
    free([x, first, both, aux, products]);
    expect(memory()).toEqual(before);
  });

  test('scopes inside a differentiated function do not free what the derivative needs', () => {
    const f = (x: Tensor) => scoped(() => sum(ops.exp(scoped(() => square(x)))));
    expect(numbers(grad(f)(tensor([1])))[0]).toBeCloseTo(2 * Math.E, 5);
    expect(numbers(grad((x: Tensor) => grad(f)(ops.reshape(x, [1])) && sum(grad(f)(x)))(tensor([1])))[0]).toBeCloseTo(
      6 * Math.E,
      4,
    );
  });

  test('an error inside leaves nothing behind', () => {
    const x = tensor([1]);
    const before = memory();
    expect(() =>
      grad((t: Tensor): Tensor => {
        square(t);
        throw new Error('stop');
      })(x),
    ).toThrow('stop');
    expect(memory()).toEqual(before);
    expect(numbers(grad(cube)(x))).toEqual([3]);
  });

  test('derivatives are computed where the operands live', () => {
    const other = reference({ precision: 'float64' });
    const x = withBackend(other, () => tensor([0.1, 0.2]));
    const f = (t: Tensor) => sum(ops.mul(ops.prod(ops.reshape(t, [2, 1]), 0), ops.onesLike(t)));
    for (const result of [grad(f)(x), hvp(f, x, x), jvp(f, x, x).tangent, grad((_: Tensor) => sum(tensor(1)))(x)])
      expect(readSync(result)).toBeInstanceOf(Float64Array);
    expect(numbers(grad(f)(x))).toEqual([0.4, 0.2]);
  });
});

describe('errors', () => {
  const x = tensor([1, 2]);
  test.each<[string, () => unknown, string]>([
    [
      'a vector',
      () => grad((t: Tensor) => t)(x),
      'grad: the function must return one float32 scalar, got float32[2]. Reduce it',
    ],
    [
      'an integer',
      () => valueAndGrad((t: Tensor) => ops.argMax(t))(x),
      'valueAndGrad: the function must return one float32 scalar, got int32[].',
    ],
    [
      'nothing',
      () => grad(() => undefined as unknown as Tensor)(x),
      'grad: the function must return one float32 scalar, got undefined.',
    ],
    [
      'no scalar first',
      () => valueGradAux((t: Tensor) => [t, 1])(x),
      'valueGradAux: the function must return one float32 scalar',
    ],
    [
      'integers',
      () => grad((t: Tensor) => sum(ops.cast(t, 'float32')))(tensor([1], [1], 'int32')),
      'grad: only float32 tensors can be differentiated, got int32. Pass it as a later argument or cast it.',
    ],
    [
      'a wrong cotangent',
      () => vjp(square, x, tensor([1])),
      "vjp: the cotangent must have the shapes of the function's result, [2], got [1].",
    ],
    [
      'a cotangent of another structure',
      () => vjp((t: Tensor): readonly Tensor[] => [t], x, [x, x]),
      'mapTree: trees must have one structure, got [*] and [*,*] at "".',
    ],
    [
      'a wrong tangent',
      () => jvp(square, x, tensor([1])),
      'jvp: the tangent must have the shapes of the primal, got [1] for [2].',
    ],
    [
      'draws with a differentiated shape',
      () => grad((t: Tensor) => sum(ops.gamma(key(1), t)))(x),
      'grad: the primitive randomGamma has no derivative.',
    ],
  ])('%s', (_, run, message) => {
    expect(run).toThrow(message);
    expect(run).toThrow(EbmError);
  });

  test('a tensor that escapes says so', () => {
    let escaped: Tensor | undefined;
    grad((t: Tensor) => {
      escaped = square(t);
      return sum(escaped);
    })(x);
    expect(() => add(escaped as Tensor, 1)).toThrow(
      'add: a tensor or key from inside a finished grad() or jit() was used outside it.',
    );
    expect(() => readSync(escaped as Tensor)).toThrow(
      'readSync: this tensor has no numbers yet, because it is inside jit() or grad().',
    );
  });

  test('shape faults have the class of shape faults', () => {
    expect(() => vjp(square, x, tensor([1]))).toThrow(ShapeError);
    expect(() => jvp(square, x, tensor([1]))).toThrow(ShapeError);
  });
});
