import type { DType } from '@ebmkit/tensor';

/** A buffer of a program, by number. */
export type BufferId = number;

/** A strided look at a buffer: element `i` is at `offset + Σ i[axis] · strides[axis]`, counted in elements. */
export interface View {
  /** Which buffer. */
  readonly buffer: BufferId;
  /** Element type. */
  readonly dtype: DType;
  /** Axis lengths. */
  readonly shape: readonly number[];
  /** Elements between neighbours along each axis; 0 where the view repeats. */
  readonly strides: readonly number[];
  /** Where the first element is. */
  readonly offset: number;
}

/** Row-major strides. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = step;
    step *= shape[axis] as number;
  }
  return strides;
}

/** Whether two lists of numbers are equal. */
export function sameNumbers(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((n, i) => n === b[i]);
}

/** The axes that are longer than 1. */
export function squeeze(shape: readonly number[]): number[] {
  return shape.filter((length) => length !== 1);
}

/** A whole buffer in row-major order. */
export function wholeView(buffer: BufferId, shape: readonly number[], dtype: DType): View {
  return { buffer, dtype, shape, strides: stridesOf(shape), offset: 0 };
}

/** Whether a view walks its buffer from one element to the next, in row-major order. */
export function isContiguous({ shape, strides }: View): boolean {
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const length = shape[axis] as number;
    if (length === 1) continue;
    if (strides[axis] !== step) return false;
    step *= length;
  }
  return true;
}

/** Whether all elements of a view are one. */
export function isUniform({ shape, strides }: View): boolean {
  return shape.every((length, axis) => length === 1 || strides[axis] === 0);
}

/** The view repeated along axes of length 1, and along new leading axes. */
export function broadcastView(view: View, shape: readonly number[]): View {
  const extra = shape.length - view.shape.length;
  const strides = shape.map((length, axis) => {
    const own = axis - extra;
    return own < 0 || (view.shape[own] === 1 && length !== 1) ? 0 : (view.strides[own] as number);
  });
  return { ...view, shape, strides };
}

/** The view under another shape with as many elements, without a copy; undefined where that needs one. */
export function reshapeView(view: View, shape: readonly number[]): View | undefined {
  if (isContiguous(view)) return { ...view, shape, strides: stridesOf(shape) };
  if (isUniform(view)) return { ...view, shape, strides: shape.map(() => 0) };
  if (!sameNumbers(squeeze(view.shape), squeeze(shape))) return undefined;
  const kept = view.strides.filter((_, axis) => view.shape[axis] !== 1);
  let next = 0;
  return { ...view, shape, strides: shape.map((length) => (length === 1 ? 0 : (kept[next++] as number))) };
}

/** The view with its axes in another order. */
export function transposeView(view: View, permutation: readonly number[]): View {
  return {
    ...view,
    shape: permutation.map((axis) => view.shape[axis] as number),
    strides: permutation.map((axis) => view.strides[axis] as number),
  };
}

/** A part of a view. */
export function sliceView(view: View, begin: readonly number[], size: readonly number[]): View {
  const moved = begin.reduce((total, b, axis) => total + b * (view.strides[axis] as number), 0);
  return { ...view, shape: size, offset: view.offset + moved };
}

/** The view walked backwards along axes. */
export function reverseView(view: View, axes: readonly number[]): View {
  const moved = axes.reduce(
    (total, axis) => total + ((view.shape[axis] as number) - 1) * (view.strides[axis] as number),
    0,
  );
  return {
    ...view,
    strides: view.strides.map((step, axis) => (axes.includes(axis) ? -step : step)),
    offset: view.offset + moved,
  };
}
