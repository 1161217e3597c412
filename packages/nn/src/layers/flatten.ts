import { reshape, ShapeError, sizeOf } from '@ebmkit/tensor';
import { showShape } from '../checks.js';
import { defineLayer, type Layer } from '../layer.js';

/**
 * Makes one axis of all but the first.
 *
 * @returns A layer from `[n, ...event]` to `[n, size]`, without parameters.
 *
 * @example
 * ```ts
 * flatten().apply(null, zeros([10, 7, 7, 64])); // [10, 3136]
 * ```
 */
export function flatten(): Layer<null> {
  return defineLayer<null>({
    init: () => null,
    apply: (_, x) => {
      if (x.shape.length === 0)
        throw new ShapeError(
          `flatten: expected [n, ...event], got ${showShape(x.shape)}. Put the batch on the first axis.`,
        );
      return reshape(x, [x.shape[0] as number, sizeOf(x.shape.slice(1))]);
    },
  });
}
