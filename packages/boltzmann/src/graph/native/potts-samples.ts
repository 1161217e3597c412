import type { Key, Tensor } from '@ebmkit/tensor';
import { type PottsSweepOptions, sweepPotts } from './potts-sweeps.js';

/** What Potts samples take besides the key and the states. */
export interface PottsSampleOptions extends PottsSweepOptions {
  /** How many samples of each chain, each after `sweeps` more sweeps. */
  readonly samples: number;
}

/**
 * Samples of a Potts model on a graph by coloured heat-bath sweeps: the states of every chain after each `sweeps` sweeps, in one call. The chain is
 * that of `pottsSweeps`: with the same key, sample `s` has the bits of `pottsSweeps` after `(s + 1) · sweeps` sweeps.
 *
 * Leaves the distribution of `pottsSweeps` as it is (exact); samples of one chain depend on each other. Cost
 * `samples · sweeps · chains · (nodes · values + 2 edges)`. To warm up, start from the result of `pottsSweeps`. One call of the compiled
 * backend cannot be interrupted: for long chains, call it several times.
 *
 * @param key - A key, used once.
 * @param states - int32 `[chains, nodes]`, each from 0 to `values − 1`; the result is undefined otherwise.
 * @param options - The graph, its parameters and how many samples.
 * @returns The samples, int32 `[samples, chains, nodes]`; the last one is where the chains are.
 * @throws ShapeError when a shape does not fit the graph; EbmError when `sweeps` or `samples` is not a whole number of at least 1.
 *
 * @example
 * ```ts
 * const structure = sweepStructure({ nodes: 3, edges: [0, 1, 1, 2], colours: [0, 1, 0] });
 * const options = { structure, bias: zeros([3, 5]), weight: ones([2]) };
 * const states = pottsSamples(key(1), zeros([4, 3], 'int32'), { ...options, sweeps: 2, samples: 50 });
 * ```
 * @see Geman and Geman, "Stochastic relaxation, Gibbs distributions, and the Bayesian restoration of images", 1984, https://doi.org/10.1109/TPAMI.1984.4767596
 */
export function pottsSamples(key: Key, states: Tensor, options: PottsSampleOptions): Tensor {
  return sweepPotts('pottsSamples', key, states, options, options.samples);
}
