import { pottsSweeps, sweepStructure } from '@ebmkit/boltzmann';
import { free, jit, type Key, key, ones, readSync, type Tensor, tensor, zeros } from '@ebmkit/tensor';
import { uniforms } from '../inputs.js';
import { estimateOf } from '../statistics.js';
import { type Inputs, type Prepared, workload } from '../workload.js';
import { chainRows, chessBoard, graphFrom, graphInputs } from './coloured-graph.js';

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

/** The part of the edges whose ends are in the same state, for each chain; states `[chains, nodes]`. */
function likeNeighbours(states: ArrayLike<number>, { chains }: PottsSize, inputs: Inputs): Float64Array {
  const { nodes, edges } = graphFrom(inputs);
  const count = edges.length / 2;
  return Float64Array.from({ length: chains }, (_, chain) => {
    const state = (end: number): number => states[chain * nodes + (edges[end] as number)] as number;
    let like = 0;
    for (let e = 0; e < count; e++) like += Number(state(2 * e) === state(2 * e + 1));
    return like / count;
  });
}

/** Heat-bath sweeps over the white cells given the black ones, and back, all in one call. */
function preparePotts(size: PottsSize, inputs: Inputs): Prepared {
  const { chains, states, sweeps } = size;
  const graph = graphFrom(inputs);
  const structure = sweepStructure(graph);
  const [bias, weight] = [zeros([graph.nodes, states]), ones([graph.edges.length / 2])];
  const start = tensor(Int32Array.from(chainRows(inputs.start as Float32Array, chains)), [chains, graph.nodes]);
  const run = jit((k: Key, x: Tensor, b: Tensor, w: Tensor) =>
    pottsSweeps(k, x, { structure, bias: b, weight: w, sweeps }),
  );
  let seed = 1;
  const sample = (): Tensor => run(key(seed++), start, bias, weight);
  return {
    run: () => free(sample()),
    quality: () => {
      const cells = sample();
      const alike = estimateOf(likeNeighbours(readSync(cells), size, inputs));
      free(cells);
      return { likeNeighbours: alike };
    },
    release: () => {
      run.clear();
      free([bias, weight, start]);
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
