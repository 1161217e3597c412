import { EbmError } from '@ebmkit/tensor';
import { neighboursOf } from './geometry.js';
import { type Lattice, valuesOf } from './lattice.js';
import { perWord } from './random-words.js';

/** What cluster algorithms must know of a lattice. */
export interface ClusterModel {
  /** The neighbours of every site, see `neighboursOf`. */
  readonly neighbours: Int32Array;
  /** Neighbours of one site. */
  readonly degree: number;
  /** How many sites. */
  readonly sites: number;
  /** How many values a site can take. */
  readonly values: number;
  /** Whether bonds join equal values (a ferromagnet), or different ones. */
  readonly joinsEqual: boolean;
  /** A bond between values that it can join is there when a random word is below this. */
  readonly bondThreshold: number;
  /** What turning over a cluster adds to $`E`$ for each unit of the sum of its spins: $`2 \beta h`$, 0 without a field. */
  readonly fieldCost: number;
}

/**
 * The bonds of Fortuin and Kasteleyn: between neighbours in their favoured arrangement, each with probability $`1 - e^{-2 \beta |J|}`$ for spins of ±1
 * and $`1 - e^{-\beta J}`$ for Potts states. Given the bonds, all turns of a cluster are equally likely but for the field.
 *
 * @see Fortuin and Kasteleyn, "On the random-cluster model", 1972, https://doi.org/10.1016/0031-8914(72)90045-6
 */
export function clusterModel(caller: string, lattice: Lattice): ClusterModel {
  const { size, sites, coupling, beta } = lattice;
  if (lattice.kind === 'potts' && coupling < 0)
    throw new EbmError(
      'argument',
      `${caller}: expected a Potts lattice with a coupling of at least 0, got ${coupling}. Use checkerboard for antiferromagnets.`,
    );
  const gap = lattice.kind === 'ising' ? 2 : 1;
  return {
    neighbours: neighboursOf(size),
    degree: 2 * size.length,
    sites,
    values: valuesOf(lattice),
    joinsEqual: coupling >= 0,
    bondThreshold: -Math.expm1(-gap * beta * Math.abs(coupling)) / perWord,
    fieldCost: lattice.kind === 'ising' ? 2 * beta * lattice.field : 0,
  };
}

/** Throws unless every value is one of the model's, so that no state runs out of bounds. */
export function checkValues(caller: string, states: Uint8Array | Int32Array, values: number): void {
  for (const value of states)
    if (value < 0 || value >= values)
      throw new EbmError('argument', `${caller}: expected states of 0 … ${values - 1}, got ${value}.`);
}
