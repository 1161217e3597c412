import { EbmError } from '@ebmkit/tensor';
import type { CanonicalMeans } from './kaufman.js';
import { energyOfBonds, type Lattice, valuesOf } from './lattice.js';

/** How many states a lattice has at each energy. */
export interface DensityOfStates {
  /** The energies $`H`$ at which there are states, from the lowest. */
  readonly energies: Float64Array;
  /** The log of how many states there are at each. */
  readonly logDensity: Float64Array;
}

/**
 * What a density of states says at an inverse temperature: $`Z = \sum_E g(E) e^{-\beta E}`$ and the moments of the energy. As exact as the density.
 *
 * @param density - From `wangLandau` or `exactDensityOfStates`.
 * @param beta - The inverse temperature.
 * @returns $`\log Z`$, mean energy and heat capacity of the whole lattice.
 *
 * @example
 * ```ts
 * const { energy } = canonicalMeans(exactDensityOfStates(lattice), 0.44);
 * ```
 */
export function canonicalMeans({ energies, logDensity }: DensityOfStates, beta: number): CanonicalMeans {
  const logs = logDensity.map((log, i) => log - beta * (energies[i] as number));
  const largest = logs.reduce((a, b) => Math.max(a, b));
  let [norm, mean, square] = [0, 0, 0];
  logs.forEach((log, i) => {
    const [weight, energy] = [Math.exp(log - largest), energies[i] as number];
    norm += weight;
    mean += weight * energy;
    square += weight * energy ** 2;
  });
  const energy = mean / norm;
  return { logZ: largest + Math.log(norm), energy, heatCapacity: beta ** 2 * (square / norm - energy ** 2) };
}

/** More additions than this take longer than some ten seconds. */
const mostAdditions = 2e9;

/** What the sum over rows needs to know. */
interface Rows {
  readonly values: number;
  readonly columns: number;
  readonly states: number;
  readonly levels: number;
}

/** How many neighbours in a row of a periodic lattice are equal, and how many sites of two rows. */
function bondsOfRow({ values, columns }: Rows, row: number, other: number) {
  const site = (code: number, column: number): number => Math.floor(code / values ** column) % values;
  let [within, between] = [0, 0];
  for (let c = 0; c < columns; c++) {
    if (site(row, c) === site(row, (c + 1) % columns)) within++;
    if (site(row, c) === site(other, c)) between++;
  }
  return { within, between };
}

/** Adds one list of counts to another, moved up by `shift` levels. */
function addShifted(to: Float64Array, from: Float64Array, shift: number, count: number): void {
  for (let level = 0; level < count; level++)
    to[level + shift] = (to[level + shift] as number) + (from[level] as number);
}

/** Puts the next site in place of the one above it, in column `column`, and adds the bonds that become known to the `levels` of before. */
function addSite(
  { values, columns, states }: Rows,
  from: readonly Float64Array[],
  to: readonly Float64Array[],
  column: number,
  levels: number,
): void {
  const power = values ** column;
  for (let row = 0; row < states; row++) {
    const own = Math.floor(row / power) % values;
    let bonds = 0;
    if (column > 0 && Math.floor((row * values) / power) % values === own) bonds++;
    if (column === columns - 1 && row % values === own) bonds++;
    const counts = (to[row] as Float64Array).fill(0);
    for (let above = 0; above < values; above++)
      addShifted(counts, from[row + (above - own) * power] as Float64Array, bonds + (above === own ? 1 : 0), levels);
  }
}

/**
 * The exact density of states of a small two-dimensional lattice by a transfer matrix: rows are added site by site, with the number of states kept for each
 * number of equal neighbours. Counts are exact up to 2^53 and good to 15 digits beyond. Takes about $`N^2 q^{2 w}`$ additions for $`N`$ sites and a shorter side of $`w`$: the 8 × 8 Ising
 * lattice takes about two seconds. Larger ones: `wangLandau`; at one temperature `kaufman`.
 *
 * @param lattice - A two-dimensional lattice without a field.
 * @returns The energies, and the log of the number of states at each.
 * @throws EbmError when the lattice has three sides, a field, or would take more than 2e9 additions.
 *
 * @example
 * ```ts
 * const { logDensity } = exactDensityOfStates(isingLattice({ size: [4, 4], beta: 1 }));
 * ```
 * @see Binder, "Statistical mechanics of finite three-dimensional Ising models", 1972, https://doi.org/10.1016/0031-8914(72)90237-6
 */
export function exactDensityOfStates(lattice: Lattice): DensityOfStates {
  const columns = Math.min(...lattice.size);
  if (lattice.size.length !== 2 || (lattice.kind === 'ising' && lattice.field !== 0))
    throw new EbmError('argument', 'exactDensityOfStates: expected a lattice of two sides without a field.');
  const values = valuesOf(lattice);
  const levels = 2 * lattice.sites + 1;
  const parts: Rows = { values, columns, levels, states: values ** columns };
  if (values ** (2 * columns) * lattice.sites ** 2 > mostAdditions)
    throw new EbmError(
      'argument',
      `exactDensityOfStates: [${lattice.size.join(', ')}] with ${values} states would take more than 2e9 additions. Use wangLandau.`,
    );
  const totals = new Float64Array(levels);
  const empty = (): Float64Array[] => Array.from({ length: parts.states }, () => new Float64Array(levels));
  let [counts, next] = [empty(), empty()];
  // All states of the first site are alike.
  for (let first = 0; first < parts.states; first += values) {
    for (const list of counts) list.fill(0);
    (counts[first] as Float64Array)[bondsOfRow(parts, first, first).within] = values;
    for (let site = columns; site < lattice.sites; site++) {
      // Every site has brought two bonds at most, so far.
      addSite(parts, counts, next, site % columns, 2 * site + 1);
      [counts, next] = [next, counts];
    }
    counts.forEach((list, last) => {
      const { between } = bondsOfRow(parts, last, first);
      addShifted(totals, list, between, levels - between);
    });
  }
  return densityOf(lattice, totals.map(Math.log), (level) => (totals[level] as number) > 0);
}

/** A density by the number of equal neighbours, as one by energy, from the lowest. */
export function densityOf(
  lattice: Lattice,
  logDensity: Float64Array,
  isThere: (level: number) => boolean,
): DensityOfStates {
  const levels = Array.from(logDensity.keys()).filter(isThere);
  const sorted = levels.sort((a, b) => energyOfBonds(lattice, a, 0) - energyOfBonds(lattice, b, 0));
  return {
    energies: Float64Array.from(sorted, (level) => energyOfBonds(lattice, level, 0)),
    logDensity: Float64Array.from(sorted, (level) => logDensity[level] as number),
  };
}
