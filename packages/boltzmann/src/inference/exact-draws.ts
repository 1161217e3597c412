import { bitsOf, EbmError, isKey, type Key } from '@ebmkit/tensor';
import type { Clique } from './clique-tree.js';
import { rowFinder } from './collect.js';

/** Uniform numbers in [0, 1) of 53 bits, so that even rare states are drawn with their probability. */
function uniforms({ words }: Key, count: number): Float64Array {
  const bits = bitsOf(words, 2 * count);
  return Float64Array.from(
    { length: count },
    (_, i) => ((bits[2 * i] as number) >>> 5) * 2 ** -27 + ((bits[2 * i + 1] as number) >>> 6) * 2 ** -53,
  );
}

/** The state that a uniform number falls into, given the probabilities `p[first]`, …; never one of probability 0. */
function stateAt(p: Float64Array, first: number, count: number, uniform: number): number {
  let reached = 0;
  let possible = 0;
  for (let state = 0; state < count; state++) {
    const own = p[first + state] as number;
    reached += own;
    if (uniform < reached) return state;
    if (own > 0) possible = state;
  }
  // The probabilities add up to a rounding error less than 1.
  return possible;
}

/**
 * Independent draws, node by node from the roots to the leaves: each from its conditional given the nodes of its separator.
 *
 * @returns Numbers of states, `[count, nodes]`.
 */
export function exactDraws(
  key: Key,
  count: number,
  cliques: readonly Clique[],
  conditionals: readonly Float64Array[],
): Int32Array {
  if (!isKey(key))
    throw new EbmError('argument', 'junctionTree.sample: expected a key first. Make one with key(seed).');
  if (!Number.isInteger(count) || count < 1)
    throw new EbmError('argument', `junctionTree.sample: count must be a whole number above 0, got ${count}.`);
  const size = cliques.length;
  const draws = new Int32Array(count * size);
  const u = uniforms(key, count * size);
  for (let at = size - 1; at >= 0; at--) {
    const clique = cliques[at] as Clique;
    const node = clique.nodes.at(-1) as number;
    const states = clique.cardinalities.at(-1) as number;
    const rowOf = rowFinder(clique);
    const p = conditionals[at] as Float64Array;
    for (let first = 0; first < draws.length; first += size)
      draws[first + node] = stateAt(p, rowOf(draws, first) * states, states, u[first + node] as number);
  }
  return draws;
}
