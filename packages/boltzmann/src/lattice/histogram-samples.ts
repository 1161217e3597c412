import { EbmError } from '@ebmkit/tensor';
import { chainsOf } from './binning.js';
import type { PooledHistogram } from './free-energies-of-runs.js';

/** A run at one inverse temperature. */
export interface HistogramRun {
  /** Its inverse temperature. */
  readonly beta: number;
  /** The energies $`H`$, without the inverse temperature, in the order in which they came: one series, or one for each chain. */
  readonly energies: ArrayLike<number> | readonly ArrayLike<number>[];
  /** Other quantities of the same states, in the same form. Runs must name the same. */
  readonly observables?: Readonly<Record<string, ArrayLike<number> | readonly ArrayLike<number>[]>>;
  /** $`\tau = 1 + 2 \sum_t \rho_t`$ of the energies, by which samples are weighted; by `binning` unless given. */
  readonly autocorrelationTime?: number;
}

/** The samples of all runs, in one list. */
interface Samples {
  /** The number of its energy. */
  readonly bins: Int32Array;
  /** The number of its run. */
  readonly runs: Int32Array;
  /** The number of its block. */
  readonly blocks: Int32Array;
  /** Further quantities by name. */
  readonly quantities: Readonly<Record<string, Float64Array>>;
}

/** The samples of all runs, with their distinct energies and the weight of a sample of each run. */
export interface WeightedSamples {
  /** The samples. */
  readonly samples: Samples;
  /** The distinct energies, in order. */
  readonly energies: Float64Array;
  /** The inverse temperature of each run. */
  readonly betas: readonly number[];
  /** How many independent samples one sample of each run counts for. */
  readonly weights: readonly number[];
}

/** Histograms by energy, of counts and of every other quantity. */
export interface PooledSamples {
  /** The counts. */
  readonly pooled: PooledHistogram;
  /** The sum of each quantity over the samples at each energy. */
  readonly sums: Readonly<Record<string, Float64Array>>;
}

function fault(what: string): EbmError {
  return new EbmError('argument', `multipleHistogram: ${what}`);
}

const flat = (chains: readonly ArrayLike<number>[]): number[] => chains.flatMap((chain) => Array.from(chain));

/** The names of means that need no observable. */
const ownNames: ReadonlySet<string> = new Set(['energy', 'energySquared', 'logZ']);

/** Throws unless runs can be combined. */
export function checkRuns(runs: readonly HistogramRun[], blocks: number): void {
  if (runs.length === 0) throw fault('expected at least one run, got none.');
  if (!Number.isInteger(blocks) || blocks < 2)
    throw fault(`blocks must be a whole number of at least 2, got ${blocks}.`);
  const listed = (observables: object): string => Object.keys(observables).sort().join(', ');
  const names = listed(runs[0]?.observables ?? {});
  const taken = Object.keys(runs[0]?.observables ?? {}).find((name) => ownNames.has(name));
  if (taken !== undefined) throw fault(`${taken} is the name of a mean that is always there. Rename the observable.`);
  for (const { beta, energies, observables = {}, autocorrelationTime } of runs) {
    if (!Number.isFinite(beta)) throw fault(`beta must be a finite number, got ${beta}.`);
    if (autocorrelationTime !== undefined && !(autocorrelationTime > 0))
      throw fault(`autocorrelationTime must be above 0, got ${autocorrelationTime}.`);
    const values = flat(chainsOf('multipleHistogram', energies));
    if (values.length < blocks)
      throw fault(`expected at least ${blocks} energies a run, got ${values.length}. Ask for fewer blocks.`);
    if (!values.every(Number.isFinite)) throw fault('energies must be finite numbers.');
    if (listed(observables) !== names)
      throw fault(`runs must have the same observables, got ${names || 'none'} and ${listed(observables) || 'none'}.`);
    for (const [name, series] of Object.entries(observables))
      if (flat(chainsOf('multipleHistogram', series)).length !== values.length)
        throw fault(`${name} must be as long as the energies, ${values.length}.`);
  }
}

/** Puts all samples in one list, with the number of the energy, the run and the block of each. */
export function gatherSamples(runs: readonly HistogramRun[], blocks: number) {
  const series = runs.map(({ energies }) => flat(chainsOf('multipleHistogram', energies)));
  const energies = Float64Array.from(new Set(series.flat())).sort();
  const binOf = new Map(Array.from(energies, (energy, bin) => [energy, bin]));
  const names = Object.keys(runs[0]?.observables ?? {});
  const samples: Samples = {
    bins: Int32Array.from(series.flat(), (energy) => binOf.get(energy) as number),
    runs: Int32Array.from(series.flatMap((values, run) => values.map(() => run))),
    blocks: Int32Array.from(series.flatMap((values) => values.map((_, i) => Math.floor((i * blocks) / values.length)))),
    quantities: Object.fromEntries(
      names.map((name) => [
        name,
        Float64Array.from(
          runs.flatMap(({ observables = {} }) => flat(chainsOf('multipleHistogram', observables[name] as number[]))),
        ),
      ]),
    ),
  };
  return { energies, samples };
}

/** The histograms of all samples but those of one block. */
export function poolWithout(
  block: number | undefined,
  { samples, energies, betas, weights }: WeightedSamples,
): PooledSamples {
  const counts = new Float64Array(energies.length);
  const sizes = new Float64Array(betas.length);
  const sums = Object.fromEntries(
    Object.keys(samples.quantities).map((name) => [name, new Float64Array(energies.length)]),
  );
  const columns = Object.entries(samples.quantities).map(
    ([name, values]) => [sums[name] as Float64Array, values] as const,
  );
  for (let i = 0; i < samples.bins.length; i++) {
    if (samples.blocks[i] === block) continue;
    const [bin, run] = [samples.bins[i] as number, samples.runs[i] as number];
    const weight = weights[run] as number;
    counts[bin] = (counts[bin] as number) + weight;
    sizes[run] = (sizes[run] as number) + weight;
    for (const [sum, values] of columns) sum[bin] = (sum[bin] as number) + weight * (values[i] as number);
  }
  return { pooled: { betas, samples: sizes, energies, counts }, sums };
}

/** Where to begin: d log Z / d beta is minus the mean energy, by the trapezoidal rule from run to run. */
export function firstGuess(runs: readonly HistogramRun[]): Float64Array {
  const means = runs.map(({ energies }) => {
    const values = flat(chainsOf('multipleHistogram', energies));
    return values.reduce((a, b) => a + b, 0) / values.length;
  });
  const logZ = new Float64Array(runs.length);
  for (let k = 1; k < runs.length; k++) {
    const gap = (runs[k] as HistogramRun).beta - (runs[k - 1] as HistogramRun).beta;
    logZ[k] = (logZ[k - 1] as number) - (gap * ((means[k] as number) + (means[k - 1] as number))) / 2;
  }
  return logZ;
}
