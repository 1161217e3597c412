import type { ConvolutionAttributes } from '@ebmkit/tensor';
import type { I32, Local, V128 } from '../../assembler/expression.js';
import type { FunctionBuilder, FunctionReference } from '../../assembler/function-builder.js';
import type { ModuleBuilder } from '../../assembler/module-builder.js';
import { choose, i32, int } from '../../assembler/scalar.js';
import { v128 } from '../../assembler/vector.js';
import { at, roundUp } from './phases.js';

/** The sizes of a convolution. */
export interface ConvolutionShape {
  /** Height, width and channels of an image. */
  readonly image: readonly [height: number, width: number, channels: number];
  /** Height and width of the kernel. */
  readonly kernel: readonly [height: number, width: number];
  /** Height and width of the result. */
  readonly windows: readonly [height: number, width: number];
  /** Steps, padding, dilations. */
  readonly attributes: ConvolutionAttributes;
}

/** Numbers in so many rows of a patch, which is what the kernel covers at one place. */
export function patchLength({ image, kernel }: ConvolutionShape, rows = kernel[0]): number {
  return rows * kernel[1] * image[2];
}

/** Bytes from one patch of so many rows to the next. After the last one come 64 bytes that may be overwritten. */
export function patchStep(shape: ConvolutionShape, rows: number): number {
  return 4 * roundUp(patchLength(shape, rows), 4);
}

/** Most vectors that are copied without a loop. */
const unrolled = 16;

/** Writes numbers one after the other, whole vectors at a time: what comes after the last is overwritten later. */
function makeFiller(f: FunctionBuilder, to: Local<'i32'>) {
  const index = f.local('i32');
  const fill = (count: number | I32, value: (index: I32 | undefined, offset: number) => V128): void => {
    if (typeof count === 'number' && count <= 4 * unrolled) {
      for (let j = 0; 4 * j < count; j++) f.store(to, value(undefined, 16 * j), 16 * j);
      f.increase(to, 4 * count);
      return;
    }
    const bytes = f.let(typeof count === 'number' ? int(4 * count) : i32.shl(count, int(2)));
    /** A long run is copied with up to 48 bytes too many. */
    const vectors = typeof count === 'number' ? 4 : 1;
    f.set(index, int(0));
    f.while(i32.ltS(index, bytes), () => {
      const target = f.let(i32.add(to, index));
      for (let j = 0; j < vectors; j++) f.store(target, value(index, 16 * j), 16 * j);
      f.increase(index, 16 * vectors);
    });
    f.set(to, i32.add(to, bytes));
  };
  return {
    zeros: (count: number | I32): void => fill(count, () => f.f32x4(0)),
    copy: (from: I32, count: number | I32): void =>
      fill(count, (at, offset) => v128.load(at ? i32.add(from, at) : from, offset)),
  };
}

/** Whether a position on the dilated axis holds a pixel. */
function holdsPixel(position: I32, length: number, dilation: number): I32 {
  const inside = i32.ltU(position, int(length === 0 ? 0 : (length - 1) * dilation + 1));
  return dilation === 1 ? inside : i32.and(inside, i32.eqz(i32.remU(position, int(dilation))));
}

function clamp(f: FunctionBuilder, value: I32, least: I32, most: number): Local<'i32'> {
  const low = f.let(value);
  f.set(low, choose(i32.ltS(low, least), least, low));
  f.set(low, choose(i32.gtS(low, int(most)), int(most), low));
  return low;
}

/** The function that writes some rows of one patch, `(images, window, to, first, rows)`: zeros for padding and gaps. */
export function patchWriter(module: ModuleBuilder, shape: ConvolutionShape): FunctionReference {
  const { image, kernel, windows, attributes } = shape;
  const [height, width, channels] = image;
  const kernelWidth = kernel[1];
  const { strides, padding, inputDilation, kernelDilation } = attributes;
  const lineBytes = 4 * width * channels;
  const dense = inputDilation[1] === 1 && kernelDilation[1] === 1;
  const inside = padding[1][0] <= 0 && padding[1][1] <= 0;
  return module.once(`product: patch ${JSON.stringify(shape)}`, () =>
    module.function(['i32', 'i32', 'i32', 'i32', 'i32'], undefined, (f) => {
      const [images, window, to] = [f.parameter(0), f.parameter(1), f.parameter(2)];
      const { zeros, copy } = makeFiller(f, to);
      const line = f.let(i32.divU(window, int(windows[1])));
      const start = (index: I32, axis: 0 | 1): Local<'i32'> =>
        f.let(i32.sub(i32.mul(index, int(strides[axis])), int(padding[axis][0])));
      const left = start(i32.remU(window, int(windows[1])), 1);
      const y = start(i32.remU(line, int(windows[0])), 0);
      f.set(y, at(y, f.parameter(3), kernelDilation[0]));
      const own = f.let(at(images, i32.divU(line, int(windows[0])), height * lineBytes));
      /** Taps of a kernel row that meet pixels: the same for every row. */
      const first = dense && !inside ? clamp(f, i32.sub(int(0), left), int(0), kernelWidth) : undefined;
      const last = first && clamp(f, i32.sub(int(width), left), first, kernelWidth);
      const takeLine = (from: I32): void => {
        if (dense && inside) {
          copy(f.let(at(from, left, 4 * channels)), kernelWidth * channels);
          return;
        }
        if (first && last) {
          f.if(
            i32.eq(i32.sub(last, first), int(kernelWidth)),
            () => copy(f.let(at(from, left, 4 * channels)), kernelWidth * channels),
            () => {
              zeros(i32.mul(first, int(channels)));
              copy(f.let(at(from, i32.add(left, first), 4 * channels)), i32.mul(i32.sub(last, first), int(channels)));
              zeros(i32.mul(i32.sub(int(kernelWidth), last), int(channels)));
            },
          );
          return;
        }
        const x = f.let(left);
        f.for(int(0), int(kernelWidth), 1, () => {
          f.if(
            holdsPixel(x, width, inputDilation[1]),
            () => copy(f.let(at(from, i32.divU(x, int(inputDilation[1])), 4 * channels)), channels),
            () => zeros(channels),
          );
          f.increase(x, kernelDilation[1]);
        });
      };
      f.for(int(0), f.parameter(4), 1, () => {
        f.if(
          holdsPixel(y, height, inputDilation[0]),
          () => takeLine(f.let(at(own, i32.divU(y, int(inputDilation[0])), lineBytes))),
          () => zeros(kernelWidth * channels),
        );
        f.increase(y, kernelDilation[0]);
      });
    }),
  );
}
