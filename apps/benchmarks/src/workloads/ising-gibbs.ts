import pegasus from '../fixtures/pegasus-14.json' with { type: 'json' };
import { bits, normals } from '../inputs.js';
import { type Inputs, type Prepared, workload } from '../workload.js';
import { chainRows, chessBoard, graphFrom, graphInputs } from './coloured-graph.js';
import { prepareSpinChains } from './spin-chains.js';

/** How large the Ising model is and how long it runs. */
export type IsingSize = {
  /** Which graph: `pegasus-14`, or a `grid` of six by six for tests. */
  readonly graph: string;
  /** Independent chains. */
  readonly chains: number;
  /** Sweeps of a run. */
  readonly sweeps: number;
};

const graphOf = ({ graph }: IsingSize) => (graph === 'grid' ? chessBoard(6) : pegasus);

/** The energy of each chain for each spin, $`-(b \cdot s + \sum_e J_e s_i s_j) / N`$; states `[chains, nodes]`. */
function energies(states: ArrayLike<number>, chains: number, inputs: Inputs): Float64Array {
  const { biases = [], weights = [], edges = [] } = inputs;
  const nodes = biases.length;
  const out = new Float64Array(chains);
  const spin = (node: number, chain: number): number => 2 * (states[chain * nodes + node] as number) - 1;
  for (let chain = 0; chain < chains; chain++) {
    let total = 0;
    for (let node = 0; node < nodes; node++) total += (biases[node] as number) * spin(node, chain);
    for (let e = 0; e < weights.length; e++)
      total += (weights[e] as number) * spin(edges[2 * e] as number, chain) * spin(edges[2 * e + 1] as number, chain);
    out[chain] = -total / nodes;
  }
  return out;
}

/** Heat-bath sweeps from random spins. */
function prepareIsing({ chains, sweeps }: IsingSize, inputs: Inputs): Prepared {
  return prepareSpinChains({
    graph: graphFrom(inputs),
    biases: inputs.biases as Float32Array,
    weights: inputs.weights as Float32Array,
    start: Uint8Array.from(chainRows(inputs.start as Float32Array, chains)),
    chains,
    sweeps,
    energies: (states) => energies(states, chains, inputs),
  });
}

/** thrml's Ising benchmark: one hundred sweeps over a Pegasus graph. */
export const isingGibbs = workload<IsingSize>({
  name: 'ising-gibbs',
  group: 'Discrete models',
  title: 'Ising model on the Pegasus graph P14 (4,264 spins), 4 colours, 100 sweeps',
  rows: [8, 80, 800].map((chains) => ({
    size: `${chains} chains`,
    parameters: { graph: 'pegasus-14', chains, sweeps: 100 },
  })),
  tiny: { graph: 'grid', chains: 50, sweeps: 20 },
  peers: ['thrml'],
  inputs: (size) => {
    const graph = graphOf(size);
    const edges = graph.edges.length / 2;
    return {
      ...graphInputs(graph),
      weights: normals(81, edges),
      biases: normals(82, graph.nodes),
      start: bits(83, graph.nodes * size.chains, 0.5),
    };
  },
  prepare: prepareIsing,
  demand: (size) => {
    const graph = graphOf(size);
    const updates = size.sweeps * size.chains;
    return { flops: updates * (2 * graph.edges.length + 20 * graph.nodes), words: updates * graph.nodes };
  },
  throughput: (size) => ({ unit: 'flips/ns', perRun: (graphOf(size).nodes * size.sweeps * size.chains) / 1e9 }),
  agreed: { energy: 2e-3 },
});
