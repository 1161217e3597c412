import {
  add,
  cast,
  categorical,
  definePrimitive,
  gather,
  type Key,
  mul,
  oneHot,
  reshape,
  slice,
  type Tensor,
  type TensorType,
} from '@ebmkit/tensor';
import { pottsSweepsKernel } from '@ebmkit/tensor-wasm/discrete';
import { colouredSweeps } from './coloured-sweeps.js';
import { type SweepAttributes, type SweepOptions, sweepArguments, sweptType } from './sweep-arguments.js';
import { type StructureTensors, structureTensors } from './sweep-structure.js';

/** What Potts sweeps take besides the key and the states. */
export interface PottsSweepOptions extends SweepOptions {
  /** The bias of each node for each state, float32 `[nodes, values]`. */
  readonly bias: Tensor;
}

type PottsInputs = readonly [
  key: Key,
  states: Tensor,
  bias: Tensor,
  weight: Tensor,
  beta: Tensor,
  clamped: Tensor,
  ...structure: StructureTensors,
];

/** The same law in ordinary operations, from random bits of its own. */
function inOperations(
  [key, states, bias, weight, beta, clamped, ...structure]: PottsInputs,
  attributes: SweepAttributes,
) {
  const [nodes, values] = bias.shape as [number, number];
  const biases = reshape(gather(bias, structure[0]), [nodes, 1, values]);
  const chains = states.shape[0] as number;
  const betas = reshape(beta, [chains, 1]);
  const law = {
    features: (current: Tensor) => cast(oneHot(current, values), 'float32'),
    draw: (own: Key, sums: Tensor | number, first: number, count: number) => {
      const field = mul(add(slice(biases, [first, 0, 0], [count, 1, values]), sums), betas);
      return categorical(own, field);
    },
  };
  return colouredSweeps(key, states, law, weight, clamped, structure, attributes);
}

const primitive = /* @__PURE__ */ definePrimitive<SweepAttributes, PottsInputs>({
  name: 'boltzmann/potts-sweeps',
  shape: (inputs, attributes) => sweptType(inputs[1] as TensorType, attributes),
  fallback: inOperations,
  kernels: { wasm: pottsSweepsKernel },
});

/** Sweeps that name the function they are called by in what they throw, with the states to keep along a new first axis. */
export function sweepPotts(
  where: string,
  key: Key,
  states: Tensor,
  options: PottsSweepOptions,
  samples?: number,
): Tensor {
  const { structure, bias, weight } = options;
  const values = bias.shape[1] ?? 0;
  const given = sweepArguments(where, states, 'int32', bias, [structure.nodes, values], options, samples);
  const { beta, clamped, attributes } = given;
  return primitive([key, states, bias, weight, beta, clamped, ...structureTensors(structure)], attributes);
}

/**
 * Coloured heat-bath sweeps over a Potts model on a graph: colour after colour, every node of the colour is drawn given its neighbours. One
 * call, however many sweeps; on the compiled backend a kernel in which chains are lanes, elsewhere ordinary operations of the same law.
 *
 * ```math
 * E(x) = -\beta \Bigl( \sum_i b_{i, x_i} + \sum_e w_e [x_i = x_j] \Bigr), \qquad
 * P(x_i = a) \propto \exp \beta \Bigl( b_{i a} + \sum_j w_{ij} [x_j = a] \Bigr)
 * ```
 *
 * Leaves the distribution of this energy as it is (exact). Cost `sweeps · chains · (nodes · values + 2 edges)`. The random bits differ between
 * backends, the law does not.
 *
 * @param key - A key, used once.
 * @param states - int32 `[chains, nodes]`, each from 0 to `values − 1`; the result is undefined otherwise.
 * @param options - The graph and its parameters.
 * @returns The states after the sweeps, int32 `[chains, nodes]`.
 * @throws ShapeError when a shape does not fit the graph; EbmError when `sweeps` is not a whole number of at least 1.
 *
 * @example
 * ```ts
 * const structure = sweepStructure({ nodes: 3, edges: [0, 1, 1, 2], colours: [0, 1, 0] });
 * const start = zeros([100, 3], 'int32');
 * const end = pottsSweeps(key(1), start, { structure, bias: zeros([3, 5]), weight: ones([2]), sweeps: 10 });
 * ```
 * @see Geman and Geman, "Stochastic relaxation, Gibbs distributions, and the Bayesian restoration of images", 1984, https://doi.org/10.1109/TPAMI.1984.4767596
 */
export function pottsSweeps(key: Key, states: Tensor, options: PottsSweepOptions): Tensor {
  return sweepPotts('pottsSweeps', key, states, options);
}
