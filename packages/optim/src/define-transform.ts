import { scoped, type Tree } from '@ebmkit/tensor';
import type { Transform } from './transform.js';

/**
 * Wraps the two functions of a gradient transform in memory scopes, so that its author writes plain ops and frees nothing.
 *
 * @param transform - `init` and `update`.
 * @returns A transform of the same type.
 */
export function defineTransform<P extends Tree, S extends Tree>(transform: Transform<P, S>): Transform<P, S> {
  return {
    init: (params) => scoped<S>((() => transform.init(params)) as never),
    update: (gradients, state, params) =>
      scoped<{ readonly updates: Tree; readonly state: S }>(() => transform.update(gradients, state, params)),
  };
}
