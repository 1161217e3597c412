import { sizeOf } from '@ebmkit/tensor';
import type { Expression, I32, Local, V128, ValueType } from '../../assembler/expression.js';
import type { FunctionBuilder } from '../../assembler/function-builder.js';
import { double, f32, f64, i32, int } from '../../assembler/scalar.js';
import { f32x4, f64x2, i32x4, shuffle32, v128 } from '../../assembler/vector.js';
import type { KernelRule } from '../step-kernel.js';
import { blockCount, blockWidth, eachBlock, linesOf } from './column-blocks.js';
import { makePhase } from './phase-code.js';

/** The running total of one line, or of four neighbouring ones. */
interface Running {
  /** Sets it to zero. */
  readonly reset: () => void;
  /** Reads what stands at an address, adds it, and writes the running total before or after that to another. */
  readonly advance: (to: I32, from: I32) => void;
}

function totalOf<T extends ValueType>(f: FunctionBuilder, zero: Expression<T>) {
  const total = f.local(zero.type);
  return { total, reset: () => f.set(total, zero) };
}

function runningFloat(f: FunctionBuilder, exclusive: boolean): Running {
  const { total, reset } = totalOf(f, double(0));
  const write = (to: I32): void => f.storeF32(to, f32.demote(total));
  return {
    reset,
    advance: (to, from) => {
      const value = f.let(f64.promote(f32.load(from)));
      if (exclusive) write(to);
      f.set(total, f64.add(total, value));
      if (!exclusive) write(to);
    },
  };
}

function runningInt(f: FunctionBuilder, exclusive: boolean): Running {
  const { total, reset } = totalOf(f, int(0));
  return {
    reset,
    advance: (to, from) => {
      const value = f.let(i32.load(from));
      if (exclusive) f.storeI32(to, total);
      f.set(total, i32.add(total, value));
      if (!exclusive) f.storeI32(to, total);
    },
  };
}

function runningFloats(f: FunctionBuilder, exclusive: boolean, offset: number): Running {
  const low = totalOf(f, i32x4.splat(int(0)));
  const high = totalOf(f, i32x4.splat(int(0)));
  const write = (to: I32): void =>
    f.store(to, shuffle32(f32x4.demoteZero(low.total), f32x4.demoteZero(high.total), [0, 1, 4, 5]), offset);
  const add = (total: Local<'v128'>, value: V128): void => f.set(total, f64x2.add(total, f64x2.promoteLow(value)));
  return {
    reset: () => {
      low.reset();
      high.reset();
    },
    advance: (to, from) => {
      const value = f.let(v128.load(from, offset));
      if (exclusive) write(to);
      add(low.total, value);
      add(high.total, shuffle32(value, value, [2, 3, 2, 3]));
      if (!exclusive) write(to);
    },
  };
}

function runningInts(f: FunctionBuilder, exclusive: boolean, offset: number): Running {
  const { total, reset } = totalOf(f, i32x4.splat(int(0)));
  return {
    reset,
    advance: (to, from) => {
      const value = f.let(v128.load(from, offset));
      if (exclusive) f.store(to, total, offset);
      f.set(total, i32x4.add(total, value));
      if (!exclusive) f.store(to, total, offset);
    },
  };
}

/** Running sums along the attribute `axis`, in double precision for float32; `exclusive` and `reverse` as in `cumsum`. */
export const cumsum: KernelRule = (_inputs, attributes, { shape, dtype }) => {
  const size = sizeOf(shape);
  if (size === 0) return { scratch: 0, phases: [] };
  const { axis, exclusive, reverse } = attributes as { axis: number; exclusive: boolean; reverse: boolean };
  const lines = linesOf(shape, axis);
  const { length, step } = lines;
  const width = blockWidth(lines);
  const isFloat = dtype === 'float32';
  const phase = makePhase(1, blockCount(lines), width === 1 ? 1.5 * size : size / 2, (code) => {
    const { f, inputs, output } = code;
    const one = isFloat ? runningFloat : runningInt;
    const four = isFloat ? runningFloats : runningInts;
    const running =
      width === 1
        ? [one(f, exclusive)]
        : Array.from({ length: width / 4 }, (_, group) => four(f, exclusive, 16 * group));
    eachBlock(code, lines, (row, column) => {
      const first = reverse ? (length - 1) * step : 0;
      const start = i32.add(i32.add(i32.mul(row, int(length * step)), column), int(first));
      const offset = f.let(i32.shl(start, int(2)));
      const from = f.let(i32.add(inputs[0] as I32, offset));
      const to = f.let(i32.add(output, offset));
      for (const { reset } of running) reset();
      f.for(int(0), int(length), 1, () => {
        for (const { advance } of running) advance(to, from);
        f.increase(from, reverse ? -4 * step : 4 * step);
        f.increase(to, reverse ? -4 * step : 4 * step);
      });
    });
  });
  return { scratch: 0, phases: [phase] };
};
