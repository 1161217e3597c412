import type { Tree } from '@ebmkit/tensor';

/**
 * A gradient transform: turns gradients into updates that are added to the parameters (so plain descent returns
 * `-learningRate * gradient`). Pure; its state is a tree of tensors, so that a whole training step can be compiled.
 *
 * @typeParam P - The parameters: a tree of float32 tensors.
 * @typeParam S - The state: a tree of tensors.
 */
export interface Transform<P extends Tree, S extends Tree> {
  /** The state before the first step. */
  readonly init: (params: P) => S;
  /**
   * The updates of one step, a tree like the gradients, and the next state. The type of the updates says no more than that
   * they are a tree, so that a transform which suits every tree suits any parameters.
   */
  readonly update: (gradients: P, state: S, params: P) => { readonly updates: Tree; readonly state: S };
}
