import { solveLinear } from './linear-solve.js';

/** Histograms of runs at several inverse temperatures, pooled by energy. */
export interface PooledHistogram {
  /** The inverse temperature of each run. */
  readonly betas: readonly number[];
  /** How many independent samples each run has. */
  readonly samples: Float64Array;
  /** The distinct energies. */
  readonly energies: Float64Array;
  /** How many independent samples all runs have at each energy. */
  readonly counts: Float64Array;
}

/** The normalisers that make all runs agree. */
export interface SolvedRuns {
  /** $`\log Z`$ of each run less that of the first. */
  readonly logZ: Float64Array;
  /** How many times the equations were worked out. */
  readonly iterations: number;
  /** The largest relative violation that is left. */
  readonly residual: number;
  /** How many independent samples each two runs share: the sum over all samples of the product of both runs' parts in one. */
  readonly overlap: readonly Float64Array[];
}

const mostIterations = 500;

/** The relative violation up to which the equations count as solved. */
export const solvedTo = 1e-9;

/** $`\log \sum_j n_j e^{-\beta_j E - a_j}`$ at one energy: what a sample there is divided by. */
export function logDenominator({ betas, samples }: PooledHistogram, logZ: Float64Array, energy: number): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let j = 0; j < betas.length; j++)
    largest = Math.max(largest, -(betas[j] as number) * energy - (logZ[j] as number));
  let sum = 0;
  for (let j = 0; j < betas.length; j++)
    sum += (samples[j] as number) * Math.exp(-(betas[j] as number) * energy - (logZ[j] as number) - largest);
  return largest + Math.log(sum);
}

/** How many samples each run should have by the others, and how that changes: the gradient and Hessian of the pooled log likelihood. */
function expectations(pooled: PooledHistogram, logZ: Float64Array) {
  const { betas, samples, energies, counts } = pooled;
  const runs = betas.length;
  const expected = new Float64Array(runs);
  const overlap = Array.from({ length: runs }, () => new Float64Array(runs));
  const shares = new Float64Array(runs);
  for (let b = 0; b < energies.length; b++) {
    const count = counts[b] as number;
    if (count === 0) continue;
    const energy = energies[b] as number;
    const denominator = logDenominator(pooled, logZ, energy);
    for (let k = 0; k < runs; k++)
      shares[k] = (samples[k] as number) * Math.exp(-(betas[k] as number) * energy - (logZ[k] as number) - denominator);
    for (let k = 0; k < runs; k++) {
      expected[k] = (expected[k] as number) + count * (shares[k] as number);
      const row = overlap[k] as Float64Array;
      for (let j = 0; j < runs; j++)
        row[j] = (row[j] as number) + count * (shares[k] as number) * (shares[j] as number);
    }
  }
  let residual = 0;
  for (let k = 0; k < runs; k++)
    residual = Math.max(residual, Math.abs((expected[k] as number) / (samples[k] as number) - 1));
  return { expected, overlap, residual: expected.every(Number.isFinite) ? residual : Number.POSITIVE_INFINITY };
}

/** Newton's step on the concave log likelihood, the first run held fixed. */
function newton(logZ: Float64Array, samples: Float64Array, { expected, overlap }: ReturnType<typeof expectations>) {
  const free = Array.from({ length: logZ.length - 1 }, (_, i) => i + 1);
  const curvature = free.map((k) =>
    Float64Array.from(
      free,
      (j) => (k === j ? (expected[k] as number) : 0) - ((overlap[k] as Float64Array)[j] as number),
    ),
  );
  const slope = Float64Array.from(free, (k) => (expected[k] as number) - (samples[k] as number));
  const move = solveLinear(curvature, slope);
  return move && Float64Array.from(logZ, (a, k) => (k === 0 ? a : a + (move[k - 1] as number)));
}

/**
 * Solves the self-consistent equations of the multiple-histogram method,
 *
 * ```math
 * Z_k = \sum_E \frac{N(E) \, e^{-\beta_k E}}{\sum_j n_j e^{-\beta_j E} / Z_j},
 * ```
 *
 * by Newton's method where it improves matters and by iteration where it does not.
 *
 * @param start - Where to begin, $`\log Z_k`$ less that of the first run.
 */
export function solveRuns(pooled: PooledHistogram, start: Float64Array): SolvedRuns {
  const { samples } = pooled;
  let logZ = start;
  let now = expectations(pooled, logZ);
  let iterations = 1;
  while (now.residual > solvedTo && iterations < mostIterations) {
    const candidate = newton(logZ, samples, now);
    const after = candidate && expectations(pooled, candidate);
    iterations++;
    if (candidate && after && after.residual < now.residual) [logZ, now] = [candidate, after];
    else {
      const { expected } = now;
      const moved = logZ.map((a, k) => a + Math.log((expected[k] as number) / (samples[k] as number)));
      logZ = moved.map((a) => a - (moved[0] as number));
      now = expectations(pooled, logZ);
    }
  }
  return { logZ, iterations, residual: now.residual, overlap: now.overlap };
}

/**
 * Whether every run can be reached from the first by steps between runs that share at least one independent sample. Between parts that do
 * not, any difference of $`\log Z`$ solves the equations.
 */
export function areConnected({ overlap }: Pick<SolvedRuns, 'overlap'>): boolean {
  const reached = new Set([0]);
  for (const k of reached)
    overlap[k]?.forEach((shared, j) => {
      if (shared >= 1) reached.add(j);
    });
  return reached.size === overlap.length;
}
