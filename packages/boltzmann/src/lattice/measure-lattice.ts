import { type GibbsState, isAbortedRun, type Kernel, type MoveInfo, run } from '@ebmkit/samplers';
import { EbmError, type Key, type Progress, readSync, retire, type Tensor } from '@ebmkit/tensor';
import { type Binning, binning, blockMeans } from './binning.js';
import { checkStates } from './geometry.js';
import type { HistogramRun } from './histogram-samples.js';
import { type Estimate, jackknife } from './jackknife.js';
import { dtypeOf, type Lattice } from './lattice.js';
import { type LatticeObservables, latticeObserver } from './observables.js';

/** How to measure a lattice. */
export interface MeasureLatticeOptions<S extends { readonly position: Tensor }> {
  /** What moves it: `checkerboard(lattice)`, `wolff(lattice)`, `swendsenWang(lattice)`, or any kernel over its states. */
  readonly kernel: Kernel<Tensor, S, MoveInfo>;
  /** How many chains run in parallel, a whole number of at least 1. */
  readonly chains: number;
  /** How often each chain is measured. */
  readonly steps: number;
  /** Steps of the kernel that are thrown away at the beginning; 0 unless given. */
  readonly warmup?: number;
  /** Steps of the kernel from one measurement to the next; 1 unless given. */
  readonly thin?: number;
  /** The key of the whole run. */
  readonly key: Key;
  /** Where the chains begin, `[chains, ...size]`; all sites alike unless given, which is near equilibrium in an ordered phase. */
  readonly start?: Tensor;
  /** Called about every 100 ms and at the end. */
  readonly onProgress?: (progress: Progress) => void;
  /** Stops the run between two steps. */
  readonly signal?: AbortSignal;
}

/** A measured number. */
export interface Measured extends Estimate {
  /**
   * $`\tau = 1 + 2 \sum_t \rho_t`$ in steps of the kernel, of the number itself where it is a mean; of the energy for the heat capacity, and of the squared
   * magnetisation for the other functions of means.
   */
  readonly autocorrelationTime: number;
}

/** What was measured, for each site where nothing else is said. */
export interface LatticeMeasurement {
  /** $`\langle H \rangle / N`$. */
  readonly energy: Measured;
  /** $`\langle |m| \rangle`$, or $`\langle m \rangle`$ in a field. */
  readonly magnetisation: Measured;
  /** $`\beta^2 (\langle H^2 \rangle - \langle H \rangle^2) / N`$. */
  readonly heatCapacity: Measured;
  /** $`\beta N (\langle m^2 \rangle - \langle |m| \rangle^2)`$, with $`\langle m \rangle`$ in a field. */
  readonly susceptibility: Measured;
  /** $`1 - \langle m^4 \rangle / 3 \langle m^2 \rangle^2`$ of the whole lattice: 2/3 in an ordered phase, 0 in a disordered one of Ising spins. */
  readonly binderCumulant: Measured;
  /**
   * The second-moment correlation length $`\xi = \sqrt{S(0) / S(k) - 1} \, / \, 2 \sin(k / 2)`$ in sites, with $`S(0) = N \langle m^2 \rangle`$ and the smallest wave vector
   * $`k = 2 \pi / L`$. It means something where there is no long-range order; NaN where $`S(0) < S(k)`$.
   */
  readonly correlationLength: Measured;
  /** `ok`, or `short` when the chains are too short for some error, which is then too small. */
  readonly status: 'ok' | 'short';
  /** The series, to be reweighted with `multipleHistogram`: energies $`H`$, and `magnetisation` as above, `m2` and `m4`. */
  readonly run: HistogramRun;
}

type Series = readonly Float64Array[];

/** The series of one run, each a list of chains. */
interface LatticeSeries {
  readonly energy: Series;
  readonly magnetisation: Series;
  readonly structureFactor: Series;
}

async function record<S extends { readonly position: Tensor }>(
  lattice: Lattice,
  { kernel, chains, steps, warmup = 0, thin = 1, key, start, onProgress, signal }: MeasureLatticeOptions<S>,
): Promise<LatticeSeries> {
  const observe = latticeObserver(lattice);
  const empty = (): Series => Array.from({ length: chains }, () => new Float64Array(steps));
  const series = { energy: empty(), magnetisation: empty(), structureFactor: empty() };
  const from = start ?? lattice.aligned(chains);
  const moves = warmup + steps * thin;
  try {
    await run(kernel, from, {
      steps: moves,
      key,
      ...(onProgress && { onProgress }),
      ...(signal && { signal }),
      observe: ({ state }, step) => {
        const since = step + 1 - warmup;
        if (since <= 0 || since % thin !== 0) return null;
        const seen = observe(readSync(state.position));
        for (const name of Object.keys(series) as (keyof LatticeObservables)[])
          series[name].forEach((chain, c) => {
            chain[since / thin - 1] = seen[name][c] as number;
          });
        return null;
      },
    });
  } catch (error) {
    if (!isAbortedRun(error)) throw error;
    const message = `measureLattice: aborted after ${error.saved.step} of ${moves} steps.`;
    throw new EbmError('aborted', message, { cause: error.cause });
  } finally {
    if (!start) retire(from, undefined);
  }
  return series;
}

