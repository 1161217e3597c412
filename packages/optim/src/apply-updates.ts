import { add, mapTree, type Tree } from '@ebmkit/tensor';

/**
 * Adds updates to parameters.
 *
 * @param params - The parameters.
 * @param updates - From a transform; a tree like the parameters.
 * @returns New parameters.
 */
export function applyUpdates<P extends Tree>(params: P, updates: Tree): P {
  return mapTree((p, u) => add(p, u), params, updates);
}
