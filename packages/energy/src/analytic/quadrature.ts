import { diagonalMatrix } from './exact-energy.js';

/** An energy of one or two real numbers, in double precision; one of one number ignores the second. */
export type PlainEnergy = (x: number, y: number) => number;

/** Where a rule evaluates and with what weights: on a line, or in the plane when there is `y`. */
export interface Nodes {
  /** The first coordinates. */
  readonly x: Float64Array;
  /** The second ones, in the plane. */
  readonly y?: Float64Array;
  /** The weights. */
  readonly weights: Float64Array;
}

/** What a normaliser needs to know of a density $`e^{-E(x)}`$. */
export interface Moments {
  /** The logarithm of its integral. */
  readonly logZ: number;
  /** Its mean. */
  readonly mean: Float64Array;
  /** Its covariance, row by row. */
  readonly covariance: Float64Array;
}

/**
 * The normaliser, the mean and the covariance of $`e^{-E}`$ by a quadrature rule.
 *
 * @param energy - The energy; Infinity where the density is 0.
 * @param nodes - The rule.
 */
export function integrate(energy: PlainEnergy, { x, y, weights }: Nodes): Moments {
  const axes = y ? [x, y] : [x];
  const masses = x.map((first, i) => energy(first, y === undefined ? 0 : (y[i] as number)));
  const least = masses.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  let total = 0;
  for (let i = 0; i < masses.length; i++) {
    const mass = (weights[i] as number) * Math.exp(least - (masses[i] as number));
    masses[i] = mass;
    total += mass;
  }
  const average = (f: (i: number) => number): number => {
    let sum = 0;
    for (let i = 0; i < masses.length; i++) sum += (masses[i] as number) * f(i);
    return sum / total;
  };
  const mean = axes.map((axis) => average((i) => axis[i] as number));
  const covariance = axes.flatMap((a, j) =>
    axes.map((b, k) => {
      const [p, q] = [mean[j] as number, mean[k] as number];
      return average((i) => ((a[i] as number) - p) * ((b[i] as number) - q));
    }),
  );
  return {
    logZ: Math.log(total) - least,
    mean: Float64Array.from(mean),
    covariance: Float64Array.from(covariance),
  };
}

/**
 * The trapezoid rule, whose error falls exponentially with the number of points for an analytic function that vanishes at
 * the ends.
 *
 * @param low - The lower end.
 * @param high - The upper end.
 * @param spacing - The most that points may lie apart: a small part of the width of the narrowest peak.
 */
export function lineNodes(low: number, high: number, spacing: number): Nodes {
  const cells = Math.ceil((high - low) / spacing);
  const step = (high - low) / cells;
  const x = Float64Array.from({ length: cells + 1 }, (_, i) => low + i * step);
  return { x, weights: x.map((_, i) => (i === 0 || i === cells ? step / 2 : step)) };
}

/** The product of two rules on lines. */
export function planeNodes(first: Nodes, second: Nodes): Nodes {
  const width = second.x.length;
  const over = (f: (i: number, j: number) => number): Float64Array =>
    Float64Array.from({ length: first.x.length * width }, (_, k) => f(Math.floor(k / width), k % width));
  return {
    x: over((i) => first.x[i] as number),
    y: over((_, j) => second.x[j] as number),
    weights: over((i, j) => (first.weights[i] as number) * (second.weights[j] as number)),
  };
}

/**
 * Gauss-Legendre rules of 16 points side by side, for functions that are smooth between the edges and need not vanish there.
 *
 * @param edges - Where panels begin and end, ascending.
 */
export function panelNodes(edges: readonly number[]): Nodes {
  const { x: points, weights: shares } = gaussLegendre(16);
  const panels = edges.slice(1).map((end, i) => {
    const start = edges[i] as number;
    return { middle: (start + end) / 2, half: (end - start) / 2 };
  });
  return {
    x: Float64Array.from(panels.flatMap(({ middle, half }) => Array.from(points, (p) => middle + half * p))),
    weights: Float64Array.from(panels.flatMap(({ half }) => Array.from(shares, (s) => half * s))),
  };
}

/**
 * A rule for the plane in polar coordinates, panels along the radius and the trapezoid rule around the circle, for energies that
 * are even in both coordinates: its points are in the first quadrant and stand for their mirror images. Moments are
 * those of the absolute values.
 *
 * @param radii - A rule on radii of at least 0.
 * @param angles - How many angles in the quadrant.
 */
export function quadrantNodes(radii: Nodes, angles: number): Nodes {
  const step = Math.PI / 2 / angles;
  const over = (f: (radius: number, angle: number, share: number) => number): Float64Array =>
    Float64Array.from({ length: radii.x.length * angles }, (_, k) => {
      const i = Math.floor(k / angles);
      return f(radii.x[i] as number, step * ((k % angles) + 0.5), radii.weights[i] as number);
    });
  return {
    x: over((radius, angle) => radius * Math.cos(angle)),
    y: over((radius, angle) => radius * Math.sin(angle)),
    weights: over((radius, _, share) => radius * share * 4 * step),
  };
}

/** The normaliser and the mean squares of the coordinates of $`e^{-E}`$ for an energy that is even in each of them. */
export function integrateEven(energy: PlainEnergy, nodes: Nodes) {
  const { logZ, mean, covariance } = integrate(energy, nodes);
  const variances = mean.map((m, i) => m * m + (covariance[i * (mean.length + 1)] as number));
  return { logZ, mean: new Float64Array(mean.length), covariance: diagonalMatrix(variances) };
}

/** The points and weights of Gauss and Legendre on [-1, 1], by Newton's method on the Legendre polynomial. */
function gaussLegendre(count: number): Nodes {
  const weights = new Float64Array(count);
  const x = Float64Array.from({ length: count }, (_, i) => {
    let root = Math.cos((Math.PI * (i + 0.75)) / (count + 0.5));
    for (let round = 0; round < 8; round++) {
      let [before, value] = [1, root];
      for (let k = 2; k <= count; k++) [before, value] = [value, ((2 * k - 1) * root * value - (k - 1) * before) / k];
      const slope = (count * (root * value - before)) / (root * root - 1);
      weights[i] = 2 / ((1 - root * root) * slope * slope);
      root -= value / slope;
    }
    return root;
  });
  return { x, weights };
}
