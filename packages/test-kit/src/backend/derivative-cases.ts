import type { Shape, Tensor } from '@ebmkit/tensor';
import * as ops from '@ebmkit/tensor';
import * as fc from 'fast-check';
import {
  fullShapes,
  indicators,
  lattice,
  ofOne,
  ofOneWith,
  ofTwo,
  type SmoothSamples,
  smallShapes,
} from './smooth-samples.js';

const positive = (x: number): number => 0.3 + Math.abs(x);
const inside = (x: number): number => 0.9 * Math.tanh(x);
const axisOf = (shape: Shape): fc.Arbitrary<number> => fc.nat(shape.length - 1);
const axesOf = (shape: Shape): fc.Arbitrary<number[]> => fc.subarray(shape.map((_, axis) => axis));
const orderOf = ({ length }: Shape): fc.Arbitrary<number[]> =>
  fc.shuffledSubarray(
    Array.from({ length }, (_, i) => i),
    { minLength: length, maxLength: length },
  );
const halves = (shape: Shape): fc.Arbitrary<{ begin: number[]; size: number[] }> =>
  fc
    .array(fc.boolean(), { minLength: shape.length, maxLength: shape.length })
    .map((cut) => ({ begin: cut.map((c, i) => (c && (shape[i] as number) > 1 ? 1 : 0)), size: [] }));

const select: SmoothSamples = smallShapes.chain((shape) =>
  fc
    .tuple(indicators(shape, 'bool', 1), lattice(shape), lattice(shape.slice(1)))
    .map((inputs) => ({ inputs, compute: ([c, a, b]) => ops.where(c as Tensor, a as Tensor, b as Tensor) })),
);

const concat: SmoothSamples = fullShapes.chain((shape) =>
  fc.tuple(lattice(shape), lattice(shape), axisOf(shape)).map(([a, b, axis]) => ({
    inputs: [a, b],
    compute: (parts) => ops.concat([...parts, parts[0] as Tensor], axis),
    detail: { axis },
  })),
);

const gather: SmoothSamples = fc.tuple(fullShapes, smallShapes).chain(([shape, picks]) =>
  axisOf(shape).chain((axis) =>
    fc.tuple(lattice(shape), indicators(picks.slice(0, 2), 'int32', (shape[axis] as number) - 1)).map((inputs) => ({
      inputs,
      compute: ([x, i]) => ops.gather(x as Tensor, i as Tensor, axis),
      detail: { axis },
    })),
  ),
);

const scatterAdd: SmoothSamples = fc.tuple(smallShapes, fc.integer({ min: 1, max: 4 })).chain(([shape, length]) =>
  fc.tuple(indicators(shape.slice(0, 2), 'int32', length - 1), lattice(shape)).map((inputs) => ({
    inputs,
    compute: ([i, u]) => ops.scatterAdd(i as Tensor, u as Tensor, length),
    detail: { length },
  })),
);

const cumsum: SmoothSamples = ofOneWith(
  (x, { axis, exclusive, reverse }: { axis: number; exclusive: boolean; reverse: boolean }) =>
    ops.cumsum(x, axis, { exclusive, reverse }),
  (shape) => fc.record({ axis: axisOf(shape), exclusive: fc.boolean(), reverse: fc.boolean() }),
);

const side = fc.integer({ min: 1, max: 4 });

const matMul: SmoothSamples = fc
  .record({
    m: side,
    k: fc.oneof({ weight: 5, arbitrary: side }, { weight: 1, arbitrary: fc.constant(51) }),
    n: side,
    batch: fc.constantFrom<Shape>([], [], [2], [2, 2]),
    shared: fc.boolean(),
    transposeA: fc.boolean(),
    transposeB: fc.boolean(),
  })
  .chain(({ m, k, n, batch, shared, transposeA, transposeB }) => {
    const small = (x: number) => Math.sin(x);
    return fc
      .tuple(
        lattice([...batch, ...(transposeA ? [k, m] : [m, k])], small),
        lattice([...(shared ? [] : batch), ...(transposeB ? [n, k] : [k, n])], small),
      )
      .map((inputs) => ({
        inputs,
        compute: ([a, b]: readonly Tensor[]) => ops.matMul(a as Tensor, b as Tensor, { transposeA, transposeB }),
        detail: { transposeA, transposeB },
      }));
  });

