import { add, keep, matMul, reshape, silu, type Tensor, tensor } from '@ebmkit/tensor';
import { uniforms } from '../inputs.js';

const width = 128;

/** The weights of the energy network d-128-128-1. */
export type MlpParameters = {
  /** `[d, 128]`. */
  readonly w1: Tensor;
  /** `[128]`. */
  readonly b1: Tensor;
  /** `[128, 128]`. */
  readonly w2: Tensor;
  /** `[128]`. */
  readonly b2: Tensor;
  /** `[128, 1]`. */
  readonly w3: Tensor;
  /** `[1]`. */
  readonly b3: Tensor;
};

const shapes = (dim: number) =>
  [
    ['w1', [dim, width]],
    ['b1', [width]],
    ['w2', [width, width]],
    ['b2', [width]],
    ['w3', [width, 1]],
    ['b3', [1]],
  ] as const;

/** The energy network with SiLU units, `[n, d]` to `[n]`. */
export function mlpEnergy({ w1, b1, w2, b2, w3, b3 }: MlpParameters, x: Tensor): Tensor {
  const first = silu(add(matMul(x, w1), b1));
  const second = silu(add(matMul(first, w2), b2));
  return reshape(add(matMul(second, w3), b3), [-1]);
}

/**
 * All weights in one array, in the order w1, b1, w2, b2, w3, b3: uniform up to twice the inverse root of the fan-in, so that
 * the slope of the energy is not small.
 */
export function mlpWeights(dim: number): Float32Array {
  const fanIn: Readonly<Record<string, number>> = { w1: dim, b1: dim, w2: width, b2: width, w3: width, b3: width };
  const parts = shapes(dim).map(([name, shape], i) => {
    const bound = 2 / Math.sqrt(fanIn[name] as number);
    return uniforms(
      31 + i,
      (shape as readonly number[]).reduce((a, b) => a * b, 1),
      -bound,
      bound,
    );
  });
  return Float32Array.from(parts.flatMap((part) => [...part]));
}

/** The weights as tensors, which the caller frees. */
export function mlpParameters(dim: number, weights: Float32Array): MlpParameters {
  let offset = 0;
  const entries = shapes(dim).map(([name, shape]) => {
    const size = (shape as readonly number[]).reduce((a, b) => a * b, 1);
    offset += size;
    return [name, keep(tensor(weights.subarray(offset - size, offset), shape))] as const;
  });
  return Object.fromEntries(entries) as unknown as MlpParameters;
}

/** The matrix products of one pass of the network over a batch, in multiplications and additions. */
export function mlpPassFlops(batch: number, dim: number): number {
  return 2 * batch * (dim * width + width * width + width);
}
