import * as ops from '@ebmkit/tensor';
import { type DType, type Shape, sizeOf, type Tensor } from '@ebmkit/tensor';
import * as fc from 'fast-check';
import {
  arrayOf,
  arrays,
  bits,
  broadcastingShapes,
  floats,
  type HostArray,
  integers,
  shapes,
  type ValueLimits,
} from './host-array.js';
import type { PrimitiveCase, PrimitiveCases } from './primitive-case.js';

const elements = (limits: ValueLimits, dtype: DType): fc.Arbitrary<number> =>
  dtype === 'float32' ? floats(limits) : dtype === 'int32' ? integers(limits, 1e6) : bits();

const dtypes = fc.constantFrom<DType>('float32', 'float32', 'int32', 'bool');

/** An array of any dtype. */
function anyArray(limits: ValueLimits, minRank = 0, maxRank = 7): fc.Arbitrary<HostArray> {
  return dtypes.chain((dtype) => arrays(dtype, elements(limits, dtype), minRank, maxRank));
}

function order(rank: number): fc.Arbitrary<number[]> {
  const all = Array.from({ length: rank }, (_, i) => i);
  return fc.shuffledSubarray(all, { minLength: rank, maxLength: rank });
}

/** A function of one array with constants that depend on its shape. */
function shaped<D>(
  f: (x: Tensor, detail: D) => Tensor,
  details: (shape: Shape) => fc.Arbitrary<D>,
  minRank = 0,
): PrimitiveCase {
  return {
    samples: (limits) =>
      anyArray(limits, minRank).chain((x) =>
        details(x.shape).map((detail) => ({ inputs: [x], compute: ([t]) => f(t as Tensor, detail), detail })),
      ),
  };
}

const block = (shape: Shape): fc.Arbitrary<{ begin: number[]; size: number[] }> =>
  fc
    .tuple(
      ...shape.map((n) => fc.tuple(fc.nat(n), fc.nat(n)).map(([a, b]) => [Math.min(a, b), Math.abs(a - b)] as const)),
    )
    .map((cuts) => ({ begin: cuts.map(([begin]) => begin), size: cuts.map(([, size]) => size) }));

const margins = (shape: Shape): fc.Arbitrary<{ before: number[]; after: number[]; value: number }> => {
  const list = fc.array(fc.nat(2), { minLength: shape.length, maxLength: shape.length });
  return fc.record({ before: list, after: list, value: fc.constantFrom(0, 1) });
};

const broadcasts: PrimitiveCase = {
  samples: (limits) =>
    fc.tuple(dtypes, broadcastingShapes(1), shapes()).chain(([dtype, [own], lead]) => {
      const shape = own as Shape;
      const target = [...lead.slice(0, 2), ...shape.map((n) => (n === 1 ? 3 : n))];
      return arrayOf(shape, dtype, elements(limits, dtype)).map((x) => ({
        inputs: [x],
        compute: ([t]) => ops.broadcastTo(t as Tensor, target),
        detail: { target },
      }));
    }),
};

const joins: PrimitiveCase = {
  samples: (limits) =>
    fc
      .tuple(dtypes, shapes(1), fc.nat(6), fc.array(fc.nat(3), { minLength: 2, maxLength: 4 }))
      .chain(([dtype, shape, pick, lengths]) => {
        const axis = pick % shape.length;
        const parts = lengths.map((n) =>
          arrayOf(
            shape.map((length, i) => (i === axis ? n : length)),
            dtype,
            elements(limits, dtype),
          ),
        );
        return fc
          .tuple(...parts)
          .map((inputs) => ({ inputs, compute: (xs) => ops.concat(xs, axis), detail: { axis } }));
      }),
};

const picks: PrimitiveCase = {
  samples: (limits) =>
    fc.tuple(anyArray(limits, 1, 5), fc.nat(4), shapes(0, 2)).chain(([x, pick, indexShape]) => {
      const axis = pick % x.shape.length;
      const length = x.shape[axis] as number;
      const shape = length === 0 ? [0] : indexShape;
      return arrayOf(shape, 'int32', fc.nat(Math.max(0, length - 1))).map((indices) => ({
        inputs: [x, indices],
        compute: ([t, i]) => ops.gather(t as Tensor, i as Tensor, axis),
        detail: { axis },
      }));
    }),
};

const scatters: PrimitiveCase = {
  samples: (limits) =>
    fc
      .tuple(fc.constantFrom<DType>('float32', 'int32'), fc.integer({ min: 1, max: 6 }), shapes(0, 2), shapes(0, 2))
      .chain(([dtype, length, lead, rest]) =>
        fc
          .tuple(
            arrayOf(lead, 'int32', fc.nat(length - 1)),
            arrayOf(
              [...lead, ...rest],
              dtype,
              dtype === 'int32' ? integers(limits, 1000) : floats(limits, { special: false }),
            ),
          )
          .map((inputs) => ({
            inputs,
            compute: ([i, u]) => ops.scatterAdd(i as Tensor, u as Tensor, length),
            detail: { length },
            additive: true,
          })),
      ),
};

const fills: PrimitiveCase = {
  samples: (limits) =>
    fc.tuple(dtypes, shapes()).chain(([dtype, shape]) =>
      elements(limits, dtype).map((value) => ({
        inputs: [],
        compute: () => ops.full(shape, value, dtype),
        detail: { shape, value, dtype },
      })),
    ),
};

const counts: PrimitiveCase = {
  samples: () =>
    fc.tuple(fc.nat(300), fc.constantFrom('int32' as const, 'float32' as const)).map(([length, dtype]) => ({
      inputs: [],
      compute: () => ops.range(length, dtype),
      detail: { length, dtype },
    })),
};

/** Cases of primitives that make or move elements. */
export const structureCases: PrimitiveCases = {
  reshape: shaped(
    (x, flat) => (flat ? ops.reshape(x, [sizeOf(x.shape)]) : ops.reshape(x, [...x.shape, 1])),
    () => fc.boolean(),
  ),
  transpose: shaped(ops.transpose, ({ length }) => order(length)),
  broadcastTo: broadcasts,
  slice: shaped((x, { begin, size }) => ops.slice(x, begin, size), block),
  pad: shaped((x, { before, after, value }) => ops.pad(x, before, after, value), margins),
  reverse: shaped(ops.reverse, (shape) => fc.subarray(shape.map((_, axis) => axis))),
  concat: joins,
  gather: picks,
  scatterAdd: scatters,
  full: fills,
  iota: counts,
};
