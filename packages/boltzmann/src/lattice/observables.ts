import { neighboursOf } from './geometry.js';
import { energyOfBonds, type Lattice, valuesOf } from './lattice.js';

/** What is observed of a batch of states, one number for each. */
export interface LatticeObservables {
  /** The energy $`H`$ of the whole lattice, without the inverse temperature. */
  readonly energy: Float64Array;
  /**
   * The magnetisation per site. Of Ising spins the mean of $`\pm 1`$. Of Potts states the length of the order parameter, $`\sqrt{(q \sum_a \rho_a^2 - 1) / (q - 1)}`$
   * of the shares $`\rho_a`$ of the states: 0 when all are equally frequent, 1 when all sites agree.
   */
  readonly magnetisation: Float64Array;
  /**
   * The structure factor at the smallest wave vector $`k = 2 \pi / L`$, $`S(k) = \frac{1}{N} |\sum_j s_j e^{i k \cdot r_j}|^2`$, averaged over the axes of the longest side. Potts states
   * count as vectors of length 1 to the corners of a simplex.
   */
  readonly structureFactor: Float64Array;
}

/** Sums over the planes across each longest axis: for each value of a site, its count in each plane. */
interface Planes {
  readonly axis: number;
  readonly stride: number;
  readonly counts: Float64Array;
}

/** Makes a function that observes states of a lattice, with its tables made once. */
export function latticeObserver(lattice: Lattice): (states: ArrayLike<number>) => LatticeObservables {
  const { size, sites } = lattice;
  const [degree, values] = [2 * size.length, valuesOf(lattice)];
  const neighbours = neighboursOf(size);
  const longest = Math.max(...size);
  const planes: readonly Planes[] = size.flatMap((side, axis) => {
    if (side !== longest) return [];
    const stride = size.slice(axis + 1).reduce((a, b) => a * b, 1);
    return [{ axis, stride, counts: new Float64Array(values * longest) }];
  });
  const waves = Array.from({ length: longest }, (_, i) => {
    const angle = (2 * Math.PI * i) / longest;
    return [Math.cos(angle), Math.sin(angle)] as const;
  });
  const countAlike = (states: ArrayLike<number>, from: number): number => {
    let alike = 0;
    for (let site = 0; site < sites; site++) {
      const value = states[from + site];
      for (let b = site * degree; b < (site + 1) * degree; b += 2)
        if (states[from + (neighbours[b] as number)] === value) alike++;
    }
    return alike;
  };
  const countPlanes = (states: ArrayLike<number>, from: number): void => {
    for (const { stride, counts } of planes) {
      counts.fill(0);
      for (let site = 0; site < sites; site++) {
        const at = (states[from + site] as number) * longest + (Math.floor(site / stride) % longest);
        counts[at] = (counts[at] as number) + 1;
      }
    }
  };
  /** The sum over values and planes of |sum of counts times waves|^2 for one axis, per site and in units of a spin. */
  const structureOf = ({ counts }: Planes): number => {
    let total = 0;
    for (let value = 0; value < values; value++) {
      let [real, imaginary] = [0, 0];
      waves.forEach(([cos, sin], i) => {
        real += cos * (counts[value * longest + i] as number);
        imaginary += sin * (counts[value * longest + i] as number);
      });
      total += real ** 2 + imaginary ** 2;
    }
    return (total * values) / ((values - 1) * sites);
  };
  const shareOf = (value: number): number => {
    let count = 0;
    for (let i = 0; i < longest; i++) count += (planes[0] as Planes).counts[value * longest + i] as number;
    return count / sites;
  };
  const magnetisationOf = (): number => {
    if (lattice.kind === 'ising') return 2 * shareOf(1) - 1;
    let squares = 0;
    for (let value = 0; value < values; value++) squares += shareOf(value) ** 2;
    return Math.sqrt(Math.max(0, (values * squares - 1) / (values - 1)));
  };
  return (states) => {
    const count = states.length / sites;
    const [energy, magnetisation, structureFactor] = [0, 0, 0].map(() => new Float64Array(count)) as [
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    for (let n = 0; n < count; n++) {
      countPlanes(states, n * sites);
      const m = magnetisationOf();
      magnetisation[n] = m;
      energy[n] = energyOfBonds(lattice, countAlike(states, n * sites), m * sites);
      structureFactor[n] = planes.reduce((sum, plane) => sum + structureOf(plane), 0) / planes.length;
    }
    return { energy, magnetisation, structureFactor };
  };
}

/**
 * Observes states of a lattice: energy, magnetisation and structure factor of each. Exact; costs time in proportion to the bonds.
 *
 * @param lattice - The lattice.
 * @param states - States as numbers, `[n, ...size]` flattened: 0 and 1 for Ising spins, 0 … q − 1 for Potts.
 * @returns One number for each state.
 *
 * @example
 * ```ts
 * const { energy, magnetisation } = latticeObservables(lattice, await read(states));
 * ```
 */
export function latticeObservables(lattice: Lattice, states: ArrayLike<number>): LatticeObservables {
  return latticeObserver(lattice)(states);
}
