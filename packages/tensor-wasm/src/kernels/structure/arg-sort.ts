import { sizeOf, type TensorType } from '@ebmkit/tensor';
import type { I32 } from '../../assembler/expression.js';
import type { FunctionBuilder } from '../../assembler/function-builder.js';
import { choose, f32, i32, i64, int, long } from '../../assembler/scalar.js';
import type { KernelRule } from '../step-kernel.js';
import { linesOf } from './column-blocks.js';
import { makePhase } from './phase-code.js';
import { pairSorter } from './sort-pairs.js';

/** Each unit has scratch memory for one line, so there are few units. */
const mostUnits = 16;
/** Larger than the order of every float32 number. */
const lastOrder = 0x7fffffff;

/** An i32 that is ordered like a float32: both zeros are 0 and NaN is last. */
function orderOf(f: FunctionBuilder, address: I32): I32 {
  const value = f.let(f32.load(address));
  const bits = f.let(i32.reinterpret(value));
  const ordered = i32.xor(bits, i32.shrU(i32.shrS(bits, int(31)), int(1)));
  const isZero = i32.eqz(i32.shl(bits, int(1)));
  return choose(f32.ne(value, value), int(lastOrder), choose(isZero, int(0), ordered));
}

/**
 * The positions that sort lines along the attribute `axis`: ascending, stable, NaN last. A value and its position make one
 * 64-bit number, so that no two are equal. A unit is a few lines.
 */
export const argSort: KernelRule = ([input], attributes) => {
  const { shape, dtype } = input as TensorType;
  const size = sizeOf(shape);
  if (size === 0) return { scratch: 0, phases: [] };
  const { rows, length, step } = linesOf(shape, attributes.axis as number);
  const lines = rows * step;
  const linesPerUnit = Math.ceil(lines / mostUnits);
  const units = Math.ceil(lines / linesPerUnit);
  const bytes = 8 * length;
  const phase = makePhase(1, units, 3 * size * (1 + Math.log2(length)), (code) => {
    const { f, module, begin, end, inputs, output, scratch } = code;
    const sorter = pairSorter(module);
    const pairs = f.let(i32.add(scratch, i32.mul(begin, int(2 * bytes))));
    const wanted = f.let(i32.mul(end, int(linesPerUnit)));
    const last = choose(i32.ltS(wanted, int(lines)), wanted, int(lines));
    f.for(i32.mul(begin, int(linesPerUnit)), last, 1, (line) => {
      const row = f.let(i32.divU(line, int(step)));
      const column = i32.sub(line, i32.mul(row, int(step)));
      const start = f.let(i32.shl(i32.add(i32.mul(row, int(length * step)), column), int(2)));
      const at = f.let(i32.add(inputs[0] as I32, start));
      const pair = f.let(pairs);
      f.for(int(0), int(length), 1, (n) => {
        const order = dtype === 'float32' ? orderOf(f, at) : i32.load(at);
        f.storeI64(pair, i64.or(i64.shl(i64.extendS(order), long(32n)), i64.extendU(n)));
        f.increase(at, 4 * step);
        f.increase(pair, 8);
      });
      const from = f.let(f.call(sorter, [pairs, i32.add(pairs, int(bytes)), int(bytes)]));
      const to = f.let(i32.add(output, start));
      f.for(int(0), int(length), 1, () => {
        f.storeI32(to, i32.load(from));
        f.increase(from, 8);
        f.increase(to, 4 * step);
      });
    });
  });
  return { scratch: units * 2 * bytes, phases: [phase] };
};
