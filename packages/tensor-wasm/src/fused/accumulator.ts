import type { DType } from '@ebmkit/tensor';
import type { Expression, Local, V128 } from '../assembler/expression.js';
import type { FunctionBuilder } from '../assembler/function-builder.js';
import { choose, f32, f64, i32 } from '../assembler/scalar.js';
import { f32x4, f64x2, i32x4, lanes32, shuffle32, v128 } from '../assembler/vector.js';

/** Combines numbers in the lanes of vectors. */
export interface Accumulator {
  /** Starts anew. */
  readonly reset: () => void;
  /** Takes in four numbers, in code that goes to `f`; with fewer lanes, the others are left out. */
  readonly add: (f: FunctionBuilder, x: V128, lanes: number) => void;
  /** What has come together, as one f32 or i32. */
  readonly total: () => Expression<'f32'> | Expression<'i32'>;
}

/** All ones in the first lanes. */
function laneMask(lanes: number): V128 {
  const [a, b, c, d] = [0, 1, 2, 3].map((lane) => (lane < lanes ? -1 : 0)) as [number, number, number, number];
  return lanes32(a, b, c, d);
}

/** Float sums are kept in double precision, so that they do not depend on the length of a line in a way that shows. */
function floatSum(f: FunctionBuilder): Accumulator {
  const sums = [f.local('v128'), f.local('v128')] as const;
  const zero = (): V128 => lanes32(0, 0, 0, 0);
  return {
    reset: () => {
      for (const sum of sums) f.set(sum, zero());
    },
    add: (to, x, lanes) => {
      const kept = lanes === 4 ? x : to.let(v128.and(x, laneMask(lanes)));
      to.set(sums[0], f64x2.add(sums[0], f64x2.promoteLow(kept)));
      if (lanes > 2) to.set(sums[1], f64x2.add(sums[1], f64x2.promoteLow(shuffle32(kept, kept, [2, 3, 2, 3]))));
    },
    total: () => {
      const both = f.let(f64x2.add(sums[0], sums[1]));
      return f32.demote(f64.add(f64x2.extract(both, 0), f64x2.extract(both, 1)));
    },
  };
}

/** Four lanes that are combined at the end, first with second and third with fourth. */
function laneWise(
  f: FunctionBuilder,
  neutral: () => V128,
  combine: (a: V128, b: V128) => V128,
  finish: (sum: Local<'v128'>) => Expression<'f32'> | Expression<'i32'>,
): Accumulator {
  const sum = f.local('v128');
  return {
    reset: () => f.set(sum, neutral()),
    add: (to, x, lanes) => to.set(sum, combine(sum, lanes === 4 ? x : v128.bitselect(x, neutral(), laneMask(lanes)))),
    total: () => finish(sum),
  };
}

/** Combines four lanes of integers. */
function overLanes(f: FunctionBuilder, combine: (a: Expression<'i32'>, b: Expression<'i32'>) => Expression<'i32'>) {
  return (sum: Local<'v128'>): Expression<'i32'> => {
    const lane = (i: number): Local<'i32'> => f.let(i32x4.extract(sum, i));
    return combine(f.let(combine(lane(0), lane(1))), f.let(combine(lane(2), lane(3))));
  };
}

/** The accumulator of a reduction. */
export function makeAccumulator(f: FunctionBuilder, op: string, dtype: DType): Accumulator {
  const isFloat = dtype === 'float32';
  if (op === 'sum') return isFloat ? floatSum(f) : laneWise(f, () => f.i32x4(0), i32x4.add, overLanes(f, i32.add));
  const isMax = op === 'max';
  if (!isFloat) {
    const scalar = overLanes(f, (a, b) => choose(isMax ? i32.gtS(a, b) : i32.ltS(a, b), a, b));
    return laneWise(f, () => f.i32x4(isMax ? -0x80000000 : 0x7fffffff), isMax ? i32x4.maxS : i32x4.minS, scalar);
  }
  const limit = isMax ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const scalar = isMax ? f32.max : f32.min;
  return laneWise(
    f,
    () => f.f32x4(limit),
    isMax ? f32x4.max : f32x4.min,
    (sum) => {
      const lane = (i: number) => f32x4.extract(sum, i);
      return scalar(scalar(lane(0), lane(1)), scalar(lane(2), lane(3)));
    },
  );
}
