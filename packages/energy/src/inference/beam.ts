import type { Tensor, Tree } from '@ebmkit/tensor';
import { checkedCount } from '../analytic/arguments.js';
import { makeBest, type SearchMethod } from './discrete-search.js';

/** The settings of a beam search. */
export interface BeamOptions<C extends Tree = Tensor> {
  /** How many prefixes are kept at every place. */
  readonly width: number;
  /**
   * The energies of the first places of outputs, `[n, t]` to `[n]`, given the inputs: what prefixes are ranked by. Without it they are
   * ranked by the energy of the output whose other places are 0, which is a good guide only where places say little about each other.
   */
  readonly prefixEnergy?: (prefix: Tensor, given: C) => Tensor;
}

/** The best `width` of the children of each input, by energy and then in lexicographic order. */
function survivors(energies: ArrayLike<number>, inputs: number, width: number): number[] {
  const each = energies.length / inputs;
  const value = (k: number): number => {
    const energy = energies[k] as number;
    return Number.isNaN(energy) ? Number.POSITIVE_INFINITY : energy;
  };
  return Array.from({ length: inputs }, (_, i) => {
    const order = Array.from({ length: each }, (_child, k) => i * each + k);
    return order
      .sort((a, b) => (value(a) === value(b) ? a - b : value(a) - value(b)))
      .slice(0, width)
      .sort((a, b) => a - b);
  }).flat();
}

/** Every prefix `[rows, length]` followed by every category: `[rows * classes, length + 1]`. */
function children(prefixes: Int32Array, length: number, classes: number): Int32Array {
  const rows = length === 0 ? prefixes.length : prefixes.length / length;
  const longer = new Int32Array(rows * classes * (length + 1));
  for (let k = 0; k < rows * classes; k++) {
    const parent = Math.floor(k / classes);
    longer.set(prefixes.subarray(parent * length, (parent + 1) * length), k * (length + 1));
    longer[k * (length + 1) + length] = k % classes;
  }
  return longer;
}

/**
 * Grows outputs place by place and keeps the `width` best prefixes. Exact when the width is at least `classes ** (length − 1)`, and else a heuristic whose answer
 * has the energy that is reported, but need not be the lowest. Costs at most `width * classes` energies a place for each input, prefixes included; of equal energies
 * the first in lexicographic order is kept.
 *
 * @typeParam C - The inputs.
 * @param options - The width, and the energy that ranks prefixes.
 * @returns A method for `argminOutput`.
 * @throws EbmError when the width is not a whole number of at least 1.
 * @see Lowerre, "The Harpy speech recognition system", 1976, https://doi.org/10.1121/1.2003013
 *
 * @example
 * ```ts
 * const method = beam({ width: 8, prefixEnergy: (tags: Tensor, words: Tensor) => chain.energy(tags, firstWords(words, tags.shape[1])) });
 * ```
 */
export function beam<C extends Tree = Tensor>({ width, prefixEnergy }: BeamOptions<C>): SearchMethod {
  checkedCount('beam', 'width', width, 1);
  return {
    name: 'beam',
    prefixEnergy: prefixEnergy,
    search: async (problem) => {
      const { inputs, output, places } = problem;
      const { classes } = output;
      const best = makeBest(problem);
      let prefixes = new Int32Array(inputs);
      for (let length = 1; length <= places; length++) {
        // The first prefixes are empty, one for each input.
        const longer = children(prefixes, length - 1, classes);
        const rows = longer.length / length;
        if (length === places) {
          best.show(longer, await problem.energies(longer, rows / inputs));
          break;
        }
        const ranked = prefixEnergy
          ? await problem.energies(longer, rows / inputs, length)
          : await problem.energies(filled(longer, length, places), rows / inputs);
        const kept = survivors(ranked, inputs, width);
        prefixes = new Int32Array(kept.length * length);
        kept.forEach((k, row) => {
          prefixes.set(longer.subarray(k * length, (k + 1) * length), row * length);
        });
        await problem.rest();
      }
      return best;
    },
  };
}

/** Prefixes with 0 in the places that they lack. */
function filled(prefixes: Int32Array, length: number, places: number): Int32Array {
  const rows = prefixes.length / length;
  const whole = new Int32Array(rows * places);
  for (let k = 0; k < rows; k++) whole.set(prefixes.subarray(k * length, (k + 1) * length), k * places);
  return whole;
}
