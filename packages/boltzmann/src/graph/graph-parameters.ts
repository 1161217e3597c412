import { add, isNaN, logicalNot, sum, type Tensor, type TensorLike } from '@ebmkit/tensor';
import type { FlatParameters } from './draw-block.js';
import type { LinearPart } from './interaction-groups.js';
import { flatRows } from './parameter-rows.js';

/**
 * The parameters of a machine on a graph. The energy is linear in them, and lower where they are larger.
 *
 * Where all nodes (or interactions) have as many numbers as each other, the tensor has one row for each; otherwise their numbers stand one
 * after the other on one axis, in the order of the graph.
 */
export type GraphParameters = {
  /**
   * One number for each bool or spin node, one for each state of a categorical node: `[nodes]` without categorical nodes, and
   * `[nodes, states]` where all nodes have `states` categories.
   */
  readonly bias: Tensor;
  /**
   * One number for each interaction that has no categorical node or is an `equal` one, a table over the states of its categorical
   * nodes for the others: `[interactions]` or `[interactions, ...table]` where they are alike.
   */
  readonly weight: Tensor;
};

/** Both parameters as one axis each; throws where one has the wrong shape. */
export function flatParameters(
  where: string,
  parts: Readonly<Record<'bias' | 'weight', LinearPart>>,
  { bias, weight }: GraphParameters,
): FlatParameters {
  return {
    bias: flatRows(`${where}: bias`, parts.bias.rows, bias),
    weight: flatRows(`${where}: weight`, parts.weight.rows, weight),
  };
}

/** Whether neither a parameter nor the inverse temperature is NaN: a scalar, or one for each chain where `beta` is. */
export function hasNumbers({ bias, weight }: GraphParameters, beta: TensorLike = 1): Tensor {
  return logicalNot(isNaN(add(add(sum(bias), sum(weight)), beta)));
}
