import type { Shape, Tensor } from '@ebmkit/tensor';
import * as ops from '@ebmkit/tensor';
import * as fc from 'fast-check';
import { arrays, bits, floats, type HostArray, integers, type ValueLimits } from './host-array.js';
import type { PrimitiveCase, PrimitiveCases } from './primitive-case.js';

const someAxes = (shape: Shape): fc.Arbitrary<readonly number[]> => fc.subarray(shape.map((_, axis) => axis));

function numbers(limits: ValueLimits, minRank: number, special: boolean): fc.Arbitrary<HostArray> {
  return fc.oneof(
    { weight: 4, arbitrary: arrays('float32', floats(limits, { min: -1000, max: 1000, special }), minRank) },
    { weight: 1, arbitrary: arrays('int32', integers(limits, 1000), minRank) },
    { weight: 1, arbitrary: arrays('bool', bits(), minRank) },
  );
}

const isFull = ({ shape }: HostArray): boolean => shape.every((n) => n > 0);

function reduction(f: (x: Tensor, axes: readonly number[]) => Tensor, additive: boolean): PrimitiveCase {
  return {
    samples: (limits) =>
      numbers(limits, 0, true)
        .filter((x) => additive || isFull(x))
        .chain((x) =>
          someAxes(x.shape).map((axes) => ({
            inputs: [x],
            compute: ([t]) => f(t as Tensor, axes),
            detail: { axes },
            additive,
          })),
        ),
  };
}

/** A function along one axis. */
function along(f: (x: Tensor, axis: number) => Tensor, special: boolean, additive: boolean): PrimitiveCase {
  return {
    samples: (limits) =>
      fc
        .tuple(numbers(limits, 1, special), fc.nat(6))
        .filter(([x]) => isFull(x))
        .map(([x, pick]) => {
          const axis = pick % x.shape.length;
          return { inputs: [x], compute: ([t]) => f(t as Tensor, axis), detail: { axis }, additive };
        }),
  };
}

const runningSums: PrimitiveCase = {
  samples: (limits) =>
    fc.tuple(numbers(limits, 1, false), fc.nat(6), fc.boolean(), fc.boolean()).map(([x, pick, exclusive, reverse]) => {
      const axis = pick % x.shape.length;
      return {
        inputs: [x],
        compute: ([t]) => ops.cumsum(t as Tensor, axis, { exclusive, reverse }),
        detail: { axis, exclusive, reverse },
        additive: true,
      };
    }),
};

/** Cases of primitives that combine elements along axes. */
export const reductionCases: PrimitiveCases = {
  sum: reduction(ops.sum, true),
  max: reduction(ops.max, false),
  min: reduction(ops.min, false),
  argMax: along(ops.argMax, false, false),
  argSort: along(ops.argSort, true, false),
  cumsum: runningSums,
};
