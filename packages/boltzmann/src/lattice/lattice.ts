import type { IsingLattice } from './ising-lattice.js';
import type { PottsLattice } from './potts-lattice.js';

/** A lattice of either kind. */
export type Lattice = IsingLattice | PottsLattice;

/** How many values a site can take: 2 for Ising spins. */
export function valuesOf(lattice: Lattice): number {
  return lattice.kind === 'ising' ? 2 : lattice.states;
}

/** The dtype of states: bool for Ising spins, int32 for Potts. */
export function dtypeOf(lattice: Lattice): 'bool' | 'int32' {
  return lattice.kind === 'ising' ? 'bool' : 'int32';
}

/** $`H`$ of a state from the number of bonds between equal neighbours and the sum of its spins. */
export function energyOfBonds(lattice: Lattice, alike: number, spinSum: number): number {
  if (lattice.kind === 'potts') return 0 - lattice.coupling * alike;
  const bonds = lattice.sites * lattice.size.length;
  return 0 - lattice.coupling * (2 * alike - bonds) - lattice.field * spinSum;
}
