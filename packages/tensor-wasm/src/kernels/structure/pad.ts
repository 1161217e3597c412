import { sizeOf, type TensorType } from '@ebmkit/tensor';
import type { I32 } from '../../assembler/expression.js';
import { i32, int } from '../../assembler/scalar.js';
import { elementBytes } from '../../element-bytes.js';
import type { KernelRule } from '../step-kernel.js';
import { fillBytes } from './byte-runs.js';
import { wordOf } from './repeated-word.js';
import { type Segment, segmentKernel, writeRow } from './segments.js';

/** An axis of the input and what comes before and after it. */
interface PaddedAxis {
  readonly length: number;
  readonly before: number;
  readonly after: number;
}

/** Axes that are not padded become part of the one before them. */
function mergeAxes(shape: readonly number[], before: readonly number[], after: readonly number[]): PaddedAxis[] {
  const merged: PaddedAxis[] = [];
  for (const [i, length] of shape.entries()) {
    const axis = { length, before: before[i] as number, after: after[i] as number };
    const outer = merged.at(-1);
    if (!outer || axis.before + axis.after > 0) merged.push(axis);
    else
      merged[merged.length - 1] = {
        length: outer.length * length,
        before: outer.before * length,
        after: outer.after * length,
      };
  }
  return merged.length === 0 ? [{ length: 1, before: 0, after: 0 }] : merged;
}

/** Surrounds a tensor with the attribute `value`: `before` and `after` it on every axis. */
export const pad: KernelRule = ([input], attributes, output) => {
  const { shape } = input as TensorType;
  const word = wordOf(attributes.value as number, output.dtype);
  const bytes = elementBytes(output.dtype);
  if (sizeOf(shape) === 0) return segmentKernel(1, 1, [{ bytes: sizeOf(output.shape) * bytes, word }]);
  const axes = mergeAxes(shape, attributes.before as readonly number[], attributes.after as readonly number[]);
  const outer = axes.slice(0, -1);
  const inner = axes.at(-1) as PaddedAxis;
  const rowBytes = inner.length * bytes;
  const segments: readonly Segment[] = [
    { bytes: inner.before * bytes, word },
    { bytes: rowBytes, from: (code, row) => i32.add(code.inputs[0] as I32, i32.mul(row, int(rowBytes))) },
    { bytes: inner.after * bytes, word },
  ];
  const whole = (axis: PaddedAxis): number => axis.length + axis.before + axis.after;
  const rows = outer.reduce((product, axis) => product * whole(axis), 1);
  return segmentKernel(1, rows, segments, (code, to, row) => {
    const { f, module } = code;
    const rest = f.let(row);
    const source = f.let(int(0));
    const inside = f.let(int(1));
    let stride = 1;
    for (const axis of outer.toReversed()) {
      const length = int(whole(axis));
      const at = f.let(i32.sub(i32.remU(rest, length), int(axis.before)));
      f.set(rest, i32.divU(rest, length));
      f.set(inside, i32.and(inside, i32.ltU(at, int(axis.length))));
      f.set(source, i32.add(source, i32.mul(at, int(stride))));
      stride *= axis.length;
    }
    f.if(
      inside,
      () => writeRow(code, to, source, segments),
      () => fillBytes(module, f, to, word, whole(inner) * bytes),
    );
  });
};
