import type { EnergyModel } from '@ebmkit/energy';
import {
  abs,
  add,
  clip,
  EbmError,
  type Key,
  less,
  matMul,
  max,
  maximum,
  mul,
  ShapeError,
  scoped,
  split,
  squaredNorm,
  stopGradient,
  sub,
  sumEvent,
  type Tensor,
  uniform,
  zeros,
} from '@ebmkit/tensor';
import { checkIteration } from '../inference/convergence.js';

/** The parameters of a layered network. */
export type LayeredParameters = {
  /** The weights between each layer and the next, `[layers[k], layers[k + 1]]`. */
  readonly weights: readonly Tensor[];
  /** The biases of each layer but the first, `[layers[k + 1]]`. */
  readonly biases: readonly Tensor[];
};

/** A state of a layered network. */
export type LayeredState = {
  /** The clamped input, float32 `[n, layers[0]]`. */
  readonly input: Tensor;
  /** The units of each further layer, float32 `[n, layers[k + 1]]`, in the box from 0 to 1; the last one is the output. */
  readonly layers: readonly Tensor[];
};

/** Inputs and what the output should be. */
export type LayeredBatch = {
  /** The inputs, float32 `[n, layers[0]]`. */
  readonly input: Tensor;
  /** The wanted outputs, float32 `[n, last layer]`, for instance one-hot labels. */
  readonly target: Tensor;
};

/** How a layered network settles. */
export interface SettleOptions {
  /** How many steps. */
  readonly steps: number;
  /** The size of a step; 0.5 unless given. With 1 a unit takes at once the value that its input asks for. */
  readonly stepSize?: number;
  /** How strongly the cost pulls on the output; 0, which is free, unless given. Negative pushes away. */
  readonly nudge?: number;
}

/** Where a free phase ended. */
export type LayeredEquilibrium = {
  /** The last state. */
  readonly state: LayeredState;
  /** The largest change of a unit of each row that the last step asked for, over the step size, `[n]`; NaN when one is. */
  readonly change: Tensor;
  /** Whether the row has converged, bool `[n]`: its change was below the tolerance. */
  readonly converged: Tensor;
};

/** A layered network: its energy, and how it settles. Parameters are data and come first. */
export interface LayeredNetwork extends EnergyModel<LayeredParameters, LayeredState> {
  /** How many units each layer has, the input first. */
  readonly layers: readonly number[];
  /** Draws weights uniformly between $`\pm \sqrt{6 / (n_{in} + n_{out})}`$; biases are 0. */
  readonly init: (key: Key) => LayeredParameters;
  /** The energy of joint states, to `[n]`. Differentiable in parameters and states. */
  readonly energy: (params: LayeredParameters, state: LayeredState) => Tensor;
  /** The cost $`C = \frac12 \lVert s_L - y \rVert^2`$ of each row, `[n]`. */
  readonly cost: (state: LayeredState, batch: LayeredBatch) => Tensor;
  /** All units 0 beside the input of the batch. */
  readonly start: (params: LayeredParameters, batch: Pick<LayeredBatch, 'input'>) => LayeredState;
  /** The state after some steps down $`E + \beta C`$ with the nudge $`\beta`$, all layers at once, each step put back into the box. */
  readonly relax: (
    params: LayeredParameters,
    state: LayeredState,
    batch: LayeredBatch,
    options: SettleOptions,
  ) => LayeredState;
  /** The output layer after a free phase from the start, `[n, layers[0]]` to `[n, last layer]`. `equilibrium` says whether it has settled. */
  readonly predict: (params: LayeredParameters, input: Tensor, options: Omit<SettleOptions, 'nudge'>) => Tensor;
  /** Where a free phase of at least one step from the start ends, and whether it has settled: by less than `tolerance`, 0.001 unless given. */
  readonly equilibrium: (
    params: LayeredParameters,
    input: Tensor,
    options: Omit<SettleOptions, 'nudge'> & { readonly tolerance?: number },
  ) => LayeredEquilibrium;
}

