import {
  add,
  bernoulli,
  cast,
  definePrimitive,
  gather,
  type Key,
  mul,
  sigmoid,
  slice,
  sub,
  type Tensor,
  type TensorType,
} from '@ebmkit/tensor';
import { spinSweepsKernel } from '@ebmkit/tensor-wasm/discrete';
import { alongRows, colouredSweeps } from './coloured-sweeps.js';
import { type SweepAttributes, type SweepOptions, sweepArguments, sweptType } from './sweep-arguments.js';
import { type StructureTensors, structureTensors } from './sweep-structure.js';

/** What spin sweeps take besides the key and the states. */
export interface SpinSweepOptions extends SweepOptions {
  /** The bias of each node, float32 `[nodes]`. */
  readonly bias: Tensor;
}

type SpinInputs = readonly [
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
  [key, states, bias, weight, beta, clamped, ...structure]: SpinInputs,
  attributes: SweepAttributes,
) {
  const biases = alongRows(gather(bias, structure[0]), 2);
  const chains = states.shape[0] as number;
  const law = {
    features: (current: Tensor) => sub(mul(cast(current, 'float32'), 2), 1),
    draw: (own: Key, sums: Tensor | number, first: number, count: number) => {
      const field = mul(add(slice(biases, [first, 0], [count, 1]), sums), beta);
      return bernoulli(own, sigmoid(mul(field, 2)), [count, chains]);
    },
  };
  return colouredSweeps(key, states, law, weight, clamped, structure, attributes);
}

const primitive = /* @__PURE__ */ definePrimitive<SweepAttributes, SpinInputs>({
  name: 'boltzmann/spin-sweeps',
  shape: (inputs, attributes) => sweptType(inputs[1] as TensorType, attributes),
  fallback: inOperations,
  kernels: { wasm: spinSweepsKernel },
});

/** Sweeps that name the function they are called by in what they throw, with the states to keep along a new first axis. */
export function sweepSpins(
  where: string,
  key: Key,
  states: Tensor,
  options: SpinSweepOptions,
  samples?: number,
): Tensor {
  const { structure, bias, weight } = options;
  const given = sweepArguments(where, states, 'bool', bias, [structure.nodes], options, samples);
  const { beta, clamped, attributes } = given;
  return primitive([key, states, bias, weight, beta, clamped, ...structureTensors(structure)], attributes);
}

/**
 * Coloured heat-bath sweeps over spins on a graph: colour after colour, every spin of the colour is drawn given its neighbours. One call,
 * however many sweeps; on the compiled backend a kernel in which chains are lanes and, once few spins flip, one chain follows the other and only flips read the
 * graph; elsewhere ordinary operations of the same law.
 *
 * ```math
 * E(s) = -\beta \Bigl( \sum_i b_i s_i + \sum_e w_e s_i s_j \Bigr), \qquad
 * P(s_i = 1) = \sigma \Bigl( 2 \beta \bigl( b_i + \sum_j w_{ij} s_j \bigr) \Bigr)
 * ```
 *
 * Leaves the distribution of this energy as it is (exact). Cost at most `sweeps · chains · (nodes + 2 edges)`, and for few flips `sweeps · chains · nodes`. The random bits differ between
 * backends, the law does not. A field that is NaN gives −1.
 *
 * @param key - A key, used once.
 * @param states - bool `[chains, nodes]`, true is +1.
 * @param options - The graph and its parameters.
 * @returns The states after the sweeps, bool `[chains, nodes]`.
 * @throws ShapeError when a shape does not fit the graph; EbmError when `sweeps` is not a whole number of at least 1.
 *
 * @example
 * ```ts
 * const structure = sweepStructure({ nodes: 3, edges: [0, 1, 1, 2], colours: [0, 1, 0] });
 * const start = zeros([100, 3], 'bool');
 * const end = spinSweeps(key(1), start, { structure, bias: zeros([3]), weight: ones([2]), beta: 0.5, sweeps: 10 });
 * ```
 * @see Geman and Geman, "Stochastic relaxation, Gibbs distributions, and the Bayesian restoration of images", 1984, https://doi.org/10.1109/TPAMI.1984.4767596
 */
export function spinSweeps(key: Key, states: Tensor, options: SpinSweepOptions): Tensor {
  return sweepSpins('spinSweeps', key, states, options);
}
