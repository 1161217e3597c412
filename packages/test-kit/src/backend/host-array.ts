import { type Backend, type DType, type Shape, sizeOf, type Tensor, tensor, withBackend } from '@ebmkit/tensor';
import * as fc from 'fast-check';

/** The numbers of a tensor as plain data, so that they can be put on any backend. Floats are float32 values. */
export interface HostArray {
  /** Axis lengths. */
  readonly shape: Shape;
  /** Element type. */
  readonly dtype: DType;
  /** The numbers in row-major order. */
  readonly values: readonly number[];
}

/** Uploads an array to a backend. */
export function upload(backend: Backend, { shape, dtype, values }: HostArray): Tensor {
  return withBackend(backend, () => tensor([...values], shape, dtype));
}

/** What a backend can hold, and how hard to try it. */
export interface ValueLimits {
  /** Special floats that the device keeps apart. */
  readonly specialValues: readonly number[];
  /** The largest whole number that an int32 tensor holds exactly. */
  readonly largestInteger: number;
}

/** Writes an array for a failure message. */
export function showHostArray({ shape, dtype, values }: HostArray): string {
  return `${dtype}[${shape.join(', ')}] (${values.slice(0, 24).join(', ')}${values.length > 24 ? ', …' : ''})`;
}

const lengths = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(1, 2, 3, 4, 5, 7) },
  { weight: 1, arbitrary: fc.constant(0) },
);

/** Shapes of a rank between two bounds, with lengths of zero, one and odd sizes, and at most 600 values. */
export function shapes(minRank = 0, maxRank = 7): fc.Arbitrary<Shape> {
  return fc
    .array(lengths, { minLength: minRank, maxLength: maxRank, size: 'max' })
    .filter((shape) => sizeOf(shape) <= 600);
}

/** Shapes that broadcast together, each the common shape with some axes of length 1 and some leading axes left out. */
export function broadcastingShapes(count: number): fc.Arbitrary<readonly Shape[]> {
  const operand = (shape: Shape): fc.Arbitrary<Shape> =>
    fc
      .tuple(fc.nat(shape.length), fc.array(fc.nat(3), { minLength: shape.length, maxLength: shape.length }))
      .map(([dropped, ones]) => shape.map((n, axis) => (ones[axis] === 0 ? 1 : n)).slice(dropped));
  return shapes().chain((shape) =>
    fc.oneof(
      { weight: 1, arbitrary: fc.constant(Array.from({ length: count }, () => shape)) },
      { weight: 3, arbitrary: fc.tuple(...Array.from({ length: count }, () => operand(shape))) },
    ),
  );
}

/** Where floats are drawn from. */
export interface FloatDomain {
  /** Smallest value; −10³⁰ unless given. */
  readonly min?: number;
  /** Largest value; 10³⁰ unless given. */
  readonly max?: number;
  /** Whether special values (NaN, infinities, −0) are mixed in; they are unless this is false. */
  readonly special?: boolean;
}

/** Float32 values: small whole numbers, moderate and widely spread magnitudes, and special values. */
export function floats(limits: ValueLimits, { min = -1e30, max = 1e30, special = true }: FloatDomain = {}) {
  const inside = (x: number): number => Math.fround(Math.min(max, Math.max(min, x)));
  const uniformIn = (low: number, high: number) =>
    fc.nat(2 ** 24).map((n) => inside(low + ((high - low) * n) / 2 ** 24));
  const [low, high] = [Math.max(min, -4), Math.min(max, 4)];
  const [far, near] = [Math.min(max, 1000), Math.max(min, -1000)];
  const ordinary: { weight: number; arbitrary: fc.Arbitrary<number> }[] = [
    { weight: 4, arbitrary: fc.integer({ min: -3, max: 3 }).map(inside) },
    { weight: 8, arbitrary: uniformIn(Math.min(low, high), Math.max(low, high)) },
    { weight: 2, arbitrary: uniformIn(near, far) },
    {
      weight: 3,
      arbitrary: fc
        .tuple(fc.boolean(), fc.integer({ min: -3000, max: 3000 }))
        .map(([negative, e]) => inside((negative ? -1 : 1) * 10 ** (e / 100))),
    },
  ];
  const allowed = special ? limits.specialValues : [];
  return fc.oneof(...ordinary, ...(allowed.length > 0 ? [{ weight: 1, arbitrary: fc.constantFrom(...allowed) }] : []));
}

/** Whole numbers of at most a given size that the backend holds exactly. */
export function integers(limits: ValueLimits, size: number, min = -size): fc.Arbitrary<number> {
  const bound = Math.min(size, limits.largestInteger);
  return fc.integer({ min: Math.max(min, -bound), max: bound });
}

/** Zeros and ones. */
export function bits(): fc.Arbitrary<number> {
  return fc.integer({ min: 0, max: 1 });
}

/** An array of a known shape. */
export function arrayOf(shape: Shape, dtype: DType, element: fc.Arbitrary<number>): fc.Arbitrary<HostArray> {
  const size = sizeOf(shape);
  return fc
    .array(element, { minLength: size, maxLength: size, size: 'max' })
    .map((values) => ({ shape, dtype, values }));
}

/** An array of any shape. */
export function arrays(dtype: DType, element: fc.Arbitrary<number>, minRank = 0, maxRank = 7): fc.Arbitrary<HostArray> {
  return shapes(minRank, maxRank).chain((shape) => arrayOf(shape, dtype, element));
}

/** Arrays whose shapes broadcast together. */
export function broadcastingArrays(
  elements: readonly { readonly dtype: DType; readonly element: fc.Arbitrary<number> }[],
): fc.Arbitrary<readonly HostArray[]> {
  return broadcastingShapes(elements.length).chain((all) =>
    fc.tuple(...elements.map(({ dtype, element }, i) => arrayOf(all[i] as Shape, dtype, element))),
  );
}
