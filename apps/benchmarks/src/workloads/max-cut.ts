import { spinSamples, spinSweeps, sweepStructure } from '@ebmkit/boltzmann';
import { free, jit, type Key, key, readSync, split, type Tensor, tensor, zeros } from '@ebmkit/tensor';
import { bits } from '../inputs.js';
import { estimateOf } from '../statistics.js';
import { type Inputs, type Prepared, workload } from '../workload.js';
import { graphFrom, graphInputs, randomGraph } from './coloured-graph.js';

/** How large the graph is and how long it is sampled. */
export type MaxCutSize = {
  /** How many nodes. */
  readonly nodes: number;
  /** The probability of an edge. */
  readonly density: number;
  /** The inverse temperature. */
  readonly beta: number;
  /** Sweeps before the first sample. */
  readonly warmup: number;
  /** Samples of a run. */
  readonly samples: number;
  /** Sweeps from one sample to the next. */
  readonly sweeps: number;
};

/** Runs that the quality is taken from. */
const runs = 40;

/** The largest cut among some samples, `[samples, 1, nodes]`. */
function bestCut(states: ArrayLike<number>, inputs: Inputs): number {
  const { nodes, edges } = graphFrom(inputs);
  let best = 0;
  for (let first = 0; first < states.length; first += nodes) {
    let cut = 0;
    for (let e = 0; e < edges.length; e += 2)
      cut += Number(states[first + (edges[e] as number)] !== states[first + (edges[e + 1] as number)]);
    best = Math.max(best, cut);
  }
  return best;
}

/** One chain, all samples in one call. */
function prepareMaxCut({ nodes, beta, warmup, samples, sweeps }: MaxCutSize, inputs: Inputs): Prepared {
  const graph = graphFrom(inputs);
  const structure = sweepStructure(graph);
  const weight = tensor(new Float32Array(graph.edges.length / 2).fill(-1));
  const bias = zeros([nodes]);
  const start = tensor(Uint8Array.from(inputs.start as Float32Array), [1, nodes]);
  const run = jit((k: Key, x: Tensor, b: Tensor, w: Tensor) => {
    const settings = { structure, bias: b, weight: w, beta };
    const [forWarmup, forSamples] = split(k, 2);
    // The sweeps before the first sample end the warm-up.
    const warm = spinSweeps(forWarmup, x, { ...settings, sweeps: warmup - sweeps });
    return spinSamples(forSamples, warm, { ...settings, sweeps, samples });
  });
  let seed = 1;
  const sample = (): Tensor => run(key(seed++), start, bias, weight);
  return {
    run: () => free(sample()),
    quality: () => {
      const cuts = Float64Array.from({ length: runs }, () => {
        const states = sample();
        const cut = bestCut(readSync(states), inputs);
        free(states);
        return cut;
      });
      return { cut: estimateOf(cuts) };
    },
    release: () => {
      run.clear();
      free([weight, bias, start]);
    },
  };
}

/** The Max-Cut problem of thrml's issue 24, as an antiferromagnet. */
export const maxCut = workload<MaxCutSize>({
  name: 'max-cut',
  group: 'Discrete models',
  title: 'Max-Cut, 80 nodes, density 0.2, beta 8, 1 chain, 100 sweeps and 101 samples 2 sweeps apart',
  rows: [{ size: '80', parameters: { nodes: 80, density: 0.2, beta: 8, warmup: 100, samples: 101, sweeps: 2 } }],
  tiny: { nodes: 8, density: 0.5, beta: 2, warmup: 5, samples: 4, sweeps: 2 },
  peers: ['thrml'],
  inputs: ({ nodes, density }) => ({ ...graphInputs(randomGraph(nodes, density, 101)), start: bits(102, nodes, 0.5) }),
  prepare: prepareMaxCut,
  throughput: ({ nodes, warmup, samples, sweeps }) => ({
    unit: 'M flips/s',
    perRun: (nodes * (warmup + (samples - 1) * sweeps)) / 1e6,
  }),
  agreed: { cut: 5e-3 },
});
