import { type BoltzmannMachine, boltzmannMachine } from './boltzmann-machine.js';
import type { Edge } from './edges.js';
import type { NodeParts } from './visible-hidden.js';

/** The structure of a Potts model. */
export interface PottsOptions extends Partial<NodeParts> {
  /** How many nodes. */
  readonly nodes: number;
  /** The pairs that are coupled. */
  readonly edges: readonly Edge[];
  /** How many states each node has. */
  readonly states: number;
}

/**
 * A Potts model on any graph, as a Boltzmann machine of categorical nodes: with a bias `[nodes, states]` and a weight `[edges]` that
 * counts where both ends are in the same state,
 *
 * ```math
 * E(x) = -\sum_i b_{i, x_i} - \sum_e w_e [x_i = x_j]
 * ```
 *
 * States are int32 `[n, nodes]` of 0 … states − 1. A coupling that is a table over both states is an interaction `[i, j]` of
 * `boltzmannMachine`. For a square lattice of one coupling `pottsLattice` is faster.
 *
 * @param options - Nodes, edges and states, and which nodes are visible.
 * @returns The machine.
 * @throws EbmError when an edge joins nodes that there are not, or `states` is not a whole number of at least 2.
 *
 * @example
 * ```ts
 * const model = potts({ nodes: 400, edges: gridEdges([20, 20]), states: 5 });
 * const params = { bias: zeros([400, 5]), weight: ones([760]) };
 * ```
 * @see Potts, "Some generalized order-disorder transformations", 1952, https://doi.org/10.1017/S0305004100027419
 */
export function potts({ nodes, edges, states, ...parts }: PottsOptions): BoltzmannMachine {
  const kinds = Array.from({ length: nodes }, () => ({ categorical: states }));
  const interactions = edges.map((edge) => ({ equal: edge }));
  return boltzmannMachine({ graph: { nodes: kinds, interactions }, ...parts });
}
