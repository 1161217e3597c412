import { type Key, key, type Shape, type Tensor, trace, zeros } from '@ebmkit/tensor';
import { applyStage, initStage, type Stage, scopedTree } from './layer.js';

/**
 * The shape of one output of a layer or function, found without computing anything: it is traced.
 *
 * @param stage - A layer, or a function without parameters.
 * @param eventShape - The shape of one state, without the batch axis.
 * @returns The shape of one output, without the batch axis.
 * @throws ShapeError when the states do not fit.
 *
 * @example
 * ```ts
 * outputShape(convolution({ channels: 1, filters: 8, window: 3 }), [28, 28, 1]); // [26, 26, 8]
 * ```
 */
export function outputShape(stage: Stage, eventShape: Shape): Shape {
  return scopedTree(() => {
    const graph = trace((k: Key, x: Tensor) => applyStage(stage, initStage(stage, k), x))(
      key(0),
      zeros([1, ...eventShape]),
    );
    const [output] = graph.outputs;
    return (output as { readonly shape: Shape }).shape.slice(1);
  });
}
