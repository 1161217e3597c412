import { mapTree, stopGradient } from '@ebmkit/tensor';

/** A tree through which no gradient flows. */
export function stopTree<T>(tree: T): T {
  return mapTree((leaf) => stopGradient(leaf), tree);
}
