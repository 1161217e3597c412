import { add, cast, equal, gather, logicalAnd, mul, type Tensor, tensor } from '@ebmkit/tensor';
import type { TermColumns } from './interaction-groups.js';

/**
 * The values of all nodes as the sums of this folder read them: float32 `[nodes, n]`, false and true as 0 and 1, categories by their
 * number. Chains are the last axis, so that picking nodes copies whole rows.
 */
export type NodeValues = Tensor;

/** Whether numbers count up from 0 to `length` − 1. */
function isEverything(numbers: Int32Array, length: number): boolean {
  return numbers.length === length && numbers.every((number, i) => number === i);
}

/** The rows of a tensor at some places, in order. */
export function pickRows(x: Tensor, rows: Int32Array): Tensor {
  return isEverything(rows, x.shape[0] as number) ? x : gather(x, tensor(rows));
}

/** Numbers as a column, int32 `[length, 1]`. */
export function columnOf(numbers: Int32Array): Tensor {
  return tensor(numbers, [numbers.length, 1]);
}

/** The product of the values of the bool and spin nodes of each term, `[terms, n]`; undefined where terms have none. */
export function productOf(values: NodeValues, { binary }: TermColumns): Tensor | undefined {
  return binary
    .map((nodes) => pickRows(values, nodes))
    .reduce<Tensor | undefined>((product, next) => (product ? mul(product, next) : next), undefined);
}

/** Which terms have all their categorical nodes in one state, bool `[terms, n]`; undefined where terms have one or none. */
export function agreementOf(values: NodeValues, { categorical }: TermColumns): Tensor | undefined {
  const [first, ...others] = categorical;
  if (first === undefined) return undefined;
  const states = pickRows(values, first);
  return others
    .map((nodes) => equal(states, pickRows(values, nodes)))
    .reduce<Tensor | undefined>((all, next) => (all ? logicalAnd(all, next) : next), undefined);
}

/**
 * The place of the weight to which the categorical nodes of each term point, int32 `[terms, n]`: its first plus each state times its
 * stride. `[terms, 1]` where terms have none.
 */
export function weightIndex(values: NodeValues, { categorical, strides, offsets }: TermColumns): Tensor {
  return categorical.reduce<Tensor>((index, nodes, place) => {
    const states = cast(pickRows(values, nodes), 'int32');
    return add(index, mul(states, columnOf(strides[place] as Int32Array)));
  }, columnOf(offsets));
}
