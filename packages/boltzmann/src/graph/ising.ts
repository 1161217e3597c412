import { type BoltzmannMachine, boltzmannMachine } from './boltzmann-machine.js';
import type { Edge } from './edges.js';
import type { NodeParts } from './visible-hidden.js';

/** The structure of an Ising model. */
export interface IsingOptions extends Partial<NodeParts> {
  /** How many spins. */
  readonly nodes: number;
  /** The pairs that are coupled. */
  readonly edges: readonly Edge[];
}

/**
 * An Ising model on any graph, as a Boltzmann machine of spins: with a bias `[nodes]` for each spin and a weight `[edges]` for each edge,
 *
 * ```math
 * E(s) = -\sum_i b_i s_i - \sum_e w_e s_i s_j, \qquad s_i = \pm 1
 * ```
 *
 * States are int32 `[n, nodes]` of −1 and 1. At another inverse temperature: `temper(bind(machine, params), beta)` for its energy,
 * `kernel(params, { beta })` for its chains. For a square lattice of one coupling `isingLattice` is faster.
 *
 * @param options - Spins and edges, and which spins are visible.
 * @returns The machine.
 * @throws EbmError when an edge joins nodes that there are not.
 *
 * @example
 * ```ts
 * const model = ising({ nodes: 400, edges: gridEdges([20, 20], { periodic: true }) });
 * const params = { bias: zeros([400]), weight: full([800], 0.44) };
 * const chains = model.kernel(params, { sweeps: 10 });
 * ```
 * @see Ising, "Beitrag zur Theorie des Ferromagnetismus", 1925, https://doi.org/10.1007/BF02980577
 */
export function ising({ nodes, edges, ...parts }: IsingOptions): BoltzmannMachine {
  const kinds = Array.from({ length: nodes }, () => 'spin' as const);
  return boltzmannMachine({ graph: { nodes: kinds, interactions: edges }, ...parts });
}