/** What pulls on the output layer beside the energy. */
interface Pull {
  readonly strength: number;
  readonly target: Tensor;
}

function checkedSizes(layers: unknown): readonly number[] {
  if (!Array.isArray(layers))
    throw new EbmError(
      'argument',
      `layeredNetwork: expected layers, the number of units of each, got ${typeof layers}. Pass for instance { layers: [784, 500, 10] }.`,
    );
  if (layers.length < 2 || !layers.every((size) => Number.isInteger(size) && size > 0))
    throw new EbmError(
      'argument',
      `layeredNetwork: expected at least two layers of at least one unit, the input first, got [${layers.join(', ')}].`,
    );
  return [...(layers as readonly number[])];
}

function checkRows(what: string, x: Tensor, size: number): void {
  if (x.shape.length !== 2 || x.shape[1] !== size)
    throw new ShapeError(
      `layeredNetwork: expected ${what} [n, ${size}], got [${x.shape.join(', ')}]. Each row must have one value for each unit.`,
    );
}

function checkedSettling({ steps, stepSize = 0.5, nudge = 0 }: SettleOptions, least = 0): Required<SettleOptions> {
  if (!Number.isInteger(steps) || steps < least)
    throw new EbmError('argument', `layeredNetwork: steps must be a whole number of at least ${least}, got ${steps}.`);
  if (!(stepSize > 0 && Number.isFinite(stepSize)) || !Number.isFinite(nudge))
    throw new EbmError(
      'argument',
      `layeredNetwork: stepSize must be a positive number and nudge a finite one, got ${stepSize} and ${nudge}.`,
    );
  return { steps, stepSize, nudge };
}

const at = (tensors: readonly Tensor[], k: number): Tensor => tensors[k] as Tensor;

/** What the first layer gets from the input, which stays the same while the network settles. */
function driveOf({ weights, biases }: LayeredParameters, input: Tensor): Tensor {
  return add(matMul(input, at(weights, 0)), at(biases, 0));
}

/** What each layer gets from its neighbours and its biases: minus the gradient of the energy, plus the layer itself. */
function inputsOf(params: LayeredParameters, drive: Tensor, layers: readonly Tensor[]): readonly Tensor[] {
  const { weights, biases } = params;
  return layers.map((_, k) => {
    const below = k === 0 ? drive : add(matMul(at(layers, k - 1), at(weights, k)), at(biases, k));
    if (k === layers.length - 1) return below;
    return add(below, matMul(at(layers, k + 1), at(weights, k + 1), { transposeB: true }));
  });
}

/** One step of all layers down the energy and the pull, back into the box. */
function stepDown(
  params: LayeredParameters,
  drive: Tensor,
  layers: readonly Tensor[],
  stepSize: number,
  pull: Pull | undefined,
): readonly Tensor[] {
  const inputs = inputsOf(params, drive, layers);
  return layers.map((layer, k) => {
    const slope = sub(layer, at(inputs, k));
    const isOutput = k === layers.length - 1;
    const pulled = pull && isOutput ? add(slope, mul(sub(layer, pull.target), pull.strength)) : slope;
    return clip(sub(layer, mul(pulled, stepSize)), 0, 1);
  });
}

/**
 * A network that computes by settling, for equilibrium propagation: layers $`s_1, \dots, s_L`$ of units between 0 and 1 above a clamped input
 * $`s_0`$, each joined to the next both ways with the same weights,
 *
 * ```math
 * E(s) = \sum_{k=1}^L \frac12 \lVert s_k \rVert^2 - s_{k-1}^T W_k s_k - b_k^T s_k
 * ```
 *
 * It is the energy of Hopfield's continuous network with the hard sigmoid $`\rho(s) = \min(\max(s, 0), 1)`$, which is the identity in the box. At a minimum every
 * unit is $`\rho`$ of what it gets from both its neighbouring layers. With equal weights in both directions backpropagation is not needed: what
 * `equilibriumPropagation` of `@ebmkit/trainers` learns by is the difference between two minima. A step costs two products with each weight
 * matrix but the first, which is multiplied once. Settling is deterministic and can be part of `jit`.
 *
 * @param options - How many units each layer has: the input first, the output last.
 * @returns The network. It holds no parameters.
 * @throws EbmError when there are fewer than two layers or one has no units.
 *
 * @example
 * ```ts
 * const network = layeredNetwork({ layers: [784, 500, 10] });
 * const scores = network.predict(network.init(key(1)), images, { steps: 20 }); // [n, 10]
 * ```
 * @see Scellier and Bengio, "Equilibrium propagation: bridging the gap between energy-based models and backpropagation", 2017, https://arxiv.org/abs/1602.05179
 */
