import type { DType, Tensor } from '@ebmkit/tensor';
import * as ops from '@ebmkit/tensor';
import * as fc from 'fast-check';
import { arrayOf, bits, floats, shapes, type ValueLimits } from './host-array.js';
import type { PrimitiveCase, PrimitiveCases } from './primitive-case.js';

const lengths = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(1, 2, 3, 5, 8) },
  { weight: 2, arbitrary: fc.constantFrom(17, 49, 64, 97) },
  { weight: 1, arbitrary: fc.constant(0) },
);

const factor = (limits: ValueLimits, dtype: DType): fc.Arbitrary<number> =>
  dtype === 'bool' ? bits() : floats(limits, { min: -100, max: 100, special: false });

const products: PrimitiveCase = {
  samples: (limits) =>
    fc
      .record({
        m: lengths,
        k: lengths,
        n: lengths,
        batch: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: shapes(1, 3) }),
        shared: fc.boolean(),
        left: fc.constantFrom<DType>('float32', 'float32', 'bool'),
        right: fc.constantFrom<DType>('float32', 'float32', 'bool'),
        transposeA: fc.boolean(),
        transposeB: fc.boolean(),
      })
      .filter(({ m, k, n, batch }) => (m * k + k * n) * ops.sizeOf(batch) <= 12_000)
      .chain(({ m, k, n, batch, shared, left, right, transposeA, transposeB }) =>
        fc
          .tuple(
            arrayOf([...batch, ...(transposeA ? [k, m] : [m, k])], left, factor(limits, left)),
            arrayOf([...(shared ? [] : batch), ...(transposeB ? [n, k] : [k, n])], right, factor(limits, right)),
          )
          .map((inputs) => ({
            inputs,
            compute: ([a, b]) => ops.matMul(a as Tensor, b as Tensor, { transposeA, transposeB }),
            detail: { transposeA, transposeB },
            additive: true,
          })),
      ),
};

const steps = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 }));
const margin = fc.tuple(fc.integer({ min: -1, max: 2 }), fc.integer({ min: -1, max: 2 }));
const few = fc.integer({ min: 1, max: 3 });
const spatial = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 1, max: 6 }) },
  { weight: 1, arbitrary: fc.constant(0) },
);

const convolutions: PrimitiveCase = {
  samples: (limits) =>
    fc
      .record({
        batch: fc.nat(2),
        size: fc.tuple(spatial, spatial),
        window: fc.tuple(few, few),
        channels: few,
        filters: few,
        options: fc.record({
          strides: steps,
          padding: fc.oneof(fc.constantFrom('same' as const, 'valid' as const), fc.tuple(margin, margin)),
          inputDilation: fc.oneof(
            { weight: 2, arbitrary: fc.constant([1, 1] as [number, number]) },
            { weight: 1, arbitrary: steps },
          ),
          kernelDilation: fc.oneof(
            { weight: 2, arbitrary: fc.constant([1, 1] as [number, number]) },
            { weight: 1, arbitrary: steps },
          ),
        }),
      })
      .chain(({ batch, size, window, channels, filters, options }) => {
        const element = floats(limits, { min: -10, max: 10, special: false });
        return fc
          .tuple(
            arrayOf([batch, ...size, channels], 'float32', element),
            arrayOf([...window, channels, filters], 'float32', element),
          )
          .map((inputs) => ({
            inputs,
            compute: ([x, w]) => ops.conv2d(x as Tensor, w as Tensor, options),
            detail: options,
            additive: true,
          }));
      }),
};

/** Cases of the matrix product and the convolution. */
export const productCases: PrimitiveCases = {
  matMul: products,
  conv2d: convolutions,
};
