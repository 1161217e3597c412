import { drawableExtent, isDrawable } from '../drawable-values.js';

/** A density on equally spaced points. */
export interface DensityCurve {
  /** The points, from the smallest to the largest value. */
  readonly x: Float64Array;
  /** The density at each point; its integral over the range is 1. */
  readonly y: Float64Array;
  /** The standard deviation of the kernel, in the unit of the values. */
  readonly bandwidth: number;
}

const points = 256;

/** Cosines of a quarter of the angles that a transform of `points` points needs, shared by all transforms. */
const cosines = Float64Array.from({ length: 4 * points }, (_, i) => Math.cos((Math.PI * i) / (2 * points)));

/**
 * Estimates a density by a Gaussian kernel whose width the values choose, reflected at the smallest and the largest value.
 *
 * The estimate is the solution of the heat equation started from the values on their own range, with no flow through the
 * ends: $`f(x) = 1 + 2 \sum_k e^{-k^2 \pi^2 t / 2} c_k \cos k \pi x`$ on [0, 1], where $`c_k`$ is the mean of $`\cos k \pi X`$.
 * The time t is the square of the bandwidth, chosen by the improved Sheather–Jones rule, which does not take the values for
 * normal and so does not smooth several modes into one; by Silverman's rule where the former has no solution. Values that
 * cannot be drawn are left out. Reference: Botev, Grotowski and Kroese 2010, doi:10.1214/10-AOS799.
 *
 * @param values - at least two different values
 * @returns the density, or `undefined` when fewer than two values differ
 */
export function kernelDensity(values: ArrayLike<number>): DensityCurve | undefined {
  const extent = drawableExtent([values]);
  if (!extent || !(extent[1] > extent[0])) return undefined;
  const [low, range] = [extent[0], extent[1] - extent[0]];
  if (!(range > 1e-290 && range < 1e300)) return undefined;
  const kept = Array.from(values).filter(isDrawable);
  const shares = new Float64Array(points);
  for (const value of kept) {
    const bin = Math.min(points - 1, Math.floor(((value - low) / range) * points));
    shares[bin] = (shares[bin] as number) + 1 / kept.length;
  }
  const coefficients = meanCosines(shares);
  const time = sheatherJonesTime(coefficients, new Set(kept).size) ?? silvermanTime(kept, low, range);
  const y = new Float64Array(points);
  for (let j = 0; j < points; j += 1) {
    let sum = 1;
    for (let k = 1; k < points; k += 1) {
      const damped = Math.exp((-k * k * Math.PI ** 2 * time) / 2);
      if (damped < 1e-12) break;
      sum += 2 * damped * (coefficients[k] as number) * (cosines[(k * (2 * j + 1)) % (4 * points)] as number);
    }
    y[j] = Math.max(0, sum / range);
  }
  const x = Float64Array.from({ length: points }, (_, j) => low + ((j + 0.5) / points) * range);
  return { x, y, bandwidth: Math.sqrt(time) * range };
}

/** The means of cos kπX under binned shares: their discrete cosine transform. */
function meanCosines(shares: Float64Array): Float64Array {
  return Float64Array.from({ length: points }, (_, k) => {
    let sum = 0;
    for (let j = 0; j < points; j += 1)
      sum += (shares[j] as number) * (cosines[(k * (2 * j + 1)) % (4 * points)] as number);
    return sum;
  });
}

/** The smallest fixed point of the plug-in rule, or `undefined` when there is none up to a bandwidth of a third of the range. */
function sheatherJonesTime(coefficients: Float64Array, distinct: number): number | undefined {
  const excess = (time: number) => time - plugInTime(time, coefficients, distinct);
  let high = 1e-12 + (0.01 * (Math.min(1050, Math.max(50, distinct)) - 50)) / 1000;
  while (!(excess(high) > 0)) {
    if (high >= 0.1) return undefined;
    high = Math.min(0.1, Math.max(2 * high, 1e-6));
  }
  let low = 0;
  while (high - low > 1e-3 * high) {
    const middle = (low + high) / 2;
    if (excess(middle) > 0) high = middle;
    else low = middle;
  }
  return high > 0 ? high : undefined;
}

/** The time that is best for the roughness estimated at a given time: Botev's map ξγ^[7], in seven stages. */
function plugInTime(time: number, coefficients: Float64Array, distinct: number): number {
  const roughness = (order: number, at: number) => {
    let sum = 0;
    for (let k = 1; k < points; k += 1) {
      const square = k * k;
      const decay = -square * Math.PI ** 2 * at;
      if (decay < -700) break;
      let power = square;
      for (let factor = 1; factor < order; factor += 1) power *= square;
      const coefficient = coefficients[k] as number;
      sum += power * coefficient * coefficient * Math.exp(decay);
    }
    return 2 * Math.PI ** (2 * order) * sum;
  };
  let value = roughness(7, time);
  for (let order = 6; order >= 2; order -= 1) {
    let odd = 1;
    for (let factor = 3; factor < 2 * order; factor += 2) odd *= factor;
    const kernel = odd / Math.sqrt(2 * Math.PI);
    const constant = (1 + 0.5 ** (order + 0.5)) / 3;
    value = roughness(order, ((2 * constant * kernel) / (distinct * value)) ** (2 / (3 + 2 * order)));
  }
  return (2 * distinct * Math.sqrt(Math.PI) * value) ** (-2 / 5);
}

/** Silverman's bandwidth $`0.9 \min(s, IQR / 1.34) n^{-1/5}`$ as a time on [0, 1]. */
function silvermanTime(values: readonly number[], low: number, range: number): number {
  const scaled = Float64Array.from(values, (value) => (value - low) / range).sort();
  const at = (share: number) => scaled[Math.round(share * (scaled.length - 1))] ?? 0;
  const mean = scaled.reduce((sum, value) => sum + value, 0) / scaled.length;
  const sd = Math.sqrt(scaled.reduce((sum, value) => sum + (value - mean) ** 2, 0) / scaled.length);
  const spread = (at(0.75) - at(0.25)) / 1.34;
  return (0.9 * (spread > 0 ? Math.min(sd, spread) : sd) * scaled.length ** -0.2) ** 2;
}
