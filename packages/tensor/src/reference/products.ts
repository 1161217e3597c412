import { type ConvolutionAttributes, dilatedLength } from '../convolution-geometry.js';
import { sizeOf } from '../shape.js';
import type { Kernel, Numbers, View } from './view.js';

interface Matrix {
  readonly data: Numbers;
  readonly offset: number;
  readonly rowStep: number;
  readonly columnStep: number;
}

/** Adds the product of two matrices row by row in double precision; rows of zeros in the first factor cost nothing. */
function multiply(a: Matrix, b: Matrix, m: number, k: number, n: number, out: Numbers, outOffset: number): void {
  const row = new Float64Array(n);
  for (let i = 0; i < m; i++) {
    row.fill(0);
    for (let p = 0; p < k; p++) {
      const factor = a.data[a.offset + i * a.rowStep + p * a.columnStep] as number;
      if (factor === 0 && isBits(a.data)) continue;
      let from = b.offset + p * b.rowStep;
      for (let j = 0; j < n; j++, from += b.columnStep) row[j] = (row[j] as number) + factor * (b.data[from] as number);
    }
    for (let j = 0; j < n; j++) out[outOffset + i * n + j] = row[j] as number;
  }
}

function isBits(data: Numbers): boolean {
  return data instanceof Uint8Array;
}

const matMul: Kernel = ([a, b], { transposeA, transposeB }, out) => {
  const [x, y] = [a as View, b as View];
  const [m, n] = out.shape.slice(-2) as [number, number];
  const [xRows, xColumns] = x.shape.slice(-2) as [number, number];
  const [yRows, yColumns] = y.shape.slice(-2) as [number, number];
  const k = transposeA ? xRows : xColumns;
  const batches = sizeOf(out.shape.slice(0, -2));
  for (let batch = 0; batch < batches; batch++) {
    const left: Matrix = {
      data: x.data,
      offset: batch * m * k,
      rowStep: transposeA ? 1 : xColumns,
      columnStep: transposeA ? xColumns : 1,
    };
    const right: Matrix = {
      data: y.data,
      offset: batch * yRows * yColumns,
      rowStep: transposeB ? 1 : yColumns,
      columnStep: transposeB ? yColumns : 1,
    };
    multiply(left, right, m, k, n, out.data, batch * m * n);
  }
};

const conv2d: Kernel = ([images, kernel], attributes, out) => {
  const [x, w] = [images as View, kernel as View];
  const { strides, padding, inputDilation, kernelDilation } = attributes as ConvolutionAttributes;
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const [kh, kw, , filters] = w.shape as [number, number, number, number];
  const [, oh, ow] = out.shape as [number, number, number, number];
  const limits = [dilatedLength(height, inputDilation[0]), dilatedLength(width, inputDilation[1])] as const;
  /** The input pixel under a tap, or −1 where there is padding or a gap. */
  const pixel = (window: number, tap: number, axis: 0 | 1): number => {
    const at = window * strides[axis] + tap * kernelDilation[axis] - padding[axis][0];
    return at < 0 || at >= limits[axis] || at % inputDilation[axis] !== 0 ? -1 : at / inputDilation[axis];
  };
  const totals = new Float64Array(filters);
  for (let n = 0; n < batch; n++)
    for (let i = 0; i < oh; i++)
      for (let j = 0; j < ow; j++) {
        totals.fill(0);
        for (let a = 0; a < kh; a++)
          for (let b = 0; b < kw; b++) {
            const [row, column] = [pixel(i, a, 0), pixel(j, b, 1)];
            if (row < 0 || column < 0) continue;
            const from = ((n * height + row) * width + column) * channels;
            for (let c = 0; c < channels; c++) {
              const value = x.data[from + c] as number;
              const tap = ((a * kw + b) * channels + c) * filters;
              for (let f = 0; f < filters; f++) totals[f] = (totals[f] as number) + value * (w.data[tap + f] as number);
            }
          }
        out.data.set(totals, ((n * oh + i) * ow + j) * filters);
      }
};

/** Matrix product and convolution of the reference backend. */
export const productKernels: Readonly<Record<string, Kernel>> = { matMul, conv2d };
