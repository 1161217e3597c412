import { binning } from './binning.js';
import { areConnected, logDenominator, type SolvedRuns, solvedTo, solveRuns } from './free-energies-of-runs.js';
import {
  checkRuns,
  firstGuess,
  gatherSamples,
  type HistogramRun,
  type PooledSamples,
  poolWithout,
} from './histogram-samples.js';
import { type Estimate, jackknifeError } from './jackknife.js';

/** How to combine runs. */
export interface MultipleHistogramOptions {
  /** Into how many blocks each run is cut for the jackknife, a whole number of at least 2; 20 unless given. A block should hold many autocorrelation times. */
  readonly blocks?: number;
}

/** A number at some inverse temperature, with what the jackknife knows of it. */
export interface ReweightedEstimate extends Estimate {
  /** The number without each block in turn. */
  readonly replicas: Float64Array;
}

/** What is known at an inverse temperature, by name: the observables of the runs and what is always there. */
export type HistogramMeans<T> = {
  /** $`\langle H \rangle`$. */
  readonly energy: T;
  /** $`\langle H^2 \rangle`$. */
  readonly energySquared: T;
  /** $`\log Z`$ less that of the first run, in nats. */
  readonly logZ: T;
} & Readonly<Record<string, T>>;

/** Runs that were combined: means at any inverse temperature that they cover. */
export interface MultipleHistogram {
  /**
   * `converged`; `stopped` when the equations, or those of a replica, were not solved to 1e-9 in 500 iterations; `disconnected` when some runs share less
   * than one independent sample with all others. Then any difference of $`\log Z`$ between them solves the equations, and all errors are infinite.
   */
  readonly status: 'converged' | 'stopped' | 'disconnected';
  /** The status in words. */
  readonly message: string;
  /** How often the equations of all samples were worked out. */
  readonly iterations: number;
  /** $`\log Z(\beta_k)`$ of each run less that of the first, in nats. */
  readonly logZ: Float64Array;
  /**
   * The mean of `energy` (which is $`H`$), `energySquared` and every observable by name, and `logZ`.
   *
   * @param beta - The inverse temperature.
   */
  readonly means: (beta: number) => HistogramMeans<Estimate>;
  /**
   * A function of the means at an inverse temperature, with its error by the jackknife: every replica solves the equations anew without one block of every run.
   *
   * @param beta - The inverse temperature.
   * @param f - The function of the means, by the names of `means`.
   */
  readonly estimate: (beta: number, f: (means: HistogramMeans<number>) => number) => ReweightedEstimate;
  /** $`\log Z(\beta)`$ less that of the first run, in nats. */
  readonly logZAt: (beta: number) => Estimate;
  /** How many independent samples the means at an inverse temperature rest on (Kish): when it is small, `beta` is too far from every run. */
  readonly effectiveSamples: (beta: number) => number;
}

/** One solution: of all samples, or of all but one block. */
interface Replica extends PooledSamples {
  readonly solved: SolvedRuns;
}

/** The weight of a sample at each energy at an inverse temperature, scaled to at most 1, and the log of the scale. */
function weightsAt({ pooled, solved }: Replica, beta: number) {
  const logs = pooled.energies.map((energy) => -beta * energy - logDenominator(pooled, solved.logZ, energy));
  const scale = logs.reduce((a, b) => Math.max(a, b));
  return { weights: logs.map((log) => Math.exp(log - scale)), scale };
}

function meansAt(replica: Replica, beta: number): HistogramMeans<number> {
  const { energies, counts } = replica.pooled;
  const { weights, scale } = weightsAt(replica, beta);
  let [norm, energy, energySquared] = [0, 0, 0];
  weights.forEach((weight, bin) => {
    const mass = weight * (counts[bin] as number);
    norm += mass;
    energy += mass * (energies[bin] as number);
    energySquared += mass * (energies[bin] as number) ** 2;
  });
  const observables = Object.entries(replica.sums).map(([name, sums]) => {
    const sum = weights.reduce((total, weight, bin) => total + weight * (sums[bin] as number), 0);
    return [name, sum / norm] as const;
  });
  return {
    ...Object.fromEntries(observables),
    energy: energy / norm,
    energySquared: energySquared / norm,
    logZ: scale + Math.log(norm),
  };
}

