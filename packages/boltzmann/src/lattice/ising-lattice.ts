import type { DiscreteEnergy } from '@ebmkit/energy';
import {
  add,
  bernoulli,
  cast,
  EbmError,
  full,
  type Key,
  mul,
  scoped,
  sub,
  sumEvent,
  type Tensor,
} from '@ebmkit/tensor';
import { checkSize, checkStates, shifted, sitesOf } from './geometry.js';

/** The parts of an Ising lattice. */
export interface IsingLatticeOptions {
  /** The sides, 2 or 3 whole numbers of at least 2. */
  readonly size: readonly number[];
  /** The coupling $`J`$ of neighbours; 1 unless given. Positive ones align, negative ones are antiferromagnetic. */
  readonly coupling?: number;
  /** The field $`h`$ on every spin; 0 unless given. */
  readonly field?: number;
  /** The inverse temperature, at least 0. */
  readonly beta: number;
}

/** An Ising model on a periodic lattice, as an energy over bool states `[n, ...size]` in which true is spin up. */
export interface IsingLattice extends DiscreteEnergy {
  /** Tells it from a Potts lattice. */
  readonly kind: 'ising';
  /** The sides. */
  readonly size: readonly number[];
  /** How many sites. */
  readonly sites: number;
  /** The coupling $`J`$. */
  readonly coupling: number;
  /** The field $`h`$. */
  readonly field: number;
  /** The inverse temperature. */
  readonly beta: number;
  /** The same lattice at another inverse temperature. */
  readonly at: (beta: number) => IsingLattice;
  /** States in which every spin is up, `[chains, ...size]`. */
  readonly aligned: (chains: number) => Tensor;
  /** States of fair coins, `[chains, ...size]`: what infinite temperature gives. */
  readonly random: (key: Key, chains: number) => Tensor;
}

/** Throws unless a number of a lattice is finite, and an inverse temperature at least 0. */
export function checkCouplings(caller: string, numbers: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(numbers))
    if (!Number.isFinite(value) || (name === 'beta' && value < 0))
      throw new EbmError(
        'argument',
        `${caller}: ${name} must be a finite number${name === 'beta' ? ' of at least 0' : ''}, got ${value}.`,
      );
}

/**
 * An Ising model on a periodic square or cubic lattice: with spins $`s_i = \pm 1`$ and the sum over bonds of neighbours,
 *
 * ```math
 * E(s) = \beta H(s), \quad H(s) = -J \sum_{\langle i j \rangle} s_i s_j - h \sum_i s_i.
 * ```
 *
 * An energy takes a few operations on the states; it is exact in float32 up to 2^24 bonds, and differentiable at float32 states of 0 and 1.
 * On a side of 2 both neighbours are the same site, joined by two bonds. For other graphs, or couplings that differ, see the machines on graphs;
 * for more than two values of a site `pottsLattice`.
 *
 * @param options - Sides, coupling, field, inverse temperature.
 * @returns The lattice, an energy for every sampler of `binaryStates()`. Its own: `checkerboard`, `wolff`, `swendsenWang`.
 * @throws EbmError when the size or a number is not one. `energy` throws for states of another shape.
 *
 * @example
 * ```ts
 * const lattice = isingLattice({ size: [32, 32], beta: 0.44 });
 * const energies = lattice.energy(lattice.aligned(4)); // each -0.44 * 2048
 * ```
 * @see Ising, "Beitrag zur Theorie des Ferromagnetismus", 1925, https://doi.org/10.1007/BF02980577
 */
export function isingLattice(options: IsingLatticeOptions): IsingLattice {
  const { size, coupling = 1, field = 0, beta } = options;
  checkSize('isingLattice', size);
  checkCouplings('isingLattice', { coupling, field, beta });
  const energy = (x: Tensor): Tensor => {
    checkStates('isingLattice.energy', size, x.dtype === 'float32' ? 'float32' : 'bool', x);
    return scoped<Tensor>(() => {
      const spins = sub(mul(cast(x, 'float32'), 2), 1);
      const next = size.map((_, axis) => shifted(spins, axis + 1, 1)).reduce((a, b) => add(a, b));
      const bonds = mul(sumEvent(mul(spins, next)), -beta * coupling);
      return field === 0 ? bonds : sub(bonds, mul(sumEvent(spins), beta * field));
    });
  };
  return {
    kind: 'ising',
    support: 'discrete',
    size: [...size],
    sites: sitesOf(size),
    coupling,
    field,
    beta,
    energy,
    at: (other) => isingLattice({ ...options, beta: other }),
    aligned: (chains) => full([chains, ...size], 1, 'bool'),
    random: (key, chains) => scoped<Tensor>(() => bernoulli(key, 0.5, [chains, ...size])),
  };
}
