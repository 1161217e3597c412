import { sizeOf, type TensorType } from '@ebmkit/tensor';
import type { I32, Local } from '../../assembler/expression.js';
import type { FunctionBuilder } from '../../assembler/function-builder.js';
import { choose, f32, i32, int } from '../../assembler/scalar.js';
import { f32x4, i32x4, v128 } from '../../assembler/vector.js';
import type { KernelRule } from '../step-kernel.js';
import { fillBytes } from './byte-runs.js';
import { makePhase } from './phase-code.js';

/** Every range of units reads all indices, so there are few units. */
const mostUnits = 8;
/** Slices up to this many elements are added without a loop. */
const unrolled = 32;

/** Adds `width` numbers at one address to those at another. */
function addSlice(f: FunctionBuilder, to: Local<'i32'>, from: Local<'i32'>, width: number, isFloat: boolean): void {
  const plus = isFloat ? f32x4.add : i32x4.add;
  const four = (offset: number): void => f.store(to, plus(v128.load(to, offset), v128.load(from, offset)), offset);
  const one = (offset: number): void => {
    if (isFloat) f.storeF32(to, f32.add(f32.load(to, offset), f32.load(from, offset)), offset);
    else f.storeI32(to, i32.add(i32.load(to, offset), i32.load(from, offset)), offset);
  };
  const whole = width - (width % 4);
  if (whole <= unrolled) for (let i = 0; i < whole; i += 4) four(4 * i);
  else {
    const end = f.let(i32.add(to, int(4 * whole)));
    const [target, source] = [f.let(to), f.let(from)];
    f.doWhile(
      () => {
        f.store(target, plus(v128.load(target), v128.load(source)));
        f.increase(target, 16);
        f.increase(source, 16);
      },
      () => i32.ltU(target, end),
    );
  }
  for (let i = whole; i < width; i++) one(4 * i);
}

/**
 * Adds slices into zeros at the positions that the first input gives, in their order; positions outside are passed over.
 * The units are blocks of the output's slices.
 */
export const scatterAdd: KernelRule = ([indices, updates], attributes, output) => {
  const length = attributes.length as number;
  const width = sizeOf(output.shape.slice(1));
  const rows = sizeOf((indices as TensorType).shape);
  if (length * width === 0) return { scratch: 0, phases: [] };
  const isFloat = (updates as TensorType).dtype === 'float32';
  const block = Math.ceil(length / mostUnits);
  const cost = rows * (2 + width / 4) + (length * width) / 4;
  const phase = makePhase(2, Math.ceil(length / block), cost, ({ f, module, begin, end, inputs, output: out }) => {
    const [positions, values] = [inputs[0] as I32, inputs[1] as I32];
    const first = f.let(i32.mul(begin, int(block)));
    const wanted = f.let(i32.mul(end, int(block)));
    const count = f.let(i32.sub(choose(i32.ltS(wanted, int(length)), wanted, int(length)), first));
    const base = f.let(i32.add(out, i32.mul(first, int(4 * width))));
    fillBytes(module, f, base, 0, i32.mul(count, int(4 * width)));
    const next = f.let(positions);
    const from = f.let(values);
    f.for(int(0), int(rows), 1, () => {
      const slot = f.let(i32.sub(i32.load(next), first));
      f.if(i32.ltU(slot, count), () =>
        addSlice(f, f.let(i32.add(base, i32.mul(slot, int(4 * width)))), from, width, isFloat),
      );
      f.increase(next, 4);
      f.increase(from, 4 * width);
    });
  });
  return { scratch: 0, phases: [phase] };
};