const conv2d: SmoothSamples = fc
  .record({
    size: fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 })),
    window: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    channels: fc.integer({ min: 1, max: 2 }),
    options: fc.record({
      strides: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 2 })),
      padding: fc.constantFrom(
        'same' as const,
        'valid' as const,
        [
          [2, 1],
          [0, -1],
        ] as const,
        [
          [-1, 3],
          [1, 0],
        ] as const,
      ),
      inputDilation: fc.constantFrom([1, 1] as const, [2, 1] as const, [1, 3] as const),
      kernelDilation: fc.constantFrom([1, 1] as const, [2, 1] as const, [1, 2] as const),
    }),
  })
  .chain(({ size, window, channels, options }) =>
    fc.tuple(lattice([2, ...size, channels], Math.sin), lattice([...window, channels, 2], Math.sin)).map((inputs) => ({
      inputs,
      compute: ([x, w]: readonly Tensor[]) => ops.conv2d(x as Tensor, w as Tensor, options),
      detail: options,
    })),
  );

const literalPowers: SmoothSamples = fc.constantFrom(0, 1, 2, 3).chain((power) => ofOne((x) => ops.pow(x, power)));

/** Samples of every differentiable primitive, by name. */
export const primitiveDerivativeCases: Readonly<Record<string, SmoothSamples>> = {
  neg: ofOne(ops.neg),
  abs: ofOne(ops.abs),
  sqrt: ofOne(ops.sqrt, positive),
  rsqrt: ofOne(ops.rsqrt, positive),
  exp: ofOne(ops.exp),
  expm1: ofOne(ops.expm1),
  log: ofOne(ops.log, positive),
  log1p: ofOne(ops.log1p, (x) => positive(x) - 1),
  sin: ofOne(ops.sin),
  cos: ofOne(ops.cos),
  tanh: ofOne(ops.tanh),
  sigmoid: ofOne(ops.sigmoid),
  softplus: ofOne(ops.softplus),
  erf: ofOne(ops.erf),
  erfinv: ofOne(ops.erfinv, inside),
  cast: ofOne((x) => ops.mul(ops.cast(ops.cast(ops.greater(x, 0), 'int32'), 'float32'), x)),
  add: ofTwo(ops.add),
  sub: ofTwo(ops.sub),
  mul: ofTwo(ops.mul),
  div: ofTwo(ops.div, undefined, positive),
  pow: fc.oneof(
    ofTwo(ops.pow, positive),
    literalPowers,
    ofOne((x) => ops.pow(2, x)),
  ),
  mod: ofTwo(ops.mod, inside, (x) => positive(x) + 1),
  minimum: fc.oneof(
    ofTwo(ops.minimum),
    ofOne((x) => ops.minimum(x, 0.001)),
  ),
  maximum: fc.oneof(
    ofTwo(ops.maximum),
    ofOne((x) => ops.maximum(0.001, x)),
  ),
  select,
  reshape: ofOne((x) => ops.reshape(x, [1, ...x.shape, 1])),
  transpose: ofOneWith(ops.transpose, orderOf),
  broadcastTo: ofOneWith(
    (x, lead) => ops.broadcastTo(x, [lead, ...x.shape.map((n) => (n === 1 ? 2 : n))]),
    () => fc.nat(2),
  ),
  slice: ofOneWith((x, { begin, size }) => ops.slice(x, begin, size), halves),
  pad: ofOneWith(
    (x, n) =>
      ops.pad(
        x,
        x.shape.map(() => n),
        x.shape.map((_, i) => i % 2),
        3,
      ),
    () => fc.nat(2),
  ),
  reverse: ofOneWith(ops.reverse, axesOf),
  concat,
  gather,
  scatterAdd,
  sum: ofOneWith(ops.sum, axesOf, smallShapes),
  max: ofOneWith(ops.max, axesOf),
  min: ofOneWith(ops.min, axesOf),
  cumsum,
  matMul,
  conv2d,
};

/** Primitives without a derivative rule: their derivative is zero, or they make tensors from constants and keys. */
export const flatPrimitives: readonly string[] = [
  'argMax',
  'argSort',
  'ceil',
  'equal',
  'floor',
  'full',
  'greater',
  'greaterEqual',
  'iota',
  'isFinite',
  'isNaN',
  'less',
  'lessEqual',
  'logicalAnd',
  'logicalNot',
  'logicalOr',
  'notEqual',
  'randomBits',
  'randomGamma',
  'randomNormal',
  'randomUniform',
  'round',
  'sign',
  'stopGradient',
];
