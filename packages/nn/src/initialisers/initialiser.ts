import { type Key, type Shape, ShapeError, sizeOf, type Tensor } from '@ebmkit/tensor';
import { showShape } from '../checks.js';

/**
 * How weights begin: draws a tensor of a shape. In weights `[inputs, outputs]` and `[height, width, channels, filters]` the last axis
 * goes out, the one before it comes in, and those before are the window. `normal` of `@ebmkit/tensor` is an initialiser.
 */
export type Initialiser = (key: Key, shape: Shape) => Tensor;

/** How many numbers each output sums, and how many outputs each input goes to. */
export function fansOf(where: string, shape: Shape): { readonly fanIn: number; readonly fanOut: number } {
  if (shape.length < 2)
    throw new ShapeError(
      `${where}: expected a shape [..., inputs, outputs], got ${showShape(shape)}. Begin biases with constant(0).`,
    );
  const window = sizeOf(shape.slice(0, -2));
  return { fanIn: window * (shape.at(-2) as number), fanOut: window * (shape.at(-1) as number) };
}
