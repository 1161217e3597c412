import { normals, uniforms } from '../inputs.js';
import { estimateOf } from '../statistics.js';
import type { Expectation } from '../workload.js';

/** Random numbers of a plain simulation, one at a time. */
export interface Draws {
  /** A standard normal number. */
  readonly normal: () => number;
  /** A uniform number in [0, 1). */
  readonly uniform: () => number;
}

function draws(seed: number): Draws {
  const length = 1 << 20;
  const [normal, uniform] = [normals(seed, length), uniforms(seed + 1, length)];
  let [i, j] = [0, 0];
  return { normal: () => normal[i++ % length] as number, uniform: () => uniform[j++ % length] as number };
}

/**
 * What the moments of one coordinate must be: many one-dimensional chains in plain float64 JavaScript, with an algorithm
 * written a second time and without tensors. The coordinates of the double well are independent, so one is enough.
 *
 * @param count - How many chains to simulate.
 * @param move - Takes a starting point to the end of its chain.
 */
export function simulatedMoments(
  count: number,
  move: (start: number, draws: Draws) => number,
): Readonly<Record<string, Expectation>> {
  const source = draws(77);
  const ends = Float64Array.from({ length: count }, () => move(source.normal(), source));
  return {
    secondMoment: estimateOf(ends, (x) => x * x),
    fourthMoment: estimateOf(ends, (x) => x ** 4),
  };
}

/** What the moments must be where nothing is random: every starting point is moved in float64. */
export function exactMoments(
  start: Float32Array,
  move: (start: number) => number,
): Readonly<Record<string, Expectation>> {
  const ends = Float64Array.from(start, move);
  const exact = (map: (x: number) => number): Expectation => ({
    mean: estimateOf(ends, map).mean,
    error: 0,
    relative: 1e-3,
  });
  return { secondMoment: exact((x) => x * x), fourthMoment: exact((x) => x ** 4) };
}
