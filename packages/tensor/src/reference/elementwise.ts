import { erf, erfinv, roundHalfEven, sigmoid, softplus } from './special-functions.js';
import type { Kernel, Numbers, View } from './view.js';

const unary: Readonly<Record<string, (x: number) => number>> = {
  neg: (x) => -x,
  abs: Math.abs,
  sign: Math.sign,
  floor: Math.floor,
  ceil: Math.ceil,
  round: roundHalfEven,
  sqrt: Math.sqrt,
  rsqrt: (x) => 1 / Math.sqrt(x),
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  sin: Math.sin,
  cos: Math.cos,
  tanh: Math.tanh,
  sigmoid,
  softplus,
  erf,
  erfinv,
  isFinite: (x) => (Number.isFinite(x) ? 1 : 0),
  isNaN: (x) => (Number.isNaN(x) ? 1 : 0),
  logicalNot: (x) => (x === 0 ? 1 : 0),
  stopGradient: (x) => x,
};

const binary: Readonly<Record<string, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  pow: (a, b) => (a === 1 && Number.isNaN(b) ? 1 : a ** b),
  mod: (a, b) => {
    const rest = a % b;
    return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest;
  },
  minimum: Math.min,
  maximum: Math.max,
  equal: (a, b) => (a === b ? 1 : 0),
  notEqual: (a, b) => (a !== b ? 1 : 0),
  less: (a, b) => (a < b ? 1 : 0),
  lessEqual: (a, b) => (a <= b ? 1 : 0),
  greater: (a, b) => (a > b ? 1 : 0),
  greaterEqual: (a, b) => (a >= b ? 1 : 0),
  logicalAnd: (a, b) => (a !== 0 && b !== 0 ? 1 : 0),
  logicalOr: (a, b) => (a !== 0 || b !== 0 ? 1 : 0),
};

/** The product of two 32-bit integers wraps; a float product would lose its low bits. */
const integerBinary: Readonly<Record<string, (a: number, b: number) => number>> = { mul: Math.imul };

/** Calls `f(out, a, b)` with flat positions, for two operands that broadcast to `shape`. */
function broadcastPositions(
  shape: readonly number[],
  a: View,
  b: View,
): (visit: (at: number, i: number, j: number) => void) => void {
  const rank = shape.length;
  const strides = [a, b].map((view) => {
    const own = new Array<number>(rank).fill(0);
    let step = 1;
    for (let axis = view.shape.length - 1; axis >= 0; axis--) {
      const length = view.shape[axis] as number;
      own[axis + rank - view.shape.length] = length === 1 ? 0 : step;
      step *= length;
    }
    return own;
  }) as [number[], number[]];
  return (visit) => {
    let at = 0;
    const descend = (axis: number, i: number, j: number): void => {
      const length = shape[axis] as number;
      const [si, sj] = [strides[0][axis] as number, strides[1][axis] as number];
      for (let n = 0; n < length; n++) {
        if (axis === rank - 1) visit(at++, i + n * si, j + n * sj);
        else descend(axis + 1, i + n * si, j + n * sj);
      }
    };
    if (rank === 0) visit(0, 0, 0);
    else if (shape.every((n) => n > 0)) descend(0, 0, 0);
  };
}

function runBinary(
  f: (a: number, b: number) => number,
  a: View,
  b: View,
  out: Numbers,
  shape: readonly number[],
): void {
  const [x, y] = [a.data, b.data];
  const n = out.length;
  if (x.length === n && y.length === n) for (let i = 0; i < n; i++) out[i] = f(x[i] as number, y[i] as number);
  else if (x.length === n && y.length === 1) {
    const scalar = y[0] as number;
    for (let i = 0; i < n; i++) out[i] = f(x[i] as number, scalar);
  } else if (y.length === n && x.length === 1) {
    const scalar = x[0] as number;
    for (let i = 0; i < n; i++) out[i] = f(scalar, y[i] as number);
  } else
    broadcastPositions(
      shape,
      a,
      b,
    )((at, i, j) => {
      out[at] = f(x[i] as number, y[j] as number);
    });
}

function unaryKernel(f: (x: number) => number): Kernel {
  return ([x], _, out) => {
    const { data } = x as View;
    for (let i = 0; i < data.length; i++) out.data[i] = f(data[i] as number);
  };
}

function binaryKernel(name: string, f: (a: number, b: number) => number): Kernel {
  return ([a, b], _, out) => {
    const whole = out.dtype === 'int32' ? (integerBinary[name] ?? f) : f;
    runBinary(whole, a as View, b as View, out.data, out.shape);
  };
}

/** Repeats a view along broadcast axes, so that every operand has one length. */
function spread(view: View, shape: readonly number[], out: Numbers): Numbers {
  if (view.data.length === out.length) out.set(view.data);
  else
    broadcastPositions(
      shape,
      view,
      view,
    )((at, i) => {
      out[at] = view.data[i] as number;
    });
  return out;
}

const select: Kernel = ([condition, a, b], _, out) => {
  const size = out.data.length;
  const whole = (view: View): Numbers =>
    view.data.length === size ? view.data : spread(view, out.shape, new Float64Array(size));
  const [c, x, y] = [condition, a, b].map((view) => whole(view as View)) as [Numbers, Numbers, Numbers];
  for (let i = 0; i < size; i++) out.data[i] = (c[i] !== 0 ? x[i] : y[i]) as number;
};

const cast: Kernel = ([x], { dtype }, out) => {
  const { data } = x as View;
  const f = dtype === 'bool' ? (v: number) => (v !== 0 ? 1 : 0) : dtype === 'int32' ? Math.trunc : (v: number) => v;
  for (let i = 0; i < data.length; i++) out.data[i] = f(data[i] as number);
};

/** Elementwise primitives of the reference backend. */
export const elementwiseKernels: Readonly<Record<string, Kernel>> = {
  ...Object.fromEntries(Object.entries(unary).map(([name, f]) => [name, unaryKernel(f)])),
  ...Object.fromEntries(Object.entries(binary).map(([name, f]) => [name, binaryKernel(name, f)])),
  select,
  cast,
  broadcastTo: ([x], _, out) => {
    spread(x as View, out.shape, out.data);
  },
};
