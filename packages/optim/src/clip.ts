import {
  add,
  div,
  mapTree,
  minimum,
  mul,
  sqrt,
  square,
  sum,
  type Tensor,
  type Tree,
  tensorsOf,
  zeros,
} from '@ebmkit/tensor';
import { checkNumber } from './checks.js';
import { defineTransform } from './define-transform.js';
import type { Transform } from './transform.js';

/** How gradients are clipped. */
export interface ClipOptions {
  /** The largest Euclidean norm that all gradients together may have; above 0. */
  readonly maxNorm: number;
}

/**
 * The Euclidean norm of a whole tree: the root of the sum of the squares of every number in it.
 *
 * @param tree - A tree of tensors.
 * @returns A scalar; 0 for a tree without tensors.
 */
export function globalNorm(tree: Tree): Tensor {
  return sqrt(tensorsOf(tree).reduce((total, x) => add(total, sum(square(x))), zeros([])));
}

/**
 * Shortens the gradients when their global norm is too large: $`g \min(1, c / \lVert g \rVert)`$, with $`c`$ = `maxNorm`. The
 * direction stays. A gradient with a NaN in it becomes NaN throughout.
 *
 * @param options - The largest norm.
 * @returns A transform without state; it goes first in a `chain`.
 * @throws EbmError when the norm is not above 0.
 * @see Pascanu et al., "On the difficulty of training recurrent neural networks", 2013, https://arxiv.org/abs/1211.5063
 */
export function clip<P extends Tree>({ maxNorm }: ClipOptions): Transform<P, null> {
  checkNumber('clip', 'maxNorm', maxNorm, { above: 0 });
  return defineTransform<P, null>({
    init: () => null,
    update: (gradients) => {
      const factor = minimum(div(maxNorm, globalNorm(gradients)), 1);
      return { updates: mapTree((g) => mul(g, factor), gradients), state: null };
    },
  });
}
