import type { Tensor } from '@ebmkit/tensor';
import type { DiscreteEnergy, Energy } from '../energy.js';

/** An energy with stored patterns near its minima, and the rule by which a state falls into one: what `retrieve` takes. */
export interface AssociativeMemory extends Energy {
  /** How many units $`N`$ a state has. */
  readonly size: number;
  /** States `[n, N]` with every unit updated at once, given the old states of all. */
  readonly update: (x: Tensor) => Tensor;
  /**
   * States `[n, N]` with one unit, `site` (int32 `[]`), updated given the others; the energy never rises. Left out where units are
   * not updated one by one.
   */
  readonly updateSite?: (x: Tensor, site: Tensor) => Tensor;
}

/** A memory over states of −1 and 1, float32 `[n, N]`. */
export interface SpinMemory extends AssociativeMemory, DiscreteEnergy {
  /** Always said. */
  readonly support: 'discrete';
  /** States with every unit flipped that alone would lower the energy. All at once they may raise it. */
  readonly update: (x: Tensor) => Tensor;
  /** States with unit `site` (int32 `[]`) flipped where that lowers the energy. */
  readonly updateSite: (x: Tensor, site: Tensor) => Tensor;
  /** What flipping each unit alone would change the energy by, $`E(x^{(i)}) - E(x)`$, `[n, N]` to `[n, N]`. Exact. */
  readonly flipDifferences: (x: Tensor) => Tensor;
}
