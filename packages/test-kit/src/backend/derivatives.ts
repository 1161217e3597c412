import {
  add,
  type Backend,
  free,
  full,
  grad,
  hvp,
  jvp,
  mul,
  read,
  scoped,
  sizeOf,
  square,
  sum,
  type Tensor,
  tensor,
  vjp,
  withBackend,
} from '@ebmkit/tensor';
import { findMismatch } from '../close-to.js';
import { type HostArray, showHostArray, upload } from './host-array.js';
import { oracle } from './sample.js';
import type { SmoothSample } from './smooth-samples.js';

/** Fixed weights without symmetry, between −1 and 1 and exact in float32. */
function weights(shape: readonly number[], phase: number): Tensor {
  const size = sizeOf(shape);
  return tensor(
    Float32Array.from({ length: size }, (_, i) => Math.sin(1.7 * i + phase)),
    shape,
  );
}

/** A scalar whose first and second derivatives involve every output: a weighted sum of outputs and of their squares. */
function lossOf(sample: SmoothSample): (floats: readonly Tensor[], others: readonly Tensor[]) => Tensor {
  return (floats, others) => {
    let [nextFloat, nextOther] = [0, 0];
    const inputs = sample.inputs.map(({ dtype }) => (dtype === 'float32' ? floats[nextFloat++] : others[nextOther++]));
    const out = sample.compute(inputs as Tensor[]);
    return add(sum(mul(out, weights(out.shape, 0.6))), mul(sum(mul(square(out), weights(out.shape, 2.1))), 0.25));
  };
}

/** The two derivatives of a sample: the gradient, and the Hessian times a fixed direction. */
interface Derivatives {
  readonly gradient: number[];
  readonly curvature: number[];
}

const isFloat = ({ dtype }: HostArray): boolean => dtype === 'float32';

/** The fixed direction of one input. */
function directionOf({ shape }: HostArray, which: number): number[] {
  return Array.from({ length: sizeOf(shape) }, (_, i) => Math.fround(Math.cos(2.3 * i + which)));
}

function moved(inputs: readonly HostArray[], step: number): HostArray[] {
  return inputs.filter(isFloat).map((input, which) => {
    const direction = directionOf(input, which);
    return { ...input, values: input.values.map((x, i) => x + step * (direction[i] as number)) };
  });
}

async function flat(tensors: readonly Tensor[]): Promise<number[]> {
  const parts = await Promise.all(tensors.map((x) => read(x)));
  return parts.flatMap((part) => Array.from(part));
}

/** Runs a function of uploaded arrays on a backend and reads what it returns. */
async function runOn(
  backend: Backend,
  arrays: readonly HostArray[],
  f: (tensors: readonly Tensor[]) => readonly Tensor[],
): Promise<number[]> {
  const tensors = arrays.map((array) => upload(backend, array));
  const results = withBackend(backend, () => scoped(() => f(tensors)));
  try {
    return await flat(results);
  } finally {
    free([results, tensors]);
  }
}

/** Gradient and curvature of a sample's loss on a backend. */
async function differentiateOn(backend: Backend, sample: SmoothSample): Promise<Derivatives> {
  const floats = sample.inputs.filter(isFloat);
  const directions = floats.map((input, which) => ({ ...input, values: directionOf(input, which) }));
  const others = sample.inputs.filter((input) => !isFloat(input));
  const loss = lossOf(sample);
  const split = (tensors: readonly Tensor[]) => ({
    primals: tensors.slice(0, floats.length),
    vectors: tensors.slice(floats.length, 2 * floats.length),
    rest: tensors.slice(2 * floats.length),
  });
  const all = [...floats, ...directions, ...others];
  return {
    gradient: await runOn(backend, all, (tensors) => {
      const { primals, rest } = split(tensors);
      return grad((x: readonly Tensor[]) => loss(x, rest))(primals);
    }),
    curvature: await runOn(backend, all, (tensors) => {
      const { primals, vectors, rest } = split(tensors);
      return hvp((x: readonly Tensor[]) => loss(x, rest), primals, vectors);
    }),
  };
}

const step = 1e-3;

/** The derivative at 0 of a function of one number to many, by central differences of fourth order. */
async function slope(f: (at: number) => Promise<number[]>): Promise<number[]> {
  const [a, b, c, d] = [await f(step), await f(-step), await f(2 * step), await f(-2 * step)];
  return a.map((x, i) => (8 * (x - (b[i] as number)) - ((c[i] as number) - (d[i] as number))) / (12 * step));
}

const largest = (values: readonly number[]): number => values.reduce((m, x) => Math.max(m, Math.abs(x)), 0);
const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((t, x, i) => t + x * (b[i] as number), 0);