type Counts = Pick<MeasureLatticeOptions<GibbsState<Tensor>>, 'chains' | 'steps' | 'warmup' | 'thin' | 'start'>;

function checkOptions(lattice: Lattice, { chains, steps, warmup = 0, thin = 1, start }: Counts): void {
  for (const [name, value, least] of [
    ['chains', chains, 1],
    ['steps', steps, 2],
    ['warmup', warmup, 0],
    ['thin', thin, 1],
  ] as const)
    if (!Number.isInteger(value) || value < least)
      throw new EbmError(
        'argument',
        `measureLattice: ${name} must be a whole number of at least ${least}, got ${value}.`,
      );
  if (!start) return;
  checkStates('measureLattice: start', lattice.size, dtypeOf(lattice), start);
  if (start.shape[0] !== chains)
    throw new EbmError('argument', `measureLattice: chains is ${chains}, but start has ${start.shape[0]} chains.`);
}

/** The table of one run. */
function summarise(lattice: Lattice, { energy, magnetisation, structureFactor }: LatticeSeries, thin: number) {
  const { beta, sites, size } = lattice;
  const hasField = lattice.kind === 'ising' && lattice.field !== 0;
  const map = (series: Series, f: (x: number) => number): Series => series.map((chain) => chain.map(f));
  const m = hasField ? magnetisation : map(magnetisation, Math.abs);
  const [m2, m4] = [map(magnetisation, (x) => x ** 2), map(magnetisation, (x) => x ** 4)];
  const perSite = map(energy, (x) => x / sites);
  const [ofEnergy, ofM, ofM2] = [binning(perSite), binning(m), binning(m2)];
  const ofStructure = binning(structureFactor);
  const all = [ofEnergy, ofM, ofM2, ofStructure];
  const mean = ({ mean: value, standardError, autocorrelationTime }: Binning): Measured => ({
    value,
    standardError,
    autocorrelationTime: autocorrelationTime * thin,
  });
  const derived = (of: readonly Binning[], series: readonly Series[], f: (...means: number[]) => number): Measured => {
    const blockLength = Math.max(...of.map((one) => one.blockLength));
    const blocks = series.map((one) => blockMeans(one, blockLength));
    const { autocorrelationTime } = of[0] as Binning;
    return { ...jackknife(blocks, f), autocorrelationTime: autocorrelationTime * thin };
  };
  const energySquared = map(perSite, (x) => x ** 2);
  const halfWave = Math.sin(Math.PI / Math.max(...size));
  return {
    energy: mean(ofEnergy),
    magnetisation: mean(ofM),
    heatCapacity: derived([ofEnergy], [perSite, energySquared], (e, e2) => beta ** 2 * sites * (e2 - e ** 2)),
    susceptibility: derived([ofM2, ofM], [m, m2], (a, b) => beta * sites * (b - a ** 2)),
    binderCumulant: derived([ofM2], [m2, m4], (a, b) => 1 - b / (3 * a ** 2)),
    correlationLength: derived(
      [ofM2, ofStructure],
      [m2, structureFactor],
      (a, s) => Math.sqrt((sites * a) / s - 1) / (2 * halfWave),
    ),
    status: all.some(({ status }) => status === 'short') ? ('short' as const) : ('ok' as const),
    run: { beta, energies: energy, observables: { magnetisation: m, m2, m4 } },
  };
}

/**
 * Runs chains of a lattice and measures it: means with errors by `binning`, and functions of means with errors by the jackknife over blocks of the length that
 * binning finds. Nothing needs to be freed. It yields to the event loop, and can be watched and aborted.
 *
 * @param lattice - An Ising or Potts lattice.
 * @param options - The kernel, how many chains and steps, key, where to begin.
 * @returns One table of numbers, and the series behind it.
 * @throws EbmError when an option is wrong, or with code `aborted` when the signal fires.
 *
 * @example
 * ```ts
 * const lattice = isingLattice({ size: [16, 16], beta: 0.42 });
 * const { energy, binderCumulant } = await measureLattice(lattice, {
 *   kernel: wolff(lattice, { clusters: 4 }), chains: 8, steps: 2000, warmup: 100, key: key(1),
 * });
 * console.log(energy.value, '+-', energy.standardError);
 * ```
 * @see Binder, "Finite size scaling analysis of Ising model block distribution functions", 1981, https://doi.org/10.1007/BF01293604
 */
export async function measureLattice<S extends { readonly position: Tensor }>(
  lattice: Lattice,
  options: MeasureLatticeOptions<S>,
): Promise<LatticeMeasurement> {
  checkOptions(lattice, options);
  return summarise(lattice, await record(lattice, options), options.thin ?? 1);
}
