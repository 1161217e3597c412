import { keepAxes, sizeOf, stridesOf } from '../shape.js';
import type { Kernel, Numbers, View } from './view.js';

/** For each element of the input in order, the position in the output that it is folded into. */
function foldInto(x: View, axes: readonly number[], visit: (at: number, value: number) => void): void {
  const { data, shape } = x;
  const kept = keepAxes(shape, axes);
  const steps = stridesOf(kept).map((step, axis) => (axes.includes(axis) ? 0 : step));
  const counters = new Array<number>(shape.length).fill(0);
  let at = 0;
  for (let i = 0; i < data.length; i++) {
    visit(at, data[i] as number);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += steps[axis] as number;
      counters[axis] = (counters[axis] as number) + 1;
      if ((counters[axis] as number) < (shape[axis] as number)) break;
      at -= (steps[axis] as number) * (shape[axis] as number);
      counters[axis] = 0;
    }
  }
}

/** Sums in double precision, rounded once at the end. */
const sum: Kernel = ([x], { axes }, out) => {
  const totals = new Float64Array(out.data.length);
  foldInto(x as View, axes as readonly number[], (at, value) => {
    totals[at] = (totals[at] as number) + value;
  });
  for (let i = 0; i < totals.length; i++) out.data[i] = totals[i] as number;
};

function extremum(pick: (a: number, b: number) => number, start: number): Kernel {
  return ([x], { axes }, out) => {
    const best = new Float64Array(out.data.length).fill(start);
    foldInto(x as View, axes as readonly number[], (at, value) => {
      best[at] = pick(best[at] as number, value);
    });
    for (let i = 0; i < best.length; i++) out.data[i] = best[i] as number;
  };
}

/** Calls `visit` with a reader and writer for every line along an axis. */
function eachLine(
  shape: readonly number[],
  axis: number,
  visit: (start: number, step: number, length: number, line: number) => void,
): void {
  const length = shape[axis] as number;
  const step = sizeOf(shape.slice(axis + 1));
  const rows = sizeOf(shape.slice(0, axis));
  for (let row = 0; row < rows; row++)
    for (let i = 0; i < step; i++) visit(row * length * step + i, step, length, row * step + i);
}

const argMax: Kernel = ([x], { axis }, out) => {
  const { data, shape } = x as View;
  eachLine(shape, axis as number, (start, step, length, line) => {
    let best = 0;
    for (let n = 1; n < length; n++)
      if ((data[start + n * step] as number) > (data[start + best * step] as number)) best = n;
    out.data[line] = best;
  });
};

const cumsum: Kernel = ([x], { axis, exclusive, reverse }, out) => {
  const { data, shape } = x as View;
  eachLine(shape, axis as number, (start, step, length) => {
    let total = 0;
    for (let n = 0; n < length; n++) {
      const at = start + (reverse ? length - 1 - n : n) * step;
      const value = data[at] as number;
      out.data[at] = exclusive ? total : total + value;
      total += value;
    }
  });
};

/** Ascending with NaN last; the sort is stable, so that ties keep their order. */
function compare(line: Numbers): (a: number, b: number) => number {
  return (a, b) => {
    const x = line[a] as number;
    const y = line[b] as number;
    if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
    return x - y || 0;
  };
}

const argSort: Kernel = ([x], { axis }, out) => {
  const { data, shape } = x as View;
  eachLine(shape, axis as number, (start, step, length) => {
    const line = Float64Array.from({ length }, (_, n) => data[start + n * step] as number);
    const order = Array.from({ length }, (_, n) => n).sort(compare(line));
    order.forEach((from, n) => {
      out.data[start + n * step] = from;
    });
  });
};

/** Primitives of the reference backend that combine elements along axes. */
export const reductionKernels: Readonly<Record<string, Kernel>> = {
  sum,
  max: extremum(Math.max, Number.NEGATIVE_INFINITY),
  min: extremum(Math.min, Number.POSITIVE_INFINITY),
  argMax,
  cumsum,
  argSort,
};
