import { sizeOf, type TensorType } from '@ebmkit/tensor';
import type { I32 } from '../../assembler/expression.js';
import { choose, i32, int } from '../../assembler/scalar.js';
import { elementBytes } from '../../element-bytes.js';
import type { KernelRule } from '../step-kernel.js';
import { copyBytes } from './byte-runs.js';
import { makePhase } from './phase-code.js';
import { segmentKernel } from './segments.js';

/** Picks slices along the attribute `axis`; a position outside it picks the last slice. */
export const gather: KernelRule = ([x, positions], attributes, output) => {
  const { shape } = x as TensorType;
  const axis = attributes.axis as number;
  const size = elementBytes(output.dtype);
  const rows = sizeOf(shape.slice(0, axis));
  const length = shape[axis] as number;
  const width = sizeOf(shape.slice(axis + 1)) * size;
  const picks = sizeOf((positions as TensorType).shape);
  if (rows * width * picks === 0) return { scratch: 0, phases: [] };
  if (length === 0) return segmentKernel(2, 1, [{ bytes: sizeOf(output.shape) * size, word: 0 }]);
  const phase = makePhase(
    2,
    rows * picks,
    rows * picks * (2 + width / 10),
    ({ f, module, begin, end, inputs, output }) => {
      const [source, indices] = [inputs[0] as I32, inputs[1] as I32];
      const to = f.let(i32.add(output, i32.mul(begin, int(width))));
      const row = f.let(i32.add(source, i32.mul(i32.divU(begin, int(picks)), int(length * width))));
      const next = f.let(i32.add(indices, i32.shl(i32.remU(begin, int(picks)), int(2))));
      const stop = f.let(i32.add(indices, int(4 * picks)));
      f.for(begin, end, 1, () => {
        const index = f.let(i32.load(next));
        const inside = choose(i32.ltU(index, int(length)), index, int(length - 1));
        copyBytes(module, f, to, i32.add(row, i32.mul(inside, int(width))), width);
        f.increase(to, width);
        f.increase(next, 4);
        if (rows > 1)
          f.if(i32.eq(next, stop), () => {
            f.set(next, indices);
            f.increase(row, length * width);
          });
      });
    },
  );
  return { scratch: 0, phases: [phase] };
};
