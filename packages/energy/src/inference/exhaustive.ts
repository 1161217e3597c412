import { EbmError } from '@ebmkit/tensor';
import { makeBest, type SearchMethod } from './discrete-search.js';

/** More candidates than this are not tried one by one. */
const mostCandidates = 2 ** 24;
/** How many candidates are evaluated at a time, over all inputs. */
const atOnce = 2 ** 13;

/**
 * Tries every output, in lexicographic order. Exact; of equal energies the first one is taken. Costs `classes ** length` energies for each input, and no more
 * than 2²⁴ are tried: for longer sequences see `beam`, `coordinateDescent` and `annealed`.
 *
 * @returns A method for `argminOutput`.
 *
 * @example
 * ```ts
 * const method = exhaustive();
 * ```
 */
export function exhaustive(): SearchMethod {
  return {
    name: 'exhaustive',
    search: async (problem) => {
      const { inputs, output, places } = problem;
      const { classes } = output;
      const count = classes ** places;
      if (count > mostCandidates)
        throw new EbmError(
          'argument',
          `exhaustive: ${classes} ** ${places} outputs are more than ${mostCandidates}. Use beam(), coordinateDescent() or annealed().`,
        );
      const best = makeBest(problem);
      const each = Math.max(1, Math.floor(atOnce / inputs));
      for (let first = 0; first < count; first += each) {
        const many = Math.min(each, count - first);
        const block = new Int32Array(many * places);
        for (let k = 0; k < many; k++)
          for (let place = places - 1, rest = first + k; place >= 0; place--, rest = Math.floor(rest / classes))
            block[k * places + place] = rest % classes;
        const candidates = new Int32Array(inputs * block.length);
        for (let i = 0; i < inputs; i++) candidates.set(block, i * block.length);
        best.show(candidates, await problem.energies(candidates, many));
        await problem.rest();
      }
      return best;
    },
  };
}
