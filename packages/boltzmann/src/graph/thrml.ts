import { EbmError, read, tensor } from '@ebmkit/tensor';
import type { BoltzmannMachine } from './boltzmann-machine.js';
import type { Edge } from './edges.js';
import type { GraphParameters } from './graph-parameters.js';
import { nodesOf } from './interaction-graph.js';
import { ising } from './ising.js';

/** The arrays of an `IsingEBM` of thrml, with nodes by their place in its list. */
export interface ThrmlIsing {
  /** The two ends of each edge. */
  readonly edges: readonly Edge[];
  /** The bias of each node. */
  readonly biases: ArrayLike<number>;
  /** The weight of each edge. */
  readonly weights: ArrayLike<number>;
  /** The inverse temperature; 1 unless given. */
  readonly beta?: number;
}

/**
 * An Ising model of thrml as a machine with parameters. thrml's energy is
 * $`-\beta (\sum_i b_i s_i + \sum_e J_e s_i s_j)`$; biases and weights are multiplied by $`\beta`$ here. Its `true` is the spin 1.
 *
 * @param model - Its arrays.
 * @returns The machine, and parameters that are yours to free.
 * @throws EbmError when there are not as many weights as edges, or `beta` is not a finite number.
 *
 * @example
 * ```ts
 * const { machine, params } = fromThrml({ edges: [[0, 1]], biases: [0.1, -0.2], weights: [0.5], beta: 2 });
 * ```
 * @see thrml 0.1, `thrml.models.IsingEBM`, https://docs.thrml.ai
 */
export function fromThrml({ edges, biases, weights, beta = 1 }: ThrmlIsing): {
  readonly machine: BoltzmannMachine;
  readonly params: GraphParameters;
} {
  if (weights.length !== edges.length)
    throw new EbmError(
      'argument',
      `fromThrml: expected ${edges.length} weights, one for each edge, got ${weights.length}.`,
    );
  if (!Number.isFinite(beta))
    throw new EbmError('argument', `fromThrml: beta must be a finite number, got ${beta}. Leave it out for 1.`);
  const scaled = (numbers: ArrayLike<number>) => tensor(Float64Array.from(numbers, (number) => beta * number));
  return {
    machine: ising({ nodes: biases.length, edges }),
    params: { bias: scaled(biases), weight: scaled(weights) },
  };
}

/**
 * The arrays that thrml's `IsingEBM` takes, of a machine of spins with edges only.
 *
 * @param machine - A machine as `ising` makes it.
 * @param params - Its parameters.
 * @returns Its arrays, at `beta` 1.
 * @throws EbmError when a node is no spin or an interaction no pair.
 */
export async function toThrml({ graph }: BoltzmannMachine, params: GraphParameters): Promise<Required<ThrmlIsing>> {
  const edges = graph.interactions.map(nodesOf);
  if (graph.nodes.some((kind) => kind !== 'spin') || edges.some(({ length }) => length !== 2))
    throw new EbmError('argument', 'toThrml: IsingEBM has spins and pairs of them, got other nodes or interactions.');
  const [biases, weights] = [await read(params.bias), await read(params.weight)];
  return { edges: edges as unknown as Edge[], biases, weights, beta: 1 };
}
