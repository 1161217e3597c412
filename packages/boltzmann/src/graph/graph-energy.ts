import {
  add,
  cast,
  gather,
  grad,
  matMul,
  mean,
  mul,
  neg,
  reshape,
  scoped,
  sum,
  type Tensor,
  zeros,
} from '@ebmkit/tensor';
import { flatParameters, type GraphParameters } from './graph-parameters.js';
import type { InteractionGroup, LinearPart } from './interaction-groups.js';
import { toValues } from './node-states.js';
import { agreementOf, type NodeValues, pickRows, productOf, weightIndex } from './node-values.js';

/** The sum of a group over its interactions, for each state. */
function groupSum({ form, columns }: InteractionGroup, weights: Tensor, values: NodeValues): Tensor {
  const product = productOf(values, columns);
  if (form === 'product' && columns.categorical.length > 0) {
    const picked = gather(weights, weightIndex(values, columns));
    return sum(product ? mul(picked, product) : picked, 0);
  }
  const counted = form === 'product' ? product : cast(agreementOf(values, columns) as Tensor, 'float32');
  return matMul(reshape(pickRows(weights, columns.offsets), [1, columns.length]), counted as Tensor);
}

/** The sum of all interactions of some groups, $`\sum_f w_f(x)`$, `[n]`. */
function linearForm(groups: readonly InteractionGroup[], weights: Tensor, values: NodeValues): Tensor {
  return groups
    .map((group) => reshape(groupSum(group, weights, values), [values.shape[1] as number]))
    .reduce((total, part) => add(total, part));
}

/**
 * The energy of states, $`-\sum_i b_i(x_i) - \sum_f w_f(x)`$, `[n]`: a few operations for each form of interaction, however many there
 * are. Differentiable in the parameters, and in the values of bool and spin nodes.
 *
 * @param parts - The interactions, by form.
 * @param params - The parameters.
 * @param values - The values of all nodes, float32 `[nodes, n]`.
 */
export function graphEnergy(
  parts: Readonly<Record<'bias' | 'weight', LinearPart>>,
  params: GraphParameters,
  values: NodeValues,
): Tensor {
  const { bias, weight } = flatParameters('boltzmannMachine.energy', parts, params);
  return neg(add(linearForm(parts.bias.groups, bias, values), linearForm(parts.weight.groups, weight, values)));
}

/**
 * The means over states of what the parameters multiply, in their shapes: minus the gradient of the mean energy, which is linear in
 * the parameters, so that it does not matter where that is taken.
 */
export function graphStatistics(parts: Readonly<Record<'bias' | 'weight', LinearPart>>, x: Tensor): GraphParameters {
  return scoped<GraphParameters>(() => {
    const values = toValues(x);
    const nothing = { bias: zeros(parts.bias.rows.shape), weight: zeros(parts.weight.rows.shape) };
    return grad((params: GraphParameters) => neg(mean(graphEnergy(parts, params, values))))(nothing);
  });
}
