import type { Key, Tensor } from '@ebmkit/tensor';
import { type SpinSweepOptions, sweepSpins } from './spin-sweeps.js';

/** What spin samples take besides the key and the states. */
export interface SpinSampleOptions extends SpinSweepOptions {
  /** How many samples of each chain, each after `sweeps` more sweeps. */
  readonly samples: number;
}

/**
 * Samples of spins on a graph by coloured heat-bath sweeps: the states of every chain after each `sweeps` sweeps, in one call. The chain is that
 * of `spinSweeps`: with the same key, sample `s` has the bits of `spinSweeps` after `(s + 1) · sweeps` sweeps.
 *
 * Leaves the distribution of `spinSweeps` as it is (exact); samples of one chain depend on each other. Cost
 * `samples · sweeps · chains · (nodes + 2 edges)`. To warm up, start from the result of `spinSweeps`. One call of the compiled backend
 * cannot be interrupted: for long chains, call it several times.
 *
 * @param key - A key, used once.
 * @param states - bool `[chains, nodes]`, true is +1.
 * @param options - The graph, its parameters and how many samples.
 * @returns The samples, bool `[samples, chains, nodes]`; the last one is where the chains are.
 * @throws ShapeError when a shape does not fit the graph; EbmError when `sweeps` or `samples` is not a whole number of at least 1.
 *
 * @example
 * ```ts
 * const structure = sweepStructure({ nodes: 3, edges: [0, 1, 1, 2], colours: [0, 1, 0] });
 * const options = { structure, bias: zeros([3]), weight: ones([2]), beta: 0.5 };
 * const start = spinSweeps(key(1), zeros([4, 3], 'bool'), { ...options, sweeps: 100 });
 * const states = spinSamples(key(2), start, { ...options, sweeps: 2, samples: 50 });
 * ```
 * @see Geman and Geman, "Stochastic relaxation, Gibbs distributions, and the Bayesian restoration of images", 1984, https://doi.org/10.1109/TPAMI.1984.4767596
 */
export function spinSamples(key: Key, states: Tensor, options: SpinSampleOptions): Tensor {
  return sweepSpins('spinSamples', key, states, options, options.samples);
}
