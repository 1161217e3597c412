import { add, isTensor, mapLeaves, mapTree, mul, type Tree } from '@ebmkit/tensor';
import { checkNumber } from './checks.js';
import { defineTransform } from './define-transform.js';
import type { Transform } from './transform.js';

/** How weights decay. */
export interface WeightDecayOptions {
  /** The strength $`\lambda`$, at least 0. */
  readonly rate: number;
  /** Which parameters decay, by their path in the tree (`layers.0.weights`); all of them unless given. */
  readonly include?: (path: string) => boolean;
}

/**
 * Adds $`\lambda \theta`$ to the gradients, which is the gradient of the penalty $`\lambda \lVert \theta \rVert^2 / 2`$. Placed before `sgd` or
 * `adam` in a `chain` it equals PyTorch's `weight_decay`. For the decoupled decay of AdamW use the `weightDecay` setting of `adam`.
 *
 * @param options - The strength, and which parameters.
 * @returns A transform without state.
 * @throws EbmError when the strength is negative.
 *
 * @example
 * ```ts
 * const optimiser = chain(
 *   weightDecay({ rate: 1e-4, include: (path) => path.endsWith('weights') }),
 *   sgd({ learningRate: 0.01 }),
 * );
 * ```
 */
export function weightDecay<P extends Tree>({ rate, include = () => true }: WeightDecayOptions): Transform<P, null> {
  checkNumber('weightDecay', 'rate', rate, { atLeast: 0 });
  return defineTransform<P, null>({
    init: () => null,
    update: (gradients, _, params) => {
      const decays: boolean[] = [];
      mapLeaves(gradients, (leaf, path) => isTensor(leaf) && decays.push(include(path)));
      let next = 0;
      const updates: Tree = mapTree((g, p) => (decays[next++] ? add(g, mul(p, rate)) : g), gradients, params);
      return { updates, state: null };
    },
  });
}
