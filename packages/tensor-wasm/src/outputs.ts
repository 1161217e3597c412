import type { Graph, TensorType } from '@ebmkit/tensor';
import { bytesOf } from './compiler/lower.js';
import { sizeOf } from './compiler/view.js';

/** The bytes of each output of a graph. */
export function outputsOf(graph: Graph): readonly number[] {
  return graph.outputs.map((output) => {
    const { shape, dtype } = output as TensorType;
    return sizeOf(shape) * bytesOf(dtype);
  });
}
