import {
  add,
  div,
  EbmError,
  isTensor,
  mapLeaves,
  mapTree,
  minimum,
  mul,
  restoreAxes,
  sqrt,
  square,
  sub,
  sum,
  type Tree,
} from '@ebmkit/tensor';
import { checkNumber } from './checks.js';
import { defineTransform } from './define-transform.js';
import type { Transform } from './transform.js';

/** How far the weights of a unit may go. */
export interface MaxNormOptions {
  /** The largest Euclidean norm of the weights of one unit; above 0. */
  readonly limit: number;
  /** The axis along which the weights of one unit lie: 0, unless given, for weights `[inputs, units]`. */
  readonly axis?: number;
  /**
   * Which parameters are limited, by their path in the tree (`layers.0.weights`); unless given, all with at least two axes, so that biases
   * are free.
   */
  readonly include?: (path: string) => boolean;
}

/**
 * Keeps the weights of every unit inside a ball: where the parameters after the update have a norm $`\lVert w \rVert > c`$ along the axis, they are
 * scaled back to $`c`$. A projection of the parameters and not a change of gradients, so it goes last in a `chain`, behind what makes
 * steps of gradients; its updates are the way from the parameters to the projected ones. The norm holds to the rounding of that sum.
 *
 * @param options - The limit, the axis, and which parameters.
 * @returns A transform without state.
 * @throws EbmError when the limit is not above 0 or the axis no whole number of at least 0.
 *
 * @example
 * ```ts
 * const optimiser = chain(sgd({ learningRate: 0.1, momentum: 0.9 }), maxNorm({ limit: 3, include: (path) => path === 'weight' }));
 * ```
 * @see Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", 2014, §5.1, https://jmlr.org/papers/v15/srivastava14a.html
 */
export function maxNorm<P extends Tree>({ limit, axis = 0, include }: MaxNormOptions): Transform<P, null> {
  checkNumber('maxNorm', 'limit', limit, { above: 0 });
  if (!Number.isInteger(axis) || axis < 0)
    throw new EbmError('argument', `maxNorm: axis must be a whole number of at least 0, got ${axis}.`);
  return defineTransform<P, null>({
    init: () => null,
    update: (steps, _, params) => {
      const limited: boolean[] = [];
      mapLeaves(steps, (leaf, path) => {
        if (isTensor(leaf)) limited.push(include ? include(path) : leaf.shape.length >= 2);
      });
      let next = 0;
      const updates: Tree = mapTree(
        (step, p) => {
          if (!limited[next++]) return step;
          const moved = add(p, step);
          const norms = restoreAxes(sqrt(sum(square(moved), axis)), moved.shape, axis);
          return sub(mul(moved, minimum(div(limit, norms), 1)), p);
        },
        steps,
        params,
      );
      return { updates, state: null };
    },
  });
}
