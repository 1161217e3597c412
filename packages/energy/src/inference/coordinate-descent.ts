import { EbmError } from '@ebmkit/tensor';
import { checkedCount } from '../analytic/arguments.js';
import type { SearchMethod } from './discrete-search.js';

/** The settings of coordinate descent. */
export interface CoordinateDescentOptions {
  /** The output to begin with, one category for each place, the same for all inputs; all 0 unless given. */
  readonly start?: ArrayLike<number>;
  /** The most sweeps over all places; 100 unless given. */
  readonly maxSweeps?: number;
}

/**
 * Iterated conditional modes: goes over the places in order and gives each the category of the lowest energy, given the others, until a whole sweep changes nothing.
 * The energy never rises; the answer is a minimum among outputs that differ in one place, not among all. Of equal categories the present one is kept, else the
 * smallest is taken. Costs `classes` energies a place for each input, for as many sweeps as the slowest input needs.
 *
 * @param options - Where to begin, and the most sweeps.
 * @returns A method for `argminOutput`.
 * @throws EbmError when `maxSweeps` is not a whole number of at least 1.
 * @see Besag, "On the statistical analysis of dirty pictures", 1986, https://doi.org/10.1111/j.2517-6161.1986.tb01412.x
 *
 * @example
 * ```ts
 * const method = coordinateDescent({ start: [0, 1, 1, 0] });
 * ```
 */
export function coordinateDescent({ start, maxSweeps = 100 }: CoordinateDescentOptions = {}): SearchMethod {
  checkedCount('coordinateDescent', 'maxSweeps', maxSweeps, 1);
  return {
    name: 'coordinateDescent',
    search: async (problem) => {
      const { inputs, output, places } = problem;
      const { classes } = output;
      const first = start ? Int32Array.from(start) : new Int32Array(places);
      if (first.length !== places || first.some((category) => category < 0 || category >= classes))
        throw new EbmError(
          'argument',
          `coordinateDescent: expected a start of ${places} categories from 0 to ${classes - 1}, got [${first.join(', ')}].`,
        );
      const outputs = new Int32Array(inputs * places);
      for (let i = 0; i < inputs; i++) outputs.set(first, i * places);
      const energies = new Float64Array(inputs);
      for (let sweep = 0, changed = true; changed && sweep < maxSweeps; sweep++) {
        changed = false;
        for (let place = 0; place < places; place++) {
          const candidates = new Int32Array(inputs * classes * places);
          for (let k = 0; k < inputs * classes; k++) {
            const i = Math.floor(k / classes);
            candidates.set(outputs.subarray(i * places, (i + 1) * places), k * places);
            candidates[k * places + place] = k % classes;
          }
          const found = await problem.energies(candidates, classes);
          for (let i = 0; i < inputs; i++) {
            let category = outputs[i * places + place] as number;
            for (let c = 0; c < classes; c++)
              if ((found[i * classes + c] as number) < (found[i * classes + category] as number)) category = c;
            changed ||= category !== outputs[i * places + place];
            outputs[i * places + place] = category;
            energies[i] = found[i * classes + category] as number;
          }
          await problem.rest();
        }
      }
      return { outputs, energies };
    },
  };
}
