import { EbmError, type Key, makePacer, type Progress } from '@ebmkit/tensor';
import { type DensityOfStates, densityOf } from './density-of-states.js';
import { neighboursOf } from './geometry.js';
import { type Lattice, valuesOf } from './lattice.js';
import { drawBelow, perWord, randomWords } from './random-words.js';

/** How to walk. */
export interface WangLandauOptions {
  /** The key of the walk. */
  readonly key: Key;
  /**
   * The most sweeps, each as many moves as there are sites. With $`M`$ energies on $`N`$ sites, $`\log f`$ gets down to `finalLogFactor` about
   * $`M / (N \cdot`$ `finalLogFactor`$`)`$ sweeps after the last new energy was found; twice that for as many energies as there can be unless given.
   */
  readonly sweeps?: number;
  /**
   * The walk ends when $`\log f`$, what a visit adds to $`\log g`$, is below this; 1e-6 unless given, which takes about a million sweeps of the
   * square Ising lattice. The time is inverse to it, and the error of $`\log g`$ goes as its square root.
   */
  readonly finalLogFactor?: number;
  /**
   * What the counts are scaled to: `states` (unless given), all $`q^N`$ of them; or `ground`, the $`q`$ states of a ferromagnet whose sites are all alike, which gives
   * low temperatures smaller errors.
   */
  readonly normalise?: 'states' | 'ground';
  /** Called about every 100 ms and at the end. */
  readonly onProgress?: (progress: Progress) => void;
  /** Stops the walk. */
  readonly signal?: AbortSignal;
}

/** What a walk found. */
export interface WangLandauResult extends DensityOfStates {
  /**
   * `converged`; `stopped` when the sweeps ran out before $`\log f`$ was small; `no-ground` when counts were to be scaled to the ground states and the walk
   * never met one: they are scaled to all states then.
   */
  readonly status: 'converged' | 'stopped' | 'no-ground';
  /** The status in words. */
  readonly message: string;
  /** How many sweeps were made. */
  readonly sweeps: number;
  /** $`\log f`$ at the end. */
  readonly logFactor: number;
  /** How often each energy was visited. */
  readonly visits: Float64Array;
}

/** A walk over states, which remembers how much it has added to each energy level. */
interface Walk {
  /** Levels are numbers of equal neighbours. */
  readonly logDensity: Float64Array;
  readonly visits: Float64Array;
  /** Visits since $`\log f`$ was last halved. */
  readonly recent: Float64Array;
  readonly sweep: (logFactor: number) => void;
}

