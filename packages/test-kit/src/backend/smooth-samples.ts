import { type DType, type Shape, sizeOf, type Tensor } from '@ebmkit/tensor';
import * as fc from 'fast-check';
import type { HostArray } from './host-array.js';
import type { Sample } from './sample.js';

/** A function to differentiate, with inputs away from its kinks. Its float32 inputs are differentiated, the others are not. */
export interface SmoothSample extends Sample {
  /** What is computed: one float32 tensor. */
  readonly compute: (inputs: readonly Tensor[]) => Tensor;
}

/** Random smooth samples of one function. */
export type SmoothSamples = fc.Arbitrary<SmoothSample>;

/** The distance between neighbours of the lattice that smooth inputs lie on: no two values of an array are closer. */
const spacing = 0.13;

/** An array of distinct values on a lattice that avoids 0, moved by `offset` and mapped into a domain. */
export function lattice(shape: Shape, map: (x: number) => number = (x) => x, offset = 0): fc.Arbitrary<HostArray> {
  const size = sizeOf(shape);
  const places = Array.from({ length: size }, (_, i) => i);
  return fc.shuffledSubarray(places, { minLength: size, maxLength: size }).map((order) => ({
    shape,
    dtype: 'float32' as const,
    values: order.map((i) => Math.fround(map((i - Math.floor(size / 2) + 0.45) * spacing + offset))),
  }));
}

/** An array of whole numbers or bits. */
export function indicators(shape: Shape, dtype: DType, max: number): fc.Arbitrary<HostArray> {
  const size = sizeOf(shape);
  return fc
    .array(fc.nat(max), { minLength: size, maxLength: size, size: 'max' })
    .map((values) => ({ shape, dtype, values }));
}

/** Shapes of at most 24 values, some of them empty. */
export const smallShapes: fc.Arbitrary<Shape> = fc
  .array(
    fc.oneof({ weight: 12, arbitrary: fc.integer({ min: 1, max: 4 }) }, { weight: 1, arbitrary: fc.constant(0) }),
    {
      maxLength: 4,
      size: 'max',
    },
  )
  .filter((shape) => sizeOf(shape) <= 24);

/** Shapes of at most 24 values with at least one axis and no empty one. */
export const fullShapes: fc.Arbitrary<Shape> = smallShapes.filter((shape) => shape.length > 0 && sizeOf(shape) > 0);

/** Samples of a function of one tensor. */
export function ofOne(
  f: (x: Tensor) => Tensor,
  map?: (x: number) => number,
  shapes: fc.Arbitrary<Shape> = smallShapes,
): SmoothSamples {
  return shapes.chain((shape) => lattice(shape, map)).map((x) => ({ inputs: [x], compute: ([t]) => f(t as Tensor) }));
}

/** Samples of a function of one tensor and constants that depend on its shape. */
export function ofOneWith<D>(
  f: (x: Tensor, detail: D) => Tensor,
  details: (shape: Shape) => fc.Arbitrary<D>,
  shapes: fc.Arbitrary<Shape> = fullShapes,
  map?: (x: number) => number,
): SmoothSamples {
  return shapes.chain((shape) =>
    fc.tuple(lattice(shape, map), details(shape)).map(([x, detail]) => ({
      inputs: [x],
      compute: ([t]: readonly Tensor[]) => f(t as Tensor, detail),
      detail,
    })),
  );
}

/** Samples of a function of two tensors that broadcast; no value of one equals a value of the other. */
export function ofTwo(
  f: (a: Tensor, b: Tensor) => Tensor,
  mapA?: (x: number) => number,
  mapB?: (x: number) => number,
): SmoothSamples {
  return fc
    .tuple(smallShapes, fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), fc.nat(2), fc.boolean())
    .chain(([shape, ones, dropped, swap]) => {
      const other = shape.map((n, axis) => (ones[axis] ? 1 : n)).slice(Math.min(dropped, shape.length));
      const [a, b] = swap ? [other, shape] : [shape, other];
      return fc.tuple(lattice(a, mapA), lattice(b, mapB, spacing / 2));
    })
    .map((inputs) => ({ inputs, compute: ([a, b]) => f(a as Tensor, b as Tensor) }));
}
