import type { DType } from './dtype.js';
import type { Shape } from './shape.js';
import { type Tensor, tensorTag } from './tensor.js';

/** What is known of a tensor that was garbage collected without having been freed. */
export interface Leak {
  /** Its axis lengths. */
  readonly shape: Shape;
  /** Its element type. */
  readonly dtype: DType;
  /** The call stack that made it, innermost call first; absent where the JavaScript engine records none. */
  readonly madeAt?: string;
}

/** The active detectors; whoever makes a concrete tensor tells each of them. */
export const leakWatchers = new Set<(tensor: Tensor) => void>();

/**
 * Reports tensors that were garbage collected without having been freed: their numbers stay on the backend for good. For
 * development only: while it is active every new tensor costs a call stack, and the engine decides when a report comes, if ever.
 * A tensor that something still refers to, such as an open scope or an array, is not reported; `memory` counts it.
 *
 * @param onLeak - Called once for each leaked tensor, some time after it was collected. On a backend whose numbers are
 * JavaScript arrays these are collected after the report.
 * @returns A function that stops the detector; tensors collected after that are not reported.
 */
export function detectLeaks(onLeak: (leak: Leak) => void): () => void {
  const registry = new FinalizationRegistry<{ readonly payload: Tensor[typeof tensorTag]; readonly leak: Leak }>(
    ({ payload, leak }) => {
      const freed = payload.kind !== 'concrete' || payload.handle === undefined;
      if (!freed && leakWatchers.has(watch)) onLeak(leak);
    },
  );
  const watch = (tensor: Tensor): void => {
    const { shape, dtype, [tensorTag]: payload } = tensor;
    const { stack } = new Error('made');
    registry.register(tensor, { payload, leak: { shape, dtype, ...(stack === undefined ? {} : { madeAt: stack }) } });
  };
  leakWatchers.add(watch);
  return () => {
    leakWatchers.delete(watch);
  };
}
