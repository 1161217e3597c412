import type { Support } from '@ebmkit/energy';
import {
  add,
  EbmError,
  isTensor,
  type Key,
  matMul,
  mul,
  ShapeError,
  scoped,
  sub,
  type Tensor,
  zeros,
} from '@ebmkit/tensor';
import type { OwnParameters, Units } from '../units/units.js';
import { ownOf, type RbmParameters } from './rbm-parameters.js';

export { checkUnits } from '../units/check-units.js';

/** The two layers of a restricted Boltzmann machine. */
export interface RbmLayers<V extends string = 'bias', H extends string = 'bias', S extends Support = Support> {
  /** The units that meet the data, such as `bernoulli(784)`. */
  readonly visible: Units<V, S>;
  /** The units that explain it. */
  readonly hidden: Units<H>;
}

/**
 * What the hidden units get from their own biases beyond one time of them, where a visible state is of several copies (`copies` of its
 * units), `[n, H]` or `[H]`; undefined where it is of one.
 */
export function repeatedBias<V extends string, H extends string>(
  { visible, hidden }: RbmLayers<V, H>,
  params: RbmParameters<V, H>,
  states?: Tensor,
): Tensor | undefined {
  return visible.copies && mul(ownOf(hidden, 'hidden', params).bias, sub(visible.copies(states), 1));
}

/** The input that the hidden units get from visible states: the weighted sum, without one time of their biases, `[n, H]`. */
export function hiddenInput<V extends string, H extends string>(
  layers: RbmLayers<V, H>,
  params: RbmParameters<V, H>,
  states: Tensor,
): Tensor {
  const { visible } = layers;
  const met = matMul(visible.statistic(ownOf(visible, 'visible', params), states), params.weight);
  const repeated = repeatedBias(layers, params, states);
  return repeated ? add(met, repeated) : met;
}

/** The weighted sum that the visible units get from hidden states, without their biases, `[n, V]`. */
export function visibleInput<V extends string, H extends string>(
  { hidden }: RbmLayers<V, H>,
  params: RbmParameters<V, H>,
  states: Tensor,
): Tensor {
  return matMul(hidden.statistic(ownOf(hidden, 'hidden', params), states), params.weight, { transposeB: true });
}

/** States of a layer drawn from its biases alone, as if no other layer were there, `[count, size]`. */
export function drawFromBiases<N extends string>(
  units: Units<N>,
  own: OwnParameters<N>,
  key: Key,
  count: number,
): Tensor {
  return scoped<Tensor>(() => units.sample(key, own, zeros([count, units.size])));
}

/** Throws unless a tensor holds states of a layer, `[n, size]`. */
export function checkStates(where: string, { size }: { readonly size: number }, states: unknown): void {
  if (!isTensor(states))
    throw new EbmError(
      'argument',
      `${where}: expected a tensor [batch, ${size}], got ${typeof states}. Make one with tensor(data).`,
    );
  const { shape } = states;
  if (shape.length === 2 && shape[1] === size) return;
  const advice =
    shape.length > 2 && shape.slice(1).reduce((product, length) => product * length, 1) === size
      ? 'Flatten the images first.'
      : shape.length === 1 && shape[0] === size
        ? 'Reshape one state to a batch of one.'
        : `Each row must have one value for each of the ${size} units.`;
  throw new ShapeError(`${where}: expected [batch, ${size}], got [${shape.join(', ')}]. ${advice}`);
}
