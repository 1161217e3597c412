import { EbmError, type Tree } from '@ebmkit/tensor';
import { defineTransform } from './define-transform.js';
import type { Transform } from './transform.js';

/**
 * Applies transforms one after another: the updates of each are the gradients of the next.
 *
 * @param first - The first of one to four transforms; nest chains for more. One of them turns gradients into steps (`sgd`, `adam`); those before it change gradients, and `maxNorm` behind it changes steps.
 * @returns One transform whose state is the tuple of theirs.
 * @throws EbmError when there is none.
 *
 * @example
 * ```ts
 * const optimiser = chain(clip({ maxNorm: 1 }), adam({ learningRate: 1e-3 }));
 * ```
 */
export function chain<P extends Tree, A extends Tree>(first: Transform<P, A>): Transform<P, readonly [A]>;
export function chain<P extends Tree, A extends Tree, B extends Tree>(
  first: Transform<P, A>,
  second: Transform<P, B>,
): Transform<P, readonly [A, B]>;
export function chain<P extends Tree, A extends Tree, B extends Tree, C extends Tree>(
  first: Transform<P, A>,
  second: Transform<P, B>,
  third: Transform<P, C>,
): Transform<P, readonly [A, B, C]>;
export function chain<P extends Tree, A extends Tree, B extends Tree, C extends Tree, D extends Tree>(
  first: Transform<P, A>,
  second: Transform<P, B>,
  third: Transform<P, C>,
  fourth: Transform<P, D>,
): Transform<P, readonly [A, B, C, D]>;
export function chain(...transforms: readonly unknown[]): unknown {
  const links = transforms as readonly Transform<Tree, Tree>[];
  if (links.length === 0)
    throw new EbmError('argument', 'chain: expected at least one transform, got none. Pass for instance sgd(...).');
  return defineTransform<Tree, readonly Tree[]>({
    init: (params) => links.map((link) => link.init(params)),
    update: (gradients, states, params) => {
      let updates: Tree = gradients;
      const next = links.map((link, i) => {
        const result = link.update(updates, states[i], params);
        updates = result.updates;
        return result.state;
      });
      return { updates, state: next };
    },
  });
}