function within(got: readonly number[], want: readonly number[], relative: number, scale: number): string | undefined {
  return findMismatch(
    got,
    want,
    { relative, absolute: 0 },
    want.map(() => Math.max(1, scale)),
  );
}

/** Compares the oracle's derivatives of a sample with central differences of its values and of its gradient. */
async function againstDifferences(sample: SmoothSample, exact: Derivatives): Promise<string | undefined> {
  const loss = lossOf(sample);
  const others = sample.inputs.filter((input) => !isFloat(input));
  const at = (f: (x: readonly Tensor[], rest: readonly Tensor[]) => readonly Tensor[]) => (distance: number) => {
    const floats = moved(sample.inputs, distance);
    return runOn(oracle, [...floats, ...others], (tensors) =>
      f(tensors.slice(0, floats.length), tensors.slice(floats.length)),
    );
  };
  const directions = sample.inputs.filter(isFloat).flatMap(directionOf);
  const first = await slope(at((x, rest) => [loss(x, rest)]));
  const second = await slope(at((x, rest) => grad((t: readonly Tensor[]) => loss(t, rest))(x)));
  const scale = largest(exact.gradient) + largest(exact.curvature);
  const mismatch = within([dot(exact.gradient, directions)], first, 1e-7, scale * directions.length);
  if (mismatch) return `gradient along a direction, against central differences: ${mismatch}`;
  const bend = within(exact.curvature, second, 1e-7, scale * 10);
  return bend && `Hessian-vector product, against central differences of the gradient: ${bend}`;
}

/** Whether the forward and the backward product with the Jacobian agree: $`w^T (J v) = (w^T J) v`$. */
async function forwardAgainstBackward(sample: SmoothSample): Promise<string | undefined> {
  const floats = sample.inputs.filter(isFloat);
  const others = sample.inputs.filter((input) => !isFloat(input));
  const directions = floats.map((input, which) => ({ ...input, values: directionOf(input, which) }));
  const n = floats.length;
  const products = await runOn(oracle, [...floats, ...directions, ...others], (tensors) => {
    const f = (x: readonly Tensor[]): Tensor => {
      let [nextFloat, nextOther] = [0, 2 * n];
      return sample.compute(sample.inputs.map((a) => (isFloat(a) ? x[nextFloat++] : tensors[nextOther++]) as Tensor));
    };
    const [x, v] = [tensors.slice(0, n), tensors.slice(n, 2 * n)];
    const { value, tangent } = jvp(f, x, v);
    const cotangent = weights(value.shape, 1.1);
    const pulled = vjp(f, x, cotangent).grad;
    const backward = pulled.map((g, i) => sum(mul(g, v[i] as Tensor))).reduce(add, full([], 0));
    return [sum(mul(tangent, cotangent)), backward, sum(mul(tangent, tangent))];
  });
  const [forward, backward, size] = products as [number, number, number];
  const mismatch = within([forward], [backward], 1e-9, Math.sqrt(size));
  return mismatch && `jvp against vjp: ${mismatch}`;
}

/** Allowed errors of derivatives on a float32 backend, as a share of the largest derivative (at least 1). */
export interface DerivativeTolerance {
  /** Of the gradient. */
  readonly first: number;
  /** Of the Hessian-vector product. */
  readonly second: number;
}

/**
 * Checks the first and second derivatives of a sample: on the oracle against central differences (1e-7) and jvp against vjp
 * (1e-9), then on the backend against the oracle.
 *
 * @param backend - The backend under test.
 * @param sample - A function and inputs away from its kinks.
 * @param tolerance - For the comparison of the backend with the oracle.
 * @returns What differs, as a sentence; undefined when nothing does.
 */
export async function compareDerivatives(
  backend: Backend,
  sample: SmoothSample,
  tolerance: DerivativeTolerance,
): Promise<string | undefined> {
  const exact = await differentiateOn(oracle, sample);
  const mine = await differentiateOn(backend, sample);
  const first = within(mine.gradient, exact.gradient, tolerance.first, largest(exact.gradient));
  const second = within(mine.curvature, exact.curvature, tolerance.second, largest(exact.curvature));
  const mismatch =
    (await againstDifferences(sample, exact)) ??
    (await forwardAgainstBackward(sample)) ??
    (first && `gradient: ${first}`) ??
    (second && `Hessian-vector product: ${second}`);
  return (
    mismatch &&
    `${mismatch}\n  of ${sample.inputs.map(showHostArray).join('\n  and ')}\n  with ${JSON.stringify(sample.detail ?? {})}`
  );
}
