import {
  add,
  bernoulli,
  cast,
  concat,
  free,
  jit,
  type Key,
  key,
  mul,
  readSync,
  retire,
  sigmoid,
  slice,
  split,
  sub,
  type Tensor,
  tensor,
  zeros,
} from '@ebmkit/tensor';
import pegasus from '../fixtures/pegasus-14.json' with { type: 'json' };
import { bits, normals } from '../inputs.js';
import { estimateOf } from '../statistics.js';
import { type Inputs, type Prepared, workload } from '../workload.js';
import { blocksOf, chessBoard, fieldOf, graphFrom, graphInputs } from './coloured-graph.js';

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

/** The energy of each chain for each spin, $`-(b \cdot s + \sum_e J_e s_i s_j) / N`$; spins `[nodes, chains]`. */
function energies(spins: ArrayLike<number>, chains: number, inputs: Inputs): Float64Array {
  const { biases = [], weights = [], edges = [] } = inputs;
  const nodes = biases.length;
  const out = new Float64Array(chains);
  const spin = (node: number, chain: number): number => spins[node * chains + chain] as number;
  for (let chain = 0; chain < chains; chain++) {
    let total = 0;
    for (let node = 0; node < nodes; node++) total += (biases[node] as number) * spin(node, chain);
    for (let e = 0; e < weights.length; e++)
      total += (weights[e] as number) * spin(edges[2 * e] as number, chain) * spin(edges[2 * e + 1] as number, chain);
    out[chain] = -total / nodes;
  }
  return out;
}

/** Gibbs sampling of all spins of one colour at once, colour after colour. Chains are the last axis: lanes of one node. */
function prepareIsing({ chains, sweeps }: IsingSize, inputs: Inputs): Prepared {
  const graph = graphFrom(inputs);
  const blocks = blocksOf(graph, inputs.weights as Float32Array);
  const biases = blocks.map(({ first, count }) =>
    tensor((inputs.biases as Float32Array).subarray(first, first + count), [count, 1]),
  );
  const start = tensor(
    (inputs.start as Float32Array).map((bit) => 2 * bit - 1),
    [graph.nodes, chains],
  );
  const sweep = jit((k: Key, spins: Tensor) => {
    const keys = split(k, blocks.length);
    const parts = blocks.map(({ first, count }) => slice(spins, [first, 0], [count, chains]));
    for (const [colour, block] of blocks.entries()) {
      const field = add(fieldOf(block, concat([...parts, zeros([1, chains])])), biases[colour] as Tensor);
      const isUp = bernoulli(keys[colour] as Key, sigmoid(mul(field, 2)));
      parts[colour] = sub(mul(cast(isUp, 'float32'), 2), 1);
    }
    return concat(parts);
  });
  let seed = 1;
  const sample = (): Tensor => {
    let spins = start;
    for (let i = 0; i < sweeps; i++) {
      const next = sweep(key(seed++), spins);
      retire(spins, [next, start]);
      spins = next;
    }
    return spins;
  };
  return {
    run: () => free(sample()),
    quality: () => {
      const spins = sample();
      const energy = estimateOf(energies(readSync(spins), chains, inputs));
      free(spins);
      return { energy };
    },
    release: () => {
      sweep.clear();
      free([blocks, biases, start]);
    },
  };
}

/** thrml's Ising benchmark: one hundred sweeps over a Pegasus graph. */
export const isingGibbs = workload<IsingSize>({
  name: 'ising-gibbs',
  group: 'Discrete models',
  title: 'Ising model on the Pegasus graph P14 (4,264 spins), 4 colours, 100 sweeps',
  rows: [8, 80].map((chains) => ({
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
