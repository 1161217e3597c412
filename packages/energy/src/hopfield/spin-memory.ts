import { less, logicalAnd, neg, oneHot, perRow, type Tensor, where } from '@ebmkit/tensor';
import { checkStates } from '../analytic/event.js';
import { scopedTree } from '../scoped-tree.js';
import type { SpinMemory } from './associative-memory.js';

/** What tells one memory of spins from another. All functions take states `[n, N]`. */
export interface SpinRule {
  /** The name, for messages. */
  readonly name: string;
  /** How many units. */
  readonly size: number;
  /** The energies, `[n]`. */
  readonly energy: (x: Tensor) => Tensor;
  /** The gradients at the relaxation, `[n, N]`. */
  readonly gradient: (x: Tensor) => Tensor;
  /** What flipping each unit would change the energy by, `[n, N]`. */
  readonly flipDifferences: (x: Tensor) => Tensor;
  /** The same for one unit, `[n]`. */
  readonly flipDifference: (x: Tensor, site: Tensor) => Tensor;
}

/** The memory of a rule: a unit flips where that lowers the energy, and stays where the energies are equal. */
export function spinMemory({ name, size, energy, gradient, flipDifferences, flipDifference }: SpinRule): SpinMemory {
  const checked = (method: string, f: (x: Tensor) => Tensor) => (x: Tensor) => {
    checkStates(`${name}.${method}`, x, [size]);
    return scopedTree(() => f(x));
  };
  return {
    size,
    support: 'discrete',
    energy: checked('energy', energy),
    gradient: checked('gradient', gradient),
    flipDifferences: checked('flipDifferences', flipDifferences),
    update: checked('update', (x) => where(less(flipDifferences(x), 0), neg(x), x)),
    updateSite: (x, site) =>
      checked('updateSite', (states) => {
        const lowers = perRow(less(flipDifference(states, site), 0), states.shape);
        return where(logicalAnd(oneHot(site, size), lowers), neg(states), states);
      })(x),
  };
}
