import { sizeOf, stridesOf } from '../shape.js';
import type { Kernel, View } from './view.js';

/** Visits every position of a shape in row-major order with its offset under other strides. */
function eachOffset(
  shape: readonly number[],
  strides: readonly number[],
  start: number,
  visit: (at: number, offset: number) => void,
): void {
  let at = 0;
  const last = shape.length - 1;
  const descend = (axis: number, offset: number): void => {
    const length = shape[axis] as number;
    const step = strides[axis] as number;
    for (let n = 0; n < length; n++) {
      if (axis === last) visit(at++, offset + n * step);
      else descend(axis + 1, offset + n * step);
    }
  };
  if (last < 0) visit(0, start);
  else if (sizeOf(shape) > 0) descend(0, start);
}

const transpose: Kernel = ([x], { permutation }, out) => {
  const { data, shape } = x as View;
  const strides = stridesOf(shape);
  const order = permutation as readonly number[];
  eachOffset(
    out.shape,
    order.map((axis) => strides[axis] as number),
    0,
    (at, offset) => {
      out.data[at] = data[offset] as number;
    },
  );
};

const slice: Kernel = ([x], { begin }, out) => {
  const { data, shape } = x as View;
  const strides = stridesOf(shape);
  const start = (begin as readonly number[]).reduce((total, b, axis) => total + b * (strides[axis] as number), 0);
  eachOffset(out.shape, strides, start, (at, offset) => {
    out.data[at] = data[offset] as number;
  });
};

const pad: Kernel = ([x], { before, value }, out) => {
  const { data, shape } = x as View;
  out.data.fill(value as number);
  const strides = stridesOf(out.shape);
  const start = (before as readonly number[]).reduce((total, b, axis) => total + b * (strides[axis] as number), 0);
  eachOffset(shape, strides, start, (at, offset) => {
    out.data[offset] = data[at] as number;
  });
};

const reverse: Kernel = ([x], { axes }, out) => {
  const { data, shape } = x as View;
  const strides = stridesOf(shape);
  const turned = axes as readonly number[];
  const start = turned.reduce((total, axis) => total + ((shape[axis] as number) - 1) * (strides[axis] as number), 0);
  const steps = strides.map((step, axis) => (turned.includes(axis) ? -step : step));
  eachOffset(shape, steps, start, (at, offset) => {
    out.data[at] = data[offset] as number;
  });
};

const concat: Kernel = (inputs, { axis }, out) => {
  const at = axis as number;
  const rows = sizeOf(out.shape.slice(0, at));
  const width = sizeOf(out.shape.slice(at));
  let offset = 0;
  for (const { data, shape } of inputs) {
    const own = sizeOf(shape.slice(at));
    for (let row = 0; row < rows; row++) out.data.set(data.subarray(row * own, (row + 1) * own), row * width + offset);
    offset += own;
  }
};

const gather: Kernel = ([x, indices], { axis }, out) => {
  const { data, shape } = x as View;
  const at = axis as number;
  const positions = (indices as View).data;
  const rows = sizeOf(shape.slice(0, at));
  const length = shape[at] as number;
  const width = sizeOf(shape.slice(at + 1));
  let to = 0;
  for (let row = 0; row < rows; row++)
    for (const position of positions) {
      const from = (row * length + position) * width;
      for (let i = 0; i < width; i++) out.data[to++] = data[from + i] as number;
    }
};

/** Adds up in double precision, rounded once at the end. */
const scatterAdd: Kernel = ([indices, updates], _, out) => {
  const { data } = updates as View;
  const positions = (indices as View).data;
  const width = sizeOf(out.shape.slice(1));
  const totals = new Float64Array(out.data.length);
  positions.forEach((position, row) => {
    for (let i = 0; i < width; i++)
      totals[position * width + i] = (totals[position * width + i] as number) + (data[row * width + i] as number);
  });
  for (let i = 0; i < totals.length; i++) out.data[i] = totals[i] as number;
};

/** Primitives of the reference backend that move elements. */
export const structureKernels: Readonly<Record<string, Kernel>> = {
  reshape: ([x], _, out) => {
    out.data.set((x as View).data);
  },
  transpose,
  slice,
  pad,
  reverse,
  concat,
  gather,
  scatterAdd,
  full: (_, { value }, out) => {
    out.data.fill(value as number);
  },
  iota: (_, __, out) => {
    for (let i = 0; i < out.data.length; i++) out.data[i] = i;
  },
};
