import { jointStates } from './check-graph.js';

/** The strides of a row-major table, the last axis fastest. */
export function stridesOf(lengths: readonly number[]): number[] {
  const strides = lengths.map(() => 1);
  for (let axis = lengths.length - 2; axis >= 0; axis--)
    strides[axis] = (strides[axis + 1] as number) * (lengths[axis + 1] as number);
  return strides;
}

/**
 * For each entry of a row-major table, a place elsewhere: the sum over axes of the state there times a stride. With the strides
 * of a smaller table (0 for axes that it lacks) it is the entry of that table; with a single 1, the state of one axis.
 */
export function placesOf(lengths: readonly number[], strides: readonly number[]): Int32Array {
  const places = new Int32Array(jointStates(lengths));
  let known = 1;
  // The axes from the slowest on: each entry so far becomes as many as the axis is long.
  lengths.forEach((length, axis) => {
    const stride = strides[axis] as number;
    for (let entry = known - 1; entry >= 0; entry--) {
      const place = places[entry] as number;
      for (let state = length - 1; state >= 0; state--) places[entry * length + state] = place + state * stride;
    }
    known *= length;
  });
  return places;
}

/** For each axis of a row-major table, the state of that axis at each entry. */
export function statesOf(lengths: readonly number[]): Int32Array[] {
  return lengths.map((_, axis) =>
    placesOf(
      lengths,
      lengths.map((_, other) => (other === axis ? 1 : 0)),
    ),
  );
}

/** The places in the table of `inner` nodes of each entry of a table of `outer` nodes, which hold the inner ones and others. */
export function projection(
  outer: readonly number[],
  outerLengths: readonly number[],
  inner: readonly number[],
): Int32Array {
  const strides = stridesOf(inner.map((node) => outerLengths[outer.indexOf(node)] as number));
  return placesOf(
    outerLengths,
    outer.map((node) => {
      const axis = inner.indexOf(node);
      return axis < 0 ? 0 : (strides[axis] as number);
    }),
  );
}

/** $`\log \sum e^x`$ over a range of numbers, without overflow: −Infinity where all are, NaN where one is. */
export function logSumOf(numbers: Float64Array, first = 0, count = numbers.length): number {
  let top = Number.NEGATIVE_INFINITY;
  for (let i = first; i < first + count; i++) top = Math.max(top, numbers[i] as number);
  if (top === Number.NEGATIVE_INFINITY) return top;
  let total = 0;
  for (let i = first; i < first + count; i++) total += Math.exp((numbers[i] as number) - top);
  return top + Math.log(total);
}

/** Probabilities from logs of weights. */
export function normalised(logs: Float64Array): Float64Array {
  const logZ = logSumOf(logs);
  return logs.map((x) => Math.exp(x - logZ));
}
