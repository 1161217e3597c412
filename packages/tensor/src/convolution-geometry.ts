/** A pair for the two spatial axes, height first. */
export type Pair = readonly [number, number];

/** The resolved geometry of a convolution. */
export interface ConvolutionAttributes {
  readonly [name: string]: unknown;
  /** Steps of the window. */
  readonly strides: Pair;
  /** Padding before and after each spatial axis, counted on the dilated input. */
  readonly padding: readonly [Pair, Pair];
  /** Spacing of the input's pixels. */
  readonly inputDilation: Pair;
  /** Spacing of the kernel's taps. */
  readonly kernelDilation: Pair;
}

/** The length of an axis once `dilation − 1` gaps are put between neighbours. */
export function dilatedLength(length: number, dilation: number): number {
  return length === 0 ? 0 : (length - 1) * dilation + 1;
}
