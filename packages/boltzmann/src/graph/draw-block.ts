import {
  add,
  bernoulli,
  broadcastTo,
  cast,
  categorical,
  concat,
  expandDims,
  gather,
  isTensor,
  type Key,
  logicalAnd,
  mul,
  oneHot,
  range,
  reshape,
  scatterAdd,
  sigmoid,
  split,
  sub,
  type Tensor,
  type TensorLike,
  tensor,
} from '@ebmkit/tensor';
import type { NodeKind } from './node-kind.js';
import { agreementOf, columnOf, type NodeValues, pickRows, productOf, weightIndex } from './node-values.js';
import type { Input, NodeGroup, PlannedBlock } from './sweep-plan.js';

/** The parameters of a graph, each as one axis. */
export interface FlatParameters {
  /** The biases. */
  readonly bias: Tensor;
  /** The weights of the interactions. */
  readonly weight: Tensor;
}

/** The weight of each term for the states of its other nodes, times their values: `[terms, n]` or `[terms, 1]`. */
function binaryTerms({ columns }: Input, weights: Tensor, values: NodeValues): Tensor {
  const weight =
    columns.categorical.length > 0
      ? gather(weights, weightIndex(values, columns))
      : reshape(pickRows(weights, columns.offsets), [columns.length, 1]);
  const product = productOf(values, columns);
  return product ? mul(weight, product) : weight;
}

/** The same for every state of a categorical node: `[terms, n, states]` or `[terms, 1, states]`. */
function categoricalTerms(
  { columns, headStrides }: Input,
  states: number,
  weights: Tensor,
  values: NodeValues,
): Tensor {
  const steps = mul(columnOf(headStrides), range(states));
  const index = add(expandDims(weightIndex(values, columns), 2), expandDims(steps, 1));
  const product = productOf(values, columns);
  return product ? mul(gather(weights, index), expandDims(product, 2)) : gather(weights, index);
}

/** The weight of each term at the state that its other nodes agree on, else 0: `[terms, n, states]`. */
function equalTerms({ columns }: Input, states: number, weights: Tensor, values: NodeValues): Tensor {
  const others = oneHot(cast(pickRows(values, columns.categorical[0] as Int32Array), 'int32'), states);
  const agree = agreementOf(values, columns);
  const counted = agree ? logicalAnd(others, expandDims(agree, 2)) : others;
  return mul(reshape(pickRows(weights, columns.offsets), [columns.length, 1, 1]), cast(counted, 'float32'));
}

/**
 * The input of the nodes of a group, given all others: minus the energy at each state up to a constant, `[nodes, n, states]`; of bool
 * and spin nodes the factor of their value, `[nodes, n]`. The axis `n` has length 1 where no other node matters.
 */
export function inputOf({ nodes, states, inputs }: NodeGroup, params: FlatParameters, values: NodeValues): Tensor {
  return inputs
    .map((input) => {
      const weights = params[input.part];
      const terms =
        states === undefined
          ? binaryTerms(input, weights, values)
          : input.form === 'product'
            ? categoricalTerms(input, states, weights, values)
            : equalTerms(input, states, weights, values);
      return scatterAdd(tensor(input.heads), terms, nodes.length);
    })
    .reduce((total, part) => add(total, part));
}

/** One number for each node, or a number where they are all the same. */
function perNode(numbers: readonly number[]): Tensor | number {
  const [first = 0] = numbers;
  return numbers.every((number) => number === first) ? first : tensor(Float32Array.from(numbers), [numbers.length, 1]);
}

/** An input at an inverse temperature, one number or one for each chain. */
function tempered(input: Tensor, beta: TensorLike): Tensor {
  if (beta === 1) return input;
  return mul(input, isTensor(beta) && beta.shape.length === 1 && input.shape.length === 3 ? expandDims(beta, 1) : beta);
}

/** Draws bool and spin nodes: their two values are `low` and 1, and the log-odds of the upper one is its distance times the input. */
function drawBinary(key: Key, kinds: readonly NodeKind[], input: Tensor, n: number): Tensor {
  const distance = perNode(kinds.map((kind) => (kind === 'spin' ? 2 : 1)));
  const up = bernoulli(key, sigmoid(mul(input, distance)), [kinds.length, n]);
  return sub(add(mul(cast(up, 'float32'), distance), 1), distance);
}

/** Draws categorical nodes. */
function drawCategorical(key: Key, input: Tensor, n: number): Tensor {
  const [nodes, , states] = input.shape as readonly [number, number, number];
  return cast(categorical(key, broadcastTo(input, [nodes, n, states])), 'float32');
}

/**
 * Draws all nodes of a block from their conditional distribution given the others. Exact: no two of them share an interaction.
 *
 * @param key - A key, used once.
 * @param block - The block.
 * @param nodes - The kinds of all nodes.
 * @param params - The parameters.
 * @param values - The values of all nodes in the order of the plan, float32 `[nodes, n]`.
 * @param beta - The inverse temperature, one number or one for each chain.
 * @returns The values of the block, float32 `[block, n]`.
 */
export function drawBlock(
  key: Key,
  block: PlannedBlock,
  nodes: readonly NodeKind[],
  params: FlatParameters,
  values: NodeValues,
  beta: TensorLike = 1,
): Tensor {
  const n = values.shape[1] as number;
  const keys = split(key, block.groups.length);
  const drawn = block.groups.map((group, i) => {
    const input = tempered(inputOf(group, params, values), beta);
    const kinds = group.nodes.map((node) => nodes[node] as NodeKind);
    return group.states === undefined
      ? drawBinary(keys[i] as Key, kinds, input, n)
      : drawCategorical(keys[i] as Key, input, n);
  });
  return drawn.length === 1 ? (drawn[0] as Tensor) : concat(drawn);
}
