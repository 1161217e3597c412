import { bits } from '../inputs.js';
import { type Inputs, type Prepared, workload } from '../workload.js';
import { type ColouredGraph, cubicGrid, graphFrom, graphInputs, randomBipartite } from './coloured-graph.js';
import { prepareSpinChains } from './spin-chains.js';

/** Which spin glass, and how long it is sampled. */
export type SparseSize = {
  /** `cubic` or `random`. */
  readonly graph: string;
  /** The side of the cube, or the number of nodes. */
  readonly size: number;
  /** Independent chains. */
  readonly chains: number;
  /** Sweeps of a run. */
  readonly sweeps: number;
};

function graphOf({ graph, size }: SparseSize): ColouredGraph {
  return graph === 'cubic' ? cubicGrid(size) : randomBipartite(size, 8, 111);
}

function nodesOf({ graph, size }: SparseSize): number {
  return graph === 'cubic' ? size ** 3 : size;
}

/** The energy of each chain for each node; states `[chains, nodes]`. */
function energies(states: ArrayLike<number>, chains: number, inputs: Inputs): Float64Array {
  const { nodes, edges } = graphFrom(inputs);
  const weights = inputs.weights as Float32Array;
  return Float64Array.from({ length: chains }, (_, chain) => {
    const spin = (end: number): number => 2 * (states[chain * nodes + (edges[end] as number)] as number) - 1;
    let total = 0;
    for (let e = 0; e < weights.length; e++) total -= (weights[e] as number) * spin(2 * e) * spin(2 * e + 1);
    return total / nodes;
  });
}

/** Heat-bath sweeps from all spins up. */
function prepareSparse({ chains, sweeps }: SparseSize, inputs: Inputs): Prepared {
  const graph = graphFrom(inputs);
  return prepareSpinChains({
    graph,
    biases: new Float32Array(graph.nodes),
    weights: inputs.weights as Float32Array,
    start: new Uint8Array(chains * graph.nodes).fill(1),
    chains,
    sweeps,
    energies: (states) => energies(states, chains, inputs),
  });
}

/** Spin glasses with couplings ±1: the graphs of optimisation problems. */
export const sparseGibbs = workload<SparseSize>({
  name: 'sparse-gibbs',
  group: 'Discrete models',
  title: 'Spin glasses with couplings ±1, 32 chains, 20 sweeps',
  rows: [
    { size: 'cubic-40', parameters: { graph: 'cubic', size: 40, chains: 32, sweeps: 20 } },
    { size: 'random-65536', parameters: { graph: 'random', size: 65536, chains: 32, sweeps: 20 } },
  ],
  tiny: { graph: 'cubic', size: 4, chains: 10, sweeps: 5 },
  peers: [],
  inputs: (size) => {
    const graph = graphOf(size);
    return { ...graphInputs(graph), weights: bits(112, graph.edges.length / 2, 0.5).map((bit) => 2 * bit - 1) };
  },
  prepare: prepareSparse,
  throughput: (size) => ({ unit: 'flips/ns', perRun: (nodesOf(size) * size.chains * size.sweeps) / 1e9 }),
  agreed: { energy: 2e-3 },
});