/** The status and its words: by the overlap of the runs, then by the solution with the largest violation. */
function verdict(connected: boolean, replicas: readonly Replica[]): Pick<MultipleHistogram, 'status' | 'message'> {
  const { residual, iterations } = replicas
    .map(({ solved }) => solved)
    .reduce((worst, next) => (next.residual > worst.residual ? next : worst));
  const violation = residual.toExponential(1);
  if (!connected)
    return {
      status: 'disconnected',
      message:
        'Some runs share less than one independent sample with all others. Add runs at inverse temperatures between.',
    };
  if (residual <= solvedTo) return { status: 'converged', message: `The normalisers agree to ${violation}.` };
  return {
    status: 'stopped',
    message: `The equations are violated by ${violation} after ${iterations} iterations. Make runs longer, or add some between.`,
  };
}

/**
 * The multiple-histogram method: combines runs at several inverse temperatures and gives means at any that they cover, as smooth functions of it. The
 * normalisers of the runs solve the self-consistent equations of `solveRuns`; a sample counts $`1 / \tau`$ of an independent one. With one run it is
 * single-histogram reweighting. Runs must overlap: neighbours in temperature must have energies in common, or the status is `disconnected`.
 * Exact for infinitely long runs; a function of finite ones has a bias of the order of one over their length. Costs, for each of the `blocks` + 1
 * solutions, a few times runs² × distinct energies.
 *
 * @param runs - The runs, each with its energies $`H`$ and further quantities.
 * @param options - How many blocks the jackknife takes.
 * @returns Normalisers, and functions of the inverse temperature.
 * @throws EbmError when runs do not have the same observables, one of them has the name of a mean that is always there, or a number is out of range.
 *
 * @example
 * ```ts
 * const combined = multipleHistogram([cold.run, warm.run]); // of measureLattice
 * const heat = combined.estimate(0.43, ({ energy, energySquared }) => 0.43 ** 2 * (energySquared - energy ** 2));
 * ```
 * @see Ferrenberg and Swendsen, "Optimized Monte Carlo data analysis", 1989, https://doi.org/10.1103/PhysRevLett.63.1195
 * @see Shirts and Chodera, "Statistically optimal analysis of samples from multiple equilibrium states", 2008, https://arxiv.org/abs/0801.1426
 */
export function multipleHistogram(
  runs: readonly HistogramRun[],
  { blocks = 20 }: MultipleHistogramOptions = {},
): MultipleHistogram {
  checkRuns(runs, blocks);
  const betas = runs.map(({ beta }) => beta);
  const weights = runs.map(
    ({ energies, autocorrelationTime }) => 1 / (autocorrelationTime ?? binning(energies).autocorrelationTime),
  );
  const data = { ...gatherSamples(runs, blocks), betas, weights };
  const solve = (block: number | undefined, start: Float64Array): Replica => {
    const parts = poolWithout(block, data);
    return { ...parts, solved: solveRuns(parts.pooled, start) };
  };
  const whole = solve(undefined, firstGuess(runs));
  const replicas = Array.from({ length: blocks }, (_, block) => solve(block, whole.solved.logZ));
  const connected = areConnected(whole.solved);
  const estimate = (beta: number, f: (means: HistogramMeans<number>) => number) => {
    const without = Float64Array.from(replicas, (replica) => f(meansAt(replica, beta)));
    const standardError = connected ? jackknifeError(without) : Number.POSITIVE_INFINITY;
    return { value: f(meansAt(whole, beta)), standardError, replicas: without };
  };
  const observables = Object.keys(data.samples.quantities);
  const { iterations, logZ } = whole.solved;
  return {
    ...verdict(connected, [whole, ...replicas]),
    iterations,
    logZ,
    means: (beta) => {
      const of = (name: string): Estimate => estimate(beta, (means) => means[name] as number);
      return {
        ...Object.fromEntries(observables.map((name) => [name, of(name)])),
        energy: of('energy'),
        energySquared: of('energySquared'),
        logZ: of('logZ'),
      };
    },
    estimate,
    logZAt: (beta) => estimate(beta, (means) => means.logZ),
    effectiveSamples: (beta) => {
      const { weights: own } = weightsAt(whole, beta);
      let [sum, squares] = [0, 0];
      own.forEach((weight, bin) => {
        const count = whole.pooled.counts[bin] as number;
        sum += weight * count;
        squares += weight ** 2 * count;
      });
      return sum ** 2 / squares;
    },
  };
}