export function layeredNetwork(options: { readonly layers: readonly number[] }): LayeredNetwork {
  const sizes = checkedSizes(options.layers);
  const [inputs, ...units] = sizes as [number, ...number[]];
  const outputs = units[units.length - 1] as number;

  const start = (_: LayeredParameters, { input }: Pick<LayeredBatch, 'input'>): LayeredState => {
    checkRows('an input', input, inputs);
    return { input, layers: units.map((size) => zeros([input.shape[0] as number, size])) };
  };
  const settle = (
    params: LayeredParameters,
    { input, layers }: LayeredState,
    { steps, stepSize }: Required<SettleOptions>,
    pull?: Pull,
  ): LayeredState => {
    const drive = driveOf(params, input);
    let settled = layers;
    for (let step = 0; step < steps; step++) settled = stepDown(params, drive, settled, stepSize, pull);
    return { input, layers: settled };
  };
  return {
    layers: sizes,
    support: 'continuous',
    init: (key) =>
      scoped<LayeredParameters>(() => {
        const keys = split(key, units.length);
        return {
          weights: units.map((size, k) => {
            const below = sizes[k] as number;
            return mul(sub(uniform(keys[k] as Key, [below, size]), 0.5), 2 * Math.sqrt(6 / (below + size)));
          }),
          biases: units.map((size) => zeros([size])),
        };
      }),
    energy: ({ weights, biases }, { input, layers }) =>
      scoped<Tensor>(() => {
        checkRows('an input', input, inputs);
        const terms = layers.map((layer, k) => {
          const below = k === 0 ? input : at(layers, k - 1);
          const pull = add(matMul(below, at(weights, k)), at(biases, k));
          return sub(mul(squaredNorm(layer), 0.5), sumEvent(mul(layer, pull)));
        });
        return terms.reduce((total, term) => add(total, term));
      }),
    cost: ({ layers }, { target }) =>
      scoped<Tensor>(() => {
        checkRows('a target', target, outputs);
        return mul(squaredNorm(sub(at(layers, layers.length - 1), target)), 0.5);
      }),
    start,
    relax: (params, state, { target }, settling) => {
      const checked = checkedSettling(settling);
      checkRows('a target', target, outputs);
      const pull = checked.nudge === 0 ? undefined : { strength: checked.nudge, target };
      return scoped<LayeredState>(() => settle(params, state, checked, pull));
    },
    predict: (params, input, settling) =>
      scoped<Tensor>(() => {
        const { layers } = settle(params, start(params, { input }), checkedSettling(settling));
        return at(layers, layers.length - 1);
      }),
    equilibrium: (params, input, { tolerance = 1e-3, ...settling }) => {
      const checked = checkedSettling(settling, 1);
      checkIteration('layeredNetwork.equilibrium', { tolerance });
      return scoped<LayeredEquilibrium>(() => {
        const before = settle(params, start(params, { input }), { ...checked, steps: checked.steps - 1 });
        const state = settle(params, before, { ...checked, steps: 1 });
        const moves = state.layers.map((layer, k) => max(abs(sub(layer, at(before.layers, k))), 1));
        const change = stopGradient(
          mul(
            moves.reduce((most, move) => maximum(most, move)),
            1 / checked.stepSize,
          ),
        );
        return { state, change, converged: less(change, tolerance) };
      });
    },
  };
}
