import type { DType } from '@ebmkit/tensor';
import { sizeOf } from '@ebmkit/tensor';
import type { I32, V128 } from '../assembler/expression.js';
import type { FunctionBuilder } from '../assembler/function-builder.js';
import { choose, i32, int } from '../assembler/scalar.js';
import { f32x4, f64x2, i32x4, lanes32, shuffle32 } from '../assembler/vector.js';
import type { View } from '../compiler/view.js';
import { loadLanes, loadStrided, shifted, storeLanes } from '../fused/lanes.js';
import type { StepKernel } from './step-kernel.js';

/** An axis of the walk: its length and the distance of neighbours in bytes. */
interface Axis {
  readonly length: number;
  readonly step: number;
}

/** Combines vectors lane by lane. */
interface LaneAccumulator {
  readonly reset: () => void;
  readonly add: (x: V128) => void;
  readonly total: () => V128;
}

function laneAccumulator(f: FunctionBuilder, op: 'sum' | 'max' | 'min', dtype: DType): LaneAccumulator {
  if (op === 'sum' && dtype === 'float32') {
    const sums = [f.local('v128'), f.local('v128')] as const;
    return {
      reset: () => {
        for (const sum of sums) f.set(sum, lanes32(0, 0, 0, 0));
      },
      add: (x) => {
        f.set(sums[0], f64x2.add(sums[0], f64x2.promoteLow(x)));
        f.set(sums[1], f64x2.add(sums[1], f64x2.promoteLow(shuffle32(x, x, [2, 3, 2, 3]))));
      },
      total: () => shuffle32(f32x4.demoteZero(sums[0]), f32x4.demoteZero(sums[1]), [0, 1, 4, 5]),
    };
  }
  const sum = f.local('v128');
  const isFloat = dtype === 'float32';
  const combine = {
    sum: i32x4.add,
    max: isFloat ? f32x4.max : i32x4.maxS,
    min: isFloat ? f32x4.min : i32x4.minS,
  }[op];
  const start = {
    sum: (): V128 => lanes32(0, 0, 0, 0),
    max: (): V128 => (isFloat ? f.f32x4(Number.NEGATIVE_INFINITY) : f.i32x4(-0x80000000)),
    min: (): V128 => (isFloat ? f.f32x4(Number.POSITIVE_INFINITY) : f.i32x4(0x7fffffff)),
  }[op];
  return { reset: () => f.set(sum, start()), add: (x) => f.set(sum, combine(sum, x)), total: () => sum };
}

/** The axes of one sort, neighbours merged where one step serves both. */
function axesOf({ shape, strides }: View, wanted: (axis: number) => boolean): Axis[] {
  const found: Axis[] = [];
  let previous = -2;
  shape.forEach((length, axis) => {
    if (length === 1 || !wanted(axis)) return;
    const step = 4 * (strides[axis] as number);
    const last = found.at(-1);
    if (last && previous === axis - 1 && last.step === step * length)
      found[found.length - 1] = { length: last.length * length, step };
    else found.push({ length, step });
    previous = axis;
  });
  return found;
}

/** Vectors that are done side by side, so that whole cache lines are read. */
const sideBySide = 4;

/**
 * A reduction over axes that are not the last ones: along the kept axes four neighbours at a time. Float sums are kept in double
 * precision.
 *
 * @param op - What is done.
 * @param view - What it is done to; 4-byte elements.
 * @param axes - The axes that go.
 * @param dtype - Element type.
 */
export function outerReduction(
  op: 'sum' | 'max' | 'min',
  view: View,
  axes: readonly number[],
  dtype: DType,
): StepKernel {
  const reduced = axesOf(view, (axis) => axes.includes(axis));
  const kept = axesOf(view, (axis) => !axes.includes(axis));
  const [lanes] = kept.slice(-1) as [Axis];
  const outer = kept.slice(0, -1);
  const width = 4 * sideBySide;
  const units = outer[0]?.length ?? Math.ceil(lanes.length / width);
  const write = (f: FunctionBuilder): void => {
    const accumulators = Array.from({ length: sideBySide }, () => laneAccumulator(f, op, dtype));
    const [begin, end, input, output] = [0, 1, 2, 3].map(f.parameter) as unknown as [I32, I32, I32, I32];
    const load = (at: I32, count: number): V128 =>
      lanes.step === 4 ? loadLanes(f, dtype, at) : loadStrided(f, dtype, at, lanes.step, count);
    const columns = (source: I32, target: I32, vectors: number, count: number): void => {
      const used = accumulators.slice(0, vectors);
      for (const accumulator of used) accumulator.reset();
      const walk = (depth: number, at: I32): void => {
        const axis = reduced[depth];
        if (!axis)
          used.forEach((accumulator, i) => {
            accumulator.add(load(shifted(at, 4 * i * lanes.step), count));
          });
        else
          f.for(int(0), int(axis.length), 1, (i) => {
            walk(depth + 1, f.let(i32.add(at, i32.mul(i, int(axis.step)))));
          });
      };
      walk(0, source);
      used.forEach((accumulator, i) => {
        storeLanes(f, dtype, shifted(target, 16 * i), accumulator.total(), count);
      });
    };
    const line = (source: I32, target: I32, from: I32, to: I32): void => {
      const at = (base: I32, column: I32, step: number): I32 => f.let(i32.add(base, i32.mul(column, int(step))));
      const wide = lanes.length - (lanes.length % width);
      const whole = lanes.length - (lanes.length % 4);
      const clip = (limit: number): I32 => f.let(choose(i32.ltS(to, int(limit)), to, int(limit)));
      f.for(from, clip(wide), width, (j) => columns(at(source, j, lanes.step), at(target, j, 4), sideBySide, 4));
      if (wide === lanes.length) return;
      f.if(i32.geS(to, int(lanes.length)), () => {
        f.for(int(wide), int(whole), 4, (j) => columns(at(source, j, lanes.step), at(target, j, 4), 1, 4));
        if (whole < lanes.length)
          columns(at(source, int(whole), lanes.step), at(target, int(whole), 4), 1, lanes.length - whole);
      });
    };
    const start = f.let(shifted(input, 4 * view.offset));
    if (outer.length === 0) {
      line(start, output, f.let(i32.mul(begin, int(width))), f.let(i32.mul(end, int(width))));
      return;
    }
    const descend = (depth: number, source: I32, target: I32): void => {
      const axis = outer[depth];
      if (!axis) {
        line(source, target, int(0), int(lanes.length));
        return;
      }
      const block = 4 * sizeOf([...outer.slice(depth + 1), lanes].map(({ length }) => length));
      const [from, to] = depth === 0 ? [begin, end] : [int(0), int(axis.length)];
      f.for(from, to, 1, (i) => {
        descend(
          depth + 1,
          f.let(i32.add(source, i32.mul(i, int(axis.step)))),
          f.let(i32.add(target, i32.mul(i, int(block)))),
        );
      });
    };
    descend(0, start, output);
  };
  const size = sizeOf([...reduced, ...kept].map(({ length }) => length));
  return {
    scratch: 0,
    phases: [
      {
        units,
        cost: 0.5 * size,
        write: (module) => module.function(['i32', 'i32', 'i32', 'i32', 'i32'], undefined, write),
      },
    ],
  };
}
