import {
  free,
  grad,
  jit,
  type Key,
  key,
  memory,
  mul,
  normal,
  ones,
  readSync,
  reference,
  ShapeError,
  scoped,
  silu,
  sum,
  type Tensor,
  type Tree,
  tensor,
  tensorsOf,
  withBackend,
  zeros,
} from '@ebmkit/tensor';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { difference } from '../../fixtures/compare.js';
import {
  averagePool,
  convolution,
  type DenseParams,
  defineLayer,
  dense,
  dropout,
  embedding,
  flatten,
  fourierFeatures,
  globalAveragePool,
  groupNorm,
  type Layer,
  layerNorm,
  maxPool,
  multiHeadAttention,
  outputShape,
  residual,
  residualBlock,
  sequential,
  sinusoidalEmbedding,
  spectrallyNormalised,
  transposedConvolution,
  upsample,
} from '../index.js';

const oracle = reference({ precision: 'float64' });

describe('exact', () => {
  it('values that tie for the largest of a window share its derivative', () => {
    const slope = (window: number, strides: number) => {
      const pool = maxPool({ window, strides });
      return [...readSync(grad((x: Tensor) => sum(pool.apply(pool.init(key(1)), x)))(ones([1, 2, 2, 1])))];
    };
    expect(slope(2, 2)).toEqual([0.25, 0.25, 0.25, 0.25]);
    expect(slope(2, 1)).toEqual([0.25, 0.25, 0.25, 0.25]);
  });

  it('a token that may attend to none is NaN, and the others are not', () => {
    const layer = multiHeadAttention({ features: 2, heads: 1 });
    const mask = tensor([
      [false, false],
      [true, false],
    ]);
    const y = [...readSync(layer.apply(layer.init(key(1)), normal(key(2), [1, 2, 2]), { mask }))];
    expect(y.map(Number.isNaN)).toEqual([true, true, false, false]);
  });

  it('attention does not overflow', () => {
    const layer = multiHeadAttention({ features: 2, heads: 1 });
    const y = readSync(layer.apply(layer.init(key(1)), mul(normal(key(2), [1, 3, 2]), 1e4)));
    expect([...y].every(Number.isFinite)).toBe(true);
  });

  it('a transposed convolution is the transpose of the convolution', () => {
    withBackend(oracle, () => {
      const geometry = { window: [4, 3], strides: [2, 3], padding: 'same', bias: false } as const;
      const [x, y] = [normal(key(2), [1, 6, 9, 2]), normal(key(3), [1, 3, 3, 5])];
      const down = convolution({ channels: 2, filters: 5, ...geometry });
      const up = transposedConvolution({ channels: 5, filters: 2, ...geometry });
      const params = down.init(key(1));
      const transposed = grad((image: Tensor) => sum(mul(down.apply(params, image), y)))(x);
      const taps = [...readSync(params.weight)];
      const turned = Array.from({ length: 4 * 3 * 5 * 2 }, (_, i) => {
        const [u, v, f, c] = [Math.floor(i / 30), Math.floor(i / 10) % 3, Math.floor(i / 2) % 5, i % 2];
        return taps[((3 - u) * 3 + (2 - v)) * 10 + c * 5 + f] as number;
      });
      const found = up.apply({ weight: tensor(turned, [4, 3, 5, 2]) }, y);
      expect(difference([found], [{ shape: transposed.shape, data: [...readSync(transposed)] }])).toBeLessThan(1e-12);
    });
  });
});

describe('statistical', () => {
  it('dropout keeps means, and drops at its rate', () => {
    const n = 20_000;
    const y = [...readSync(dropout(key(5), ones([n]), { rate: 0.3 }))];
    const dropped = y.filter((v) => v === 0).length / n;
    expect(Math.abs(dropped - 0.3)).toBeLessThan(5 * Math.sqrt((0.3 * 0.7) / n));
    expect(y.every((v) => v === 0 || Math.abs(v - 1 / 0.7) < 1e-6)).toBe(true);
    expect([...readSync(dropout(key(5), ones([3]), { rate: 0 }))]).toEqual([1, 1, 1]);
    const traced = jit((k: Key) => dropout(k, ones([50]), { rate: 0.5 }));
    expect([...readSync(traced(key(1)))]).toEqual([...readSync(dropout(key(1), ones([50]), { rate: 0.5 }))]);
    traced.clear();
  });

  it('fourier features are drawn at their scale', () => {
    const { frequencies } = fourierFeatures({ features: 20_000, scale: 16 }).init(key(1));
    const values = [...readSync(frequencies)];
    const ratio = values.reduce((total, v) => total + v * v, 0) / values.length / 256;
    expect(Math.abs(ratio - 1)).toBeLessThan(5 * Math.sqrt(2 / values.length));
  });
});

