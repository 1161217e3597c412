import type { Graph, GraphNode, GraphOperand, TensorType } from '@ebmkit/tensor';
import { isVariable } from '@ebmkit/tensor';
import { readsRowsOfTransposed } from '../kernels/products/bool-product.js';

/** The second factor of a product of bits with a transposed matrix, where its kernel would write that matrix the other way round. */
function transposedFactor({ primitive, attributes, inputs, output }: GraphNode): number | undefined {
  const [a, b] = inputs as readonly [GraphOperand, GraphOperand];
  if (primitive.name !== 'matMul' || attributes['transposeB'] !== true) return undefined;
  if (!isVariable(a) || !isVariable(b) || a.dtype !== 'bool' || b.dtype !== 'float32') return undefined;
  const [m, n] = output.shape.slice(-2) as [number, number];
  const k = (b as TensorType).shape.at(-1) as number;
  const batches = output.shape.slice(0, -2).reduce((x, y) => x * y, 1);
  return readsRowsOfTransposed({ batches, m, k, n }) && b.shape.length === 2 ? b.id : undefined;
}

/**
 * The products that share a transposed second factor with another one: it is written the other way round once for all of them, as in Gibbs steps
 * down from hidden bits, which all multiply by the same weights.
 *
 * @returns The numbers of their results.
 */
export function sharingTransposes({ nodes }: Graph): ReadonlySet<number> {
  const products = new Map<number, number[]>();
  for (const node of nodes) {
    const factor = transposedFactor(node);
    if (factor !== undefined) products.set(factor, [...(products.get(factor) ?? []), node.output.id]);
  }
  return new Set([...products.values()].filter((ids) => ids.length > 1).flat());
}