function makeWalk(lattice: Lattice, next: () => number): Walk {
  const { size, sites } = lattice;
  const [degree, values] = [2 * size.length, valuesOf(lattice)];
  const neighbours = neighboursOf(size);
  const states = Uint16Array.from({ length: sites }, () => drawBelow(next, values));
  const levels = levelsOf(lattice);
  const [logDensity, visits, recent] = [0, 0, 0].map(() => new Float64Array(levels)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const alike = (site: number, value: number): number => {
    let count = 0;
    for (let b = site * degree; b < (site + 1) * degree; b++) if (states[neighbours[b] as number] === value) count++;
    return count;
  };
  let level = 0;
  for (let site = 0; site < sites; site++) level += alike(site, states[site] as number) / 2;
  const sweep = (logFactor: number): void => {
    for (let move = 0; move < sites; move++) {
      const site = drawBelow(next, sites);
      const value = states[site] as number;
      const proposed = (value + (values === 2 ? 1 : 1 + drawBelow(next, values - 1))) % values;
      const to = level + alike(site, proposed) - alike(site, value);
      const isNew = visits[to] === 0;
      const gain = (logDensity[level] as number) - (logDensity[to] as number);
      if (isNew || gain >= 0 || next() * perWord < Math.exp(gain)) {
        // An energy seen for the first time begins where the walk comes from, not at 0 far below all others.
        if (isNew) logDensity[to] = logDensity[level] as number;
        states[site] = proposed;
        level = to;
      }
      logDensity[level] = (logDensity[level] as number) + logFactor;
      visits[level] = (visits[level] as number) + 1;
      recent[level] = (recent[level] as number) + 1;
    }
  };
  return { logDensity, visits, recent, sweep };
}

/**
 * Belardinelli and Pereyra's schedule of $`\log f`$, for a walk that does not know from the start which energies there are: it stays at 1 until half of the sweeps have
 * brought no new energy, and begins again when one is found later.
 *
 * @param sites - Moves in a sweep.
 */
function inverseTime(sites: number): (walk: Walk, done: number) => number {
  let [logFactor, known, begun, isInverse] = [1, 0, 0, false];
  return ({ visits, recent }, done) => {
    const seen = visits.reduce((count, n) => count + (n > 0 ? 1 : 0), 0);
    const inverse = seen / ((done - begun) * sites);
    if (seen > known) {
      [logFactor, known, begun, isInverse] = [1, seen, done, false];
      recent.fill(0);
    } else if (isInverse) logFactor = inverse;
    else if (visits.every((n, level) => n === 0 || (recent[level] as number) > 0)) {
      if (logFactor === 1 && done - begun < begun) return logFactor;
      logFactor /= 2;
      recent.fill(0);
      if (logFactor <= inverse) [isInverse, logFactor] = [true, inverse];
    }
    return logFactor;
  };
}

/** As many levels as there can be: numbers of equal neighbours from 0 to all of them. */
const levelsOf = ({ size, sites }: Lattice): number => size.length * sites + 1;

function checkOptions(lattice: Lattice, sweeps: number, finalLogFactor: number, normalise: string): void {
  if (lattice.kind === 'ising' && lattice.field !== 0)
    throw new EbmError(
      'argument',
      `wangLandau: expected a lattice without a field, got ${lattice.field}. The field needs a density in two variables.`,
    );
  if (!(finalLogFactor > 0 && finalLogFactor < 1))
    throw new EbmError('argument', `wangLandau: finalLogFactor must be between 0 and 1, got ${finalLogFactor}.`);
  if (!Number.isInteger(sweeps) || sweeps < 1)
    throw new EbmError('argument', `wangLandau: sweeps must be a whole number of at least 1, got ${sweeps}.`);
  if (normalise !== 'states' && normalise !== 'ground')
    throw new EbmError('argument', `wangLandau: normalise must be states or ground, got ${normalise}.`);
  if (normalise === 'ground' && lattice.coupling <= 0)
    throw new EbmError('argument', 'wangLandau: only ferromagnets have a known number of ground states. Use states.');
}

/** Adds a constant so that the counts add up to all states, or that the lowest energy, which must be that of the ground, has `values` of them. */
function normalised(density: DensityOfStates, lattice: Lattice, normalise: 'states' | 'ground'): DensityOfStates {
  const { logDensity } = density;
  const logValues = Math.log(valuesOf(lattice));
  if (normalise === 'ground') {
    const shift = logValues - (logDensity[0] as number);
    return { ...density, logDensity: logDensity.map((log) => log + shift) };
  }
  const largest = logDensity.reduce((a, b) => Math.max(a, b));
  const total = largest + Math.log(logDensity.reduce((sum, log) => sum + Math.exp(log - largest), 0));
  return { ...density, logDensity: logDensity.map((log) => log + lattice.sites * logValues - total) };
}

/**
 * The Wang-Landau algorithm: estimates the density of states $`g(E)`$ by a walk that visits all energies alike. Moves of one site are accepted with probability
 * $`\min(1, g(E) / g(E'))`$ under the estimate so far, and every visit adds $`\log f`$ to $`\log g`$ there. It is 1 until half
 * of the sweeps have found no new energy, then halved whenever every energy was visited again, until it meets $`1 / t`$, with $`t`$ in moves for each energy; from then on it is
 * $`1 / t`$, so that the error goes on falling as $`t^{-1/2}`$.
 * An estimate, biased while $`\log f`$ is large; one walk says nothing of its own error: compare keys. It is plain TypeScript on every backend and
 * makes some millions of moves a second. One density gives all temperatures (`canonicalMeans`); at a few, `multipleHistogram` has error bars.
 *
 * @param lattice - An Ising lattice without a field, or a Potts lattice. Its inverse temperature does not matter.
 * @param options - Key, when to end, how to scale.
 * @returns The energies that were found, the log of how many states there are at each, and the status.
 * @throws EbmError when an option is wrong, or with code `aborted` when the signal fires.
 *
 * @example
 * ```ts
 * const density = await wangLandau(isingLattice({ size: [8, 8], beta: 0 }), { key: key(1) });
 * const { heatCapacity } = canonicalMeans(density, 0.44);
 * ```
 * @see Wang and Landau, "Efficient, multiple-range random walk algorithm to calculate the density of states", 2001,
 * https://doi.org/10.1103/PhysRevLett.86.2050
 * @see Belardinelli and Pereyra, "Fast algorithm to calculate density of states", 2007, https://doi.org/10.1103/PhysRevE.75.046701
 */
export async function wangLandau(lattice: Lattice, options: WangLandauOptions): Promise<WangLandauResult> {
  const { key, finalLogFactor = 1e-6, normalise = 'states', onProgress, signal } = options;
  const { sites } = lattice;
  const { sweeps = Math.ceil((2 * levelsOf(lattice)) / (sites * finalLogFactor)) } = options;
  checkOptions(lattice, sweeps, finalLogFactor, normalise);
  const walk = makeWalk(lattice, randomWords(key));
  const { logDensity, visits, sweep } = walk;
  const pacer = makePacer(0, sweeps, onProgress);
  const schedule = inverseTime(sites);
  let [logFactor, done] = [1, 0];
  while (done < sweeps && logFactor >= finalLogFactor) {
    if (signal?.aborted)
      throw new EbmError('aborted', `wangLandau: aborted after ${done} of ${sweeps} sweeps.`, { cause: signal.reason });
    sweep(logFactor);
    done++;
    logFactor = schedule(walk, done);
    await pacer.after(done);
  }
  pacer.finish(done);
  const isThere = (level: number): boolean => (visits[level] as number) > 0;
  // All sites alike, the ground of a ferromagnet, is the highest level.
  const found = { logFactor, done, noGround: normalise === 'ground' && !isThere(levelsOf(lattice) - 1) };
  const density = densityOf(lattice, logDensity, isThere);
  return {
    ...normalised(density, lattice, found.noGround ? 'states' : normalise),
    ...verdict(lattice, found, density.energies.length, finalLogFactor),
    sweeps: done,
    logFactor,
    visits: densityOf(lattice, visits, isThere).logDensity,
  };
}

/** The status and its words. */
function verdict(
  { sites }: Lattice,
  { logFactor, done, noGround }: { readonly logFactor: number; readonly done: number; readonly noGround: boolean },
  energies: number,
  finalLogFactor: number,
): Pick<WangLandauResult, 'status' | 'message'> {
  const progress = `log f is ${logFactor.toExponential(1)} after ${done} sweeps.`;
  if (noGround)
    return {
      status: 'no-ground',
      message: `${progress} No ground state was found, so the counts are scaled to all states. Allow more sweeps.`,
    };
  if (logFactor < finalLogFactor) return { status: 'converged', message: progress };
  const needed = Math.ceil(energies / (sites * finalLogFactor));
  return {
    status: 'stopped',
    message: `${progress} ${finalLogFactor} takes about ${needed} after the last new energy. Allow more sweeps.`,
  };
}
