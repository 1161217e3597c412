import { ShapeError } from './errors.js';

/** The lengths of a tensor's axes, outermost first. A scalar has the empty shape. */
export type Shape = readonly number[];

/**
 * Counts the elements of a shape.
 *
 * @param shape - Axis lengths.
 * @returns Their product; 1 for a scalar.
 */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const length of shape) size *= length;
  return size;
}

/** Whether two shapes are the same, axis by axis. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((length, axis) => length === b[axis]);
}

/** Writes a shape as `[2, 3]`, for messages. */
export function showShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** Checks that a shape is a list of whole numbers of at least zero. */
export function checkShape(where: string, shape: Shape): void {
  if (!Array.isArray(shape) || shape.some((n) => !Number.isInteger(n) || n < 0))
    throw new ShapeError(`${where}: a shape is a list of whole numbers of at least 0, got ${JSON.stringify(shape)}.`);
}

/**
 * The shape that two shapes broadcast to, by NumPy's rule: align at the last axis; lengths agree or one of them is 1.
 *
 * @throws ShapeError when an axis differs and neither length is 1.
 */
export function broadcastShapes(where: string, a: Shape, b: Shape): Shape {
  if (a === b) return a;
  const rank = Math.max(a.length, b.length);
  const out = new Array<number>(rank);
  for (let i = 1; i <= rank; i++) {
    const x = a[a.length - i] ?? 1;
    const y = b[b.length - i] ?? 1;
    if (x !== y && x !== 1 && y !== 1)
      throw new ShapeError(
        `${where}: shapes must broadcast (equal lengths, or 1, counted from the last axis), got ${showShape(a)} and ${showShape(b)}. Reshape or broadcastTo one of them.`,
      );
    out[rank - i] = x === 1 ? y : x;
  }
  return out;
}

/**
 * Turns an axis that may count from the end into one that counts from the front.
 *
 * @throws ShapeError when the axis does not exist.
 */
export function resolveAxis(where: string, axis: number, rank: number): number {
  const resolved = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(resolved) || resolved < 0 || resolved >= rank)
    throw new ShapeError(`${where}: axis must be in -${rank} … ${rank - 1}, got ${axis}.`);
  return resolved;
}

/** Resolves a list of axes (all of them when undefined), sorted, without repeats. */
export function resolveAxes(
  where: string,
  axes: number | readonly number[] | undefined,
  rank: number,
): readonly number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, axis) => axis);
  const list = typeof axes === 'number' ? [axes] : axes;
  const resolved = list.map((axis) => resolveAxis(where, axis, rank)).sort((a, b) => a - b);
  if (new Set(resolved).size !== resolved.length)
    throw new ShapeError(`${where}: each axis may be named once, got [${list.join(', ')}].`);
  return resolved;
}

/** Row-major strides in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = step;
    step *= shape[axis] as number;
  }
  return strides;
}

/** The shape without the given (resolved) axes. */
export function dropAxes(shape: Shape, axes: readonly number[]): Shape {
  return shape.filter((_, axis) => !axes.includes(axis));
}

/** The shape with the given (resolved) axes set to length 1. */
export function keepAxes(shape: Shape, axes: readonly number[]): Shape {
  return shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
}
