import { spinSweeps, sweepStructure } from '@ebmkit/boltzmann';
import { free, jit, type Key, key, readSync, type Tensor, tensor } from '@ebmkit/tensor';
import { estimateOf } from '../statistics.js';
import type { Prepared } from '../workload.js';
import type { ColouredGraph } from './coloured-graph.js';

/** Chains of spins on a graph, and what is measured of them. */
export interface SpinChains {
  /** The graph. */
  readonly graph: ColouredGraph;
  /** The bias of each node. */
  readonly biases: Float32Array;
  /** The weight of each edge. */
  readonly weights: Float32Array;
  /** The first states, chain by chain, 1 for up. */
  readonly start: Uint8Array;
  /** Independent chains. */
  readonly chains: number;
  /** Sweeps of a run. */
  readonly sweeps: number;
  /** The energy of each chain for each node; states `[chains, nodes]`. */
  readonly energies: (states: ArrayLike<number>) => Float64Array;
}

/** Heat-bath sweeps in the order of the colours, all in one call. */
export function prepareSpinChains({ graph, chains, sweeps, energies, ...numbers }: SpinChains): Prepared {
  const structure = sweepStructure(graph);
  const [bias, weight] = [tensor(numbers.biases), tensor(numbers.weights)];
  const start = tensor(numbers.start, [chains, graph.nodes]);
  const run = jit((k: Key, x: Tensor, b: Tensor, w: Tensor) =>
    spinSweeps(k, x, { structure, bias: b, weight: w, sweeps }),
  );
  let seed = 1;
  const sample = (): Tensor => run(key(seed++), start, bias, weight);
  return {
    run: () => free(sample()),
    quality: () => {
      const states = sample();
      const energy = estimateOf(energies(readSync(states)));
      free(states);
      return { energy };
    },
    release: () => {
      run.clear();
      free([bias, weight, start]);
    },
  };
}