const erased = <P>(layer: Layer<P>) => layer as unknown as Layer<Tree>;
const layers = [
  ['dense', erased(dense({ inputs: 6, outputs: 4 })), [6], [4]],
  ['convolution', erased(convolution({ channels: 2, filters: 3, window: 3, strides: 2 })), [8, 9, 2], [3, 4, 3]],
  [
    'convolution, same',
    erased(convolution({ channels: 2, filters: 3, window: 4, strides: 2, padding: 'same' })),
    [7, 8, 2],
    [4, 4, 3],
  ],
  [
    'transposedConvolution',
    erased(transposedConvolution({ channels: 2, filters: 3, window: 4, strides: 2, padding: 'same' })),
    [4, 5, 2],
    [8, 10, 3],
  ],
  ['groupNorm', erased(groupNorm({ channels: 4, groups: 2 })), [3, 2, 4], [3, 2, 4]],
  ['groupNorm of rows', erased(groupNorm({ channels: 4, groups: 2 })), [4], [4]],
  ['layerNorm', erased(layerNorm({ shape: [4] })), [3, 4], [3, 4]],
  ['averagePool', erased(averagePool({ window: 3, strides: 2, padding: 'same' })), [5, 6, 2], [3, 3, 2]],
  ['maxPool', erased(maxPool({ window: 2 })), [5, 6, 2], [2, 3, 2]],
  ['globalAveragePool', erased(globalAveragePool()), [5, 6, 2], [2]],
  ['upsample', erased(upsample({ factors: [2, 3], method: 'bilinear' })), [3, 2, 1], [6, 6, 1]],
  ['flatten', erased(flatten()), [3, 2, 1], [6]],
  ['flatten of numbers', erased(flatten()), [], [1]],
  ['sinusoidalEmbedding', erased(sinusoidalEmbedding({ features: 8 })), [], [8]],
  ['fourierFeatures', erased(fourierFeatures({ features: 8, scale: 1 })), [], [8]],
  ['multiHeadAttention', erased(multiHeadAttention({ features: 6, heads: 3 })), [4, 6], [4, 6]],
  ['residual', erased(residual(silu)), [4], [4]],
  [
    'residualBlock',
    erased(residualBlock({ channels: 2, filters: 4, groups: 2, downsample: true })),
    [6, 4, 2],
    [3, 2, 4],
  ],
  ['spectrallyNormalised', erased(spectrallyNormalised(dense({ inputs: 6, outputs: 4 }))), [6], [4]],
  ['sequential', erased(sequential([flatten(), dense({ inputs: 6, outputs: 4 }), silu])), [2, 3], [4]],
] as const satisfies readonly (readonly [string, Layer<Tree>, readonly number[], readonly number[]])[];

describe.each(layers)('invariant: %s', (_, layer, event, output) => {
  it('gives the shape that is said, without computing', () => {
    const before = memory();
    expect(outputShape(layer, event)).toEqual(output);
    expect(memory()).toEqual(before);
  });

  it('leaves nothing behind over 1,000 applications, and needs no scope for what it makes on the way', () => {
    const params = layer.init(key(1));
    const x = normal(key(2), [2, ...event]);
    const before = memory();
    for (let i = 0; i < 1000; i++) {
      const y = layer.apply(params, x);
      if (i === 0) expect(y.shape).toEqual([2, ...output]);
      if (y !== x) free(y);
    }
    expect(memory()).toEqual(before);
    free([params, x]);
  });

  it('is a function of its key and nothing else', () => {
    const numbers = (seed: number) => tensorsOf(layer.init(key(seed))).map((t) => [...readSync(t)]);
    expect(numbers(4)).toEqual(numbers(4));
  });

  it('starts inside jit as outside', () => {
    const compiled = jit((k: Key) => layer.init(k));
    withBackend(oracle, () => {
      const numbers = (params: Tree) => tensorsOf(params).map((t) => [...readSync(t)]);
      expect(numbers(compiled(key(1)))).toEqual(numbers(layer.init(key(1))));
    });
    compiled.clear();
  });
});

