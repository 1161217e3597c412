import type { DiscreteEnergy } from '@ebmkit/energy';
import {
  add,
  cast,
  EbmError,
  equal,
  floor,
  type Key,
  mul,
  scoped,
  sumEvent,
  type Tensor,
  uniform,
  zeros,
} from '@ebmkit/tensor';
import { checkSize, checkStates, shifted, sitesOf } from './geometry.js';
import { checkCouplings } from './ising-lattice.js';

/** The parts of a Potts lattice. */
export interface PottsLatticeOptions {
  /** The sides, 2 or 3 whole numbers of at least 2. */
  readonly size: readonly number[];
  /** How many values $`q`$ a site can take, a whole number of at least 2. */
  readonly states: number;
  /** The coupling $`J`$ of neighbours; 1 unless given. */
  readonly coupling?: number;
  /** The inverse temperature, at least 0. */
  readonly beta: number;
}

/** A Potts model on a periodic lattice, as an energy over int32 states `[n, ...size]` of 0 … `states` − 1. */
export interface PottsLattice extends DiscreteEnergy {
  /** Tells it from an Ising lattice. */
  readonly kind: 'potts';
  /** The sides. */
  readonly size: readonly number[];
  /** How many sites. */
  readonly sites: number;
  /** How many values a site can take. */
  readonly states: number;
  /** The coupling $`J`$. */
  readonly coupling: number;
  /** The inverse temperature. */
  readonly beta: number;
  /** The same lattice at another inverse temperature. */
  readonly at: (beta: number) => PottsLattice;
  /** States in which every site is 0, `[chains, ...size]`. */
  readonly aligned: (chains: number) => Tensor;
  /** States of fair dice, `[chains, ...size]`: what infinite temperature gives. */
  readonly random: (key: Key, chains: number) => Tensor;
}

/**
 * A Potts model on a periodic square or cubic lattice: with $`x_i \in \{0, …, q - 1\}`$ and the sum over bonds of neighbours,
 *
 * ```math
 * E(x) = \beta H(x), \quad H(x) = -J \sum_{\langle i j \rangle} [x_i = x_j].
 * ```
 *
 * With two states it is `isingLattice` at half the coupling. On a side of 2 both neighbours are the same site, joined by two bonds. `relaxed`
 * takes one-hot states `[n, ...size, states]`.
 *
 * @param options - Sides, number of states, coupling, inverse temperature.
 * @returns The lattice, an energy for every sampler of `categoricalStates(states)`. Its own: `checkerboard`, `wolff`, `swendsenWang`.
 * @throws EbmError when the size or a number is not one. `energy` throws for states of another shape.
 *
 * @example
 * ```ts
 * const lattice = pottsLattice({ size: [20, 20], states: 5, beta: 1.1 });
 * const kernel = swendsenWang(lattice);
 * ```
 * @see Wu, "The Potts model", 1982, https://doi.org/10.1103/RevModPhys.54.235
 */
export function pottsLattice(options: PottsLatticeOptions): PottsLattice {
  const { size, states, coupling = 1, beta } = options;
  checkSize('pottsLattice', size);
  checkCouplings('pottsLattice', { coupling, beta });
  if (!Number.isInteger(states) || states < 2)
    throw new EbmError('argument', `pottsLattice: states must be a whole number of at least 2, got ${states}.`);
  const overBonds = (alike: (axis: number) => Tensor): Tensor =>
    scoped<Tensor>(() =>
      mul(
        size.map((_, axis) => sumEvent(alike(axis + 1))).reduce((a, b) => add(a, b)),
        -beta * coupling,
      ),
    );
  return {
    kind: 'potts',
    support: 'discrete',
    size: [...size],
    sites: sitesOf(size),
    states,
    coupling,
    beta,
    energy: (x) => {
      checkStates('pottsLattice.energy', size, 'int32', x);
      return overBonds((axis) => cast(equal(x, shifted(x, axis, 1)), 'float32'));
    },
    relaxed: (x) => {
      checkStates('pottsLattice.relaxed', [...size, states], 'float32', x);
      return overBonds((axis) => mul(x, shifted(x, axis, 1)));
    },
    at: (other) => pottsLattice({ ...options, beta: other }),
    aligned: (chains) => zeros([chains, ...size], 'int32'),
    random: (key, chains) => scoped<Tensor>(() => cast(floor(mul(uniform(key, [chains, ...size]), states)), 'int32')),
  };
}
