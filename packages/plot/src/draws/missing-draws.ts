import { isDrawable, notDrawable, partOf } from '../drawable-values.js';
import type { Parameter } from './parameter-set.js';

/** Notes on draws that cannot be drawn, one for each scalar that has any. */
export function missingDraws(parameters: readonly Parameter[], fate: string): string[] {
  return parameters.flatMap(({ name, chains }) => {
    let [bad, total] = [0, 0];
    for (const chain of chains()) {
      total += chain.length;
      for (let i = 0; i < chain.length; i += 1) if (!isDrawable(chain[i])) bad += 1;
    }
    return bad === 0 ? [] : [`${name}: ${partOf(bad, total, 'draw')} ${notDrawable} and ${fate}.`];
  });
}
