import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { withBackend } from '../active-backend.js';
import { grad, hvp } from '../grad.js';
import * as ops from '../index.js';
import { jit } from '../jit.js';
import { reference } from '../reference/reference.js';
import type { Tensor } from '../tensor.js';

interface Listed {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

interface Fixture {
  readonly inputs: readonly Listed[];
  readonly directions: readonly Listed[];
  readonly value: number;
  readonly gradient: readonly Listed[];
  readonly curvature: readonly Listed[];
}

const { cases } = JSON.parse(readFileSync(new URL('../../fixtures/derivatives.json', import.meta.url), 'utf8')) as {
  readonly cases: Readonly<Record<string, Fixture>>;
};

type Loss = (...inputs: readonly Tensor[]) => Tensor;
const { add, sub, mul, neg, sum, matMul, square } = ops;

const losses: Readonly<Record<string, Loss>> = {
  network: (x, w, b, v) => sum(matMul(ops.silu(add(matMul(x, w), b)), v)),
  freeEnergy: (x, w, b, c) => sum(sub(neg(ops.sumEvent(mul(x, b))), ops.sumEvent(ops.softplus(add(matMul(x, w), c))))),
  mixture: (x, means) => {
    const squared = sum(square(sub(ops.expandDims(x, 1), means)), -1);
    return neg(sum(ops.logSumExp(mul(squared, -0.5), 1)));
  },
  crossEntropy: (x, w) => {
    const logits = matMul(x, w);
    const second = ops.slice(ops.logSoftmax(logits), [0, 1], [-1, 1]);
    return sub(sum(square(ops.softmax(logits))), ops.mean(second));
  },
  convolution: (x, w, v) => {
    const y = ops.tanh(
      ops.conv2d(x, w, {
        strides: [2, 2],
        padding: [
          [1, 1],
          [1, 1],
        ],
      }),
    );
    return sum(
      square(
        ops.softplus(
          ops.conv2d(y, v, {
            kernelDilation: [2, 2],
            padding: [
              [2, 2],
              [2, 2],
            ],
          }),
        ),
      ),
    );
  },
  transposed: (x, w) =>
    sum(
      ops.sin(
        ops.conv2d(x, ops.reverse(w, [0, 1]), {
          inputDilation: [2, 2],
          padding: [
            [2, 2],
            [2, 2],
          ],
        }),
      ),
    ),
  special: (x) => {
    const first = mul(ops.erf(x), ops.log1p(mul(x, x)));
    const second = mul(ops.erfinv(ops.tanh(x)), ops.expm1(neg(x)));
    return sum(add(add(first, second), ops.rsqrt(add(1, square(x)))));
  },
  ordered: (x, w) => add(add(sum(mul(ops.sort(x), w)), sum(mul(square(ops.cumsum(x)), w))), sum(ops.prod(x, 1))),
  statistics: (x) => add(add(sum(ops.log(ops.variance(x, 1))), sum(ops.norm(x, 0))), sum(ops.exp(ops.max(x, 1)))),
  powers: (x, y) =>
    add(add(sum(ops.pow(add(ops.abs(x), 0.5), y)), sum(ops.pow(ops.maximum(x, y), 3))), sum(mul(ops.minimum(x, y), y))),
  gathered: (x, w) => {
    const picked = ops.gather(x, ops.tensor([2, 0, 2, 1], [4], 'int32'));
    const scattered = ops.scatterAdd(ops.tensor([0, 2, 0, 1], [4], 'int32'), square(picked), 3);
    return sum(matMul(ops.tanh(scattered), w));
  },
};

const upload = (list: readonly Listed[]): Tensor[] => list.map(({ shape, values }) => ops.tensor([...values], shape));
const flat = (tensors: readonly Tensor[]): number[] => tensors.flatMap((x) => Array.from(ops.readSync(x)));
const wanted = (list: readonly Listed[]): number[] => list.flatMap(({ values }) => values);

function expectClose(got: readonly number[], want: readonly number[]): void {
  const scale = Math.max(1, ...want.map(Math.abs));
  const worst = Math.max(...want.map((x, i) => Math.abs(x - (got[i] as number))));
  expect(worst / scale).toBeLessThan(1e-12);
}

describe('value, gradient and Hessian-vector product equal those of PyTorch', () => {
  test('every fixture has a loss here', () => {
    expect(Object.keys(losses).sort()).toEqual(Object.keys(cases).sort());
  });

  test.each(Object.entries(cases))('%s', (name, { inputs: listed, directions, value, gradient, curvature }) => {
    const spread = losses[name] as Loss;
    const loss = (inputs: readonly Tensor[]): Tensor => spread(...inputs);
    withBackend(reference({ precision: 'float64' }), () => {
      const [x, v] = [upload(listed), upload(directions)];
      expectClose(flat([loss(x)]), [value]);
      expectClose(flat(grad(loss)(x)), wanted(gradient));
      expectClose(flat(hvp(loss, x, v)), wanted(curvature));
      expectClose(flat(jit((a: readonly Tensor[], b: readonly Tensor[]) => hvp(loss, a, b))(x, v)), wanted(curvature));
    });
  });
});