describe('contract', () => {
  it('a sequence has the parameters of its stages, by type', () => {
    const network = sequential([dense({ inputs: 2, outputs: 3 }), silu, flatten()], { eventShape: [2] });
    expectTypeOf(network.init(key(1))).toEqualTypeOf<readonly [DenseParams, null, null]>();
    expect(network.init(key(1)).slice(1)).toEqual([null, null]);
  });

  const square = dense({ inputs: 4, outputs: 4 });
  it.each([
    ['sequential', erased(sequential([square, square, square])), 3],
    ['residual', erased(residual(square, { shortcut: square })), 2],
    ['residualBlock', erased(residualBlock({ channels: 2 })), 2],
    ['multiHeadAttention', erased(multiHeadAttention({ features: 4, heads: 2 })), 4],
  ] as const)('the parts of %s begin with keys of their own', (_, layer, parts) => {
    const weights = tensorsOf(layer.init(key(1))).filter(({ shape }) => shape.length > 1);
    expect(new Set(weights.map((weight) => readSync(weight).join())).size).toBe(parts);
  });

  it('a layer of one’s own goes where the others go', () => {
    const scale = defineLayer({ init: () => ({ factor: ones([]) }), apply: ({ factor }, x) => mul(x, factor) });
    const network = sequential([scale, dense({ inputs: 2, outputs: 1 })], { eventShape: [2] });
    expect(scoped(() => readSync(network.apply(network.init(key(1)), zeros([1, 2])))[0])).toBe(0);
  });

  it('stages that do not fit are found at construction, by name', () => {
    const make = () =>
      sequential([dense({ inputs: 2, outputs: 3 }), silu, dense({ inputs: 4, outputs: 1 })], { eventShape: [2] });
    expect(make).toThrow(ShapeError);
    expect(make).toThrow(
      /stage 2 must take states of shape \[3\], but: dense: expected \[n, \.\.\., 4\], got \[1, 3\]/,
    );
  });

  const apply = <P>(layer: Layer<P>, shape: readonly number[]) => layer.apply(layer.init(key(1)), zeros(shape));
  it.each([
    [() => dense({ inputs: 0, outputs: 1 }), /dense: inputs must be a whole number of at least 1, got 0/],
    [() => apply(dense({ inputs: 2, outputs: 1 }), [2]), /dense: expected \[n, \.\.\., 2\], got \[2\]/],
    [
      () => convolution({ channels: 1, filters: 1, window: [3, 0] }),
      /window must be a whole number of at least 1 or two/,
    ],
    [
      () => convolution({ channels: 1, filters: 1, window: 3, padding: 'full' as 'same' }),
      /padding must be "same", "valid"/,
    ],
    [
      () => apply(convolution({ channels: 1, filters: 1, window: 3 }), [2, 28, 28]),
      /expected images \[n, height, width, 1\]/,
    ],
    [
      () => apply(transposedConvolution({ channels: 3, filters: 1, window: 3 }), [2, 8, 8, 1]),
      /expected images \[n, height, width, 3\]/,
    ],
    [() => groupNorm({ channels: 6, groups: 4 }), /channels must be a multiple of groups, got 6 and 4/],
    [() => layerNorm({ shape: [4], epsilon: 0 }), /epsilon must be a finite number above 0/],
    [() => apply(layerNorm({ shape: [4] }), [2, 5]), /layerNorm: expected \[n, \.\.\., 4\], got \[2, 5\]/],
    [() => layerNorm({ shape: [] }), /layerNorm: shape must have at least one axis/],
    [() => apply(averagePool({ window: 3 }), [1, 2, 5, 1]), /averagePool: a window of 3 must fit an axis of 2/],
    [
      () =>
        apply(
          maxPool({
            window: 2,
            padding: [
              [2, 0],
              [0, 0],
            ],
          }),
          [1, 4, 4, 1],
        ),
      /reach a pixel everywhere/,
    ],
    [() => apply(maxPool({ window: 2 }), [1, 4]), /maxPool: expected images/],
    [() => upsample({ factors: 1.5 }), /factors must be a whole number/],
    [() => upsample({ factors: 2, method: 'cubic' as 'nearest' }), /method must be "nearest" or "bilinear"/],
    [() => apply(flatten(), []), /flatten: expected \[n, \.\.\.event\], got \[\]/],
    [() => sinusoidalEmbedding({ features: 3 }), /features must be a multiple of 2, got 3 and 2/],
    [() => apply(sinusoidalEmbedding({ features: 4 }), [3, 1]), /expected times \[n\], got \[3, 1\]/],
    [() => fourierFeatures({ features: 4, scale: 0 }), /scale must be a finite number above 0/],
    [() => multiHeadAttention({ features: 6, heads: 4 }), /features must be a multiple of heads/],
    [
      () => apply(multiHeadAttention({ features: 6, heads: 2 }), [2, 6]),
      /expected tokens \[n, tokens, 6\], got \[2, 6\]/,
    ],
    [
      () => {
        const layer = multiHeadAttention({ features: 2, heads: 1 });
        return layer.apply(layer.init(key(1)), zeros([1, 3, 2]), { mask: ones([3, 3]) });
      },
      /mask must be bool, got float32/,
    ],
    [
      () => {
        const layer = multiHeadAttention({ features: 2, heads: 1 });
        return layer.apply(layer.init(key(1)), zeros([2, 3, 2]), { context: zeros([1, 3, 2]) });
      },
      /expected a context \[2, tokens, 2\], got \[1, 3, 2\]/,
    ],
    [() => sequential([]), /sequential: expected at least one layer or function/],
    [
      () => apply(residual(dense({ inputs: 2, outputs: 3 })), [1, 2]),
      /branch and shortcut must give one shape, got \[1, 3\] and \[1, 2\]/,
    ],
    [
      () => embedding({ classes: 3, features: 2 }).apply({ weight: zeros([3, 2]) }, zeros([2])),
      /indices must be int32/,
    ],
    [() => dropout(key(1), zeros([2]), { rate: 1 }), /rate must be at least 0 and below 1/],
  ])('%#: wrong arguments say what is right', (make, message) => {
    expect(make).toThrow(message);
  });
});
