import {
  categorical,
  concat,
  free,
  jit,
  type Key,
  key,
  oneHot,
  readSync,
  reshape,
  retire,
  scoped,
  slice,
  split,
  type Tensor,
  tensor,
  zeros,
} from '@ebmkit/tensor';
import { uniforms } from '../inputs.js';
import { estimateOf } from '../statistics.js';
import { type Inputs, type Prepared, workload } from '../workload.js';
import { blocksOf, chessBoard, fieldOf, graphFrom, graphInputs } from './coloured-graph.js';

/** How large the Potts model is and how long it runs. */
export type PottsSize = {
  /** Rows and columns of the grid. */
  readonly grid: number;
  /** How many states a cell can be in. */
  readonly states: number;
  /** Independent chains. */
  readonly chains: number;
  /** Sweeps of a run. */
  readonly sweeps: number;
};

/** The part of the edges whose ends are in the same state, for each chain; one-hot states `[nodes, chains, states]`. */
function likeNeighbours(oneHots: ArrayLike<number>, { chains, states }: PottsSize, inputs: Inputs): Float64Array {
  const { edges } = graphFrom(inputs);
  const count = edges.length / 2;
  const state = (node: number, chain: number): number => {
    for (let s = 0; s < states; s++) if (oneHots[(node * chains + chain) * states + s] === 1) return s;
    return -1;
  };
  return Float64Array.from({ length: chains }, (_, chain) => {
    let like = 0;
    for (let e = 0; e < count; e++)
      like += Number(state(edges[2 * e] as number, chain) === state(edges[2 * e + 1] as number, chain));
    return like / count;
  });
}

/** Gibbs sampling of the white cells given the black ones, and back. States are one-hot, so that neighbours add up. */
function preparePotts(size: PottsSize, inputs: Inputs): Prepared {
  const { chains, states, sweeps } = size;
  const graph = graphFrom(inputs);
  const lanes = chains * states;
  const blocks = blocksOf(graph, new Float32Array(graph.edges.length / 2).fill(1));
  const labels = tensor(Int32Array.from(inputs.start as Float32Array), [graph.nodes, chains]);
  const start = scoped<Tensor>(() => oneHot(labels, states));
  const sweep = jit((k: Key, cells: Tensor) => {
    const keys = split(k, blocks.length);
    const flat = reshape(cells, [graph.nodes, lanes]);
    const parts = blocks.map(({ first, count }) => slice(flat, [first, 0], [count, lanes]));
    for (const [colour, block] of blocks.entries()) {
      const alike = fieldOf(block, concat([...parts, zeros([1, lanes])]));
      const drawn = categorical(keys[colour] as Key, reshape(alike, [block.count, chains, states]));
      parts[colour] = reshape(oneHot(drawn, states), [block.count, lanes]);
    }
    return reshape(concat(parts), [graph.nodes, chains, states]);
  });
  let seed = 1;
  const sample = (): Tensor => {
    let cells = start;
    for (let i = 0; i < sweeps; i++) {
      const next = sweep(key(seed++), cells);
      retire(cells, [next, start]);
      cells = next;
    }
    return cells;
  };
  return {
    run: () => free(sample()),
    quality: () => {
      const cells = sample();
      const alike = estimateOf(likeNeighbours(readSync(cells), size, inputs));
      free(cells);
      return { likeNeighbours: alike };
    },
    release: () => {
      sweep.clear();
      free([blocks, labels, start]);
    },
  };
}

/** thrml's Potts example: five states on a grid, coupling 1. */
export const pottsGibbs = workload<PottsSize>({
  name: 'potts-gibbs',
  group: 'Discrete models',
  title: 'Potts model, 5 states, 20 x 20 grid, 100 chains, 500 sweeps',
  rows: [{ size: '20x20', parameters: { grid: 20, states: 5, chains: 100, sweeps: 500 } }],
  tiny: { grid: 4, states: 3, chains: 50, sweeps: 20 },
  peers: ['thrml'],
  inputs: ({ grid, states, chains }) => ({
    ...graphInputs(chessBoard(grid)),
    start: uniforms(91, grid * grid * chains, 0, states).map(Math.floor),
  }),
  prepare: preparePotts,
  demand: ({ grid, states, chains, sweeps }) => ({
    flops: grid * grid * chains * sweeps * states * 30,
    words: grid * grid * chains * sweeps,
  }),
  throughput: ({ grid, chains, sweeps }) => ({ unit: 'M cells/s', perRun: (grid * grid * chains * sweeps) / 1e6 }),
  agreed: { likeNeighbours: 2e-3 },
});
