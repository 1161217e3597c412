import { isContiguous, transposeView, type View } from './view.js';

/**
 * For a matrix that is a transposed look at numbers in order, the look at them the other way round: a product takes that with
 * its flag turned, and needs no copy.
 */
export function untransposed(view: View): View | undefined {
  if (isContiguous(view)) return undefined;
  const rank = view.shape.length;
  const order = Array.from({ length: rank }, (_, i) => (i < rank - 2 ? i : 2 * rank - 3 - i));
  const turned = transposeView(view, order);
  return isContiguous(turned) ? turned : undefined;
}
