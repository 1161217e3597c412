import type { Points } from '../numerics/points.js';
import { medianDistanceOf } from './median-distance.js';

/** Options of a kernel that depends on the distance `r` of two points only. */
export interface KernelOptions {
  /**
   * The shape of the kernel: `rbf` is $`\exp(-r^2 / 2 h^2)`$; `imq`, the inverse multiquadric, is
   * $`(1 + r^2 / h^2)^{-1/2}`$, whose heavy tails see what is far away.
   */
  readonly kernel?: 'rbf' | 'imq';
  /** The bandwidths `h`, over which the kernel is averaged; by default one, the median distance of the points. */
  readonly bandwidths?: readonly number[];
}

/** A kernel as a function of the squared distance, with its derivatives by the squared distance. */
export interface RadialKernel {
  /** The kernel $`\kappa(r^2)`$, 1 at 0. */
  readonly value: (square: number) => number;
  /** The derivative $`\kappa'(r^2)`$. */
  readonly first: (square: number) => number;
  /** The second derivative $`\kappa''(r^2)`$. */
  readonly second: (square: number) => number;
}

const shapes = {
  rbf: (h: number): RadialKernel => {
    const rate = -1 / (2 * h * h);
    return {
      value: (square) => Math.exp(rate * square),
      first: (square) => rate * Math.exp(rate * square),
      second: (square) => rate * rate * Math.exp(rate * square),
    };
  },
  imq: (h: number): RadialKernel => {
    const rate = 1 / (h * h);
    return {
      value: (square) => 1 / Math.sqrt(1 + rate * square),
      first: (square) => (-rate / 2) * (1 + rate * square) ** -1.5,
      second: (square) => ((3 * rate * rate) / 4) * (1 + rate * square) ** -2.5,
    };
  },
};

function average(kernels: readonly RadialKernel[], pick: keyof RadialKernel): (square: number) => number {
  const [only] = kernels;
  if (kernels.length === 1 && only) return only[pick];
  return (square) => {
    let sum = 0;
    for (const kernel of kernels) sum += kernel[pick](square);
    return sum / kernels.length;
  };
}

/**
 * The kernel that the options describe.
 *
 * @param where - name of the calling function, which starts the error message
 * @param options - shape and bandwidths
 * @param points - the points whose median distance is the bandwidth when none is given
 * @returns the kernel
 * @throws RangeError when a bandwidth is not positive, or the median distance is 0
 */
export function radialKernel(where: string, options: KernelOptions, points: () => Points): RadialKernel {
  const { kernel = 'imq', bandwidths } = options;
  const shape = (shapes as Partial<typeof shapes>)[kernel];
  if (!shape)
    throw new RangeError(`${where}: expected the kernel 'rbf' or 'imq', got '${kernel}'. Choose one of them.`);
  const widths = bandwidths ?? [medianDistanceOf(points())];
  if (widths.length === 0 || widths.some((h) => h <= 0 || (bandwidths && !Number.isFinite(h)))) {
    throw new RangeError(
      `${where}: expected bandwidths above 0, got [${widths.join(', ')}]` +
        `${bandwidths ? '' : ', the median distance of the points'}. Give positive bandwidths in the unit of the points.`,
    );
  }
  const kernels = widths.map(shape);
  return { value: average(kernels, 'value'), first: average(kernels, 'first'), second: average(kernels, 'second') };
}
