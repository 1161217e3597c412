import type { Support } from '@ebmkit/energy';
import { add, EbmError, type Key, matMul, split, type Tensor, zeros } from '@ebmkit/tensor';
import { checkUnits } from '../rbm/layers.js';
import type { OwnParameters, Units } from '../units/units.js';

/** The name of a layer of a deep machine: `visible`, then `hidden1`, `hidden2` and so on upwards. */
export type LayerName = 'visible' | `hidden${number}`;

/** States of the layers of a deep machine by name, each `[n, size]`: booleans, or means that stand for them. */
export type DeepState = { readonly [K in LayerName]: Tensor };

/** The unit types of a deep machine, from the visible layer upwards. Hidden layers have no parameters but biases: `centred` ones do not fit. */
export type DeepLayers<V extends string = 'bias', S extends Support = Support> = readonly [
  visible: Units<V, S>,
  ...hidden: Units[],
];

/** Units whose own parameters have any names. */
export type AnyUnits = Units<string>;

/** The parameters of layers in a row, each joined to the next. */
export interface StackParameters {
  /** The weights between layer k and layer k + 1, `[size of k, size of k + 1]`. */
  readonly weights: readonly Tensor[];
  /** The own parameters of every layer, the visible one first. */
  readonly own: readonly OwnParameters<string>[];
}

/** The name of layer `k`, counted from the visible one. */
export function layerName(k: number): LayerName {
  return k === 0 ? 'visible' : `hidden${k}`;
}

/** The number of the layer of a name: the inverse of `layerName`; NaN for other words. */
export function layerNumber(name: LayerName): number {
  return name === 'visible' ? 0 : Number(name.slice('hidden'.length));
}

/** The units of every layer under one type; throws unless there are two hidden layers or more of units that can be listed. */
export function checkedLayers(where: string, layers: readonly unknown[]): readonly AnyUnits[] {
  if (!Array.isArray(layers) || layers.length < 3)
    throw new EbmError(
      'argument',
      `${where}: expected a visible and at least two hidden layers, got ${Array.isArray(layers) ? layers.length : typeof layers}. With one hidden layer use rbm().`,
    );
  const units = layers as unknown as readonly AnyUnits[];
  for (const [k, layer] of units.entries()) {
    checkUnits(`${where}: ${layerName(k)}`, layer);
    if (k > 0 && layer.sites === undefined)
      throw new EbmError(
        'argument',
        `${where}: hidden layers must be of units with few values each, such as bernoulli(500), got ${layer.kind} units in ${layerName(k)}.`,
      );
    if (layer.copies !== undefined)
      throw new EbmError(
        'argument',
        `${where}: ${layer.kind} units are not supported. Train an rbm on the counts and give its hidden states to the deep machine.`,
      );
  }
  return units;
}

/** Numbers of layers in the order of a sweep: the odd ones, which are not joined to each other, then the even ones. */
export function sweepOrder(layers: readonly number[]): readonly number[] {
  return [...layers.filter((k) => k % 2 === 1), ...layers.filter((k) => k % 2 === 0)];
}

/** The states of layer `k`; throws when they are missing. */
export function statesOf(where: string, k: number, x: Readonly<Partial<Record<LayerName, Tensor>>>): Tensor {
  const states = x[layerName(k)];
  if (states === undefined)
    throw new EbmError('argument', `${where}: the states of ${layerName(k)} are required. Pass them.`);
  return states;
}

/** The part of a layer's input that comes from states of the layer below, `[n, size]`. */
export function inputFromBelow(
  units: readonly AnyUnits[],
  { weights, own }: StackParameters,
  k: number,
  below: Tensor,
): Tensor {
  const statistic = (units[k - 1] as AnyUnits).statistic(own[k - 1] as OwnParameters<string>, below);
  return matMul(statistic, weights[k - 1] as Tensor);
}

/** The part of a layer's input that comes from states of the layer above, `[n, size]`. */
function inputFromAbove(
  units: readonly AnyUnits[],
  { weights, own }: StackParameters,
  k: number,
  above: Tensor,
): Tensor {
  const statistic = (units[k + 1] as AnyUnits).statistic(own[k + 1] as OwnParameters<string>, above);
  return matMul(statistic, weights[k] as Tensor, { transposeB: true });
}

/** The whole input of layer `k`: the weighted sums of the statistics of the layers below and above it, `[n, size]`. */
export function layerInput(
  where: string,
  units: readonly AnyUnits[],
  params: StackParameters,
  k: number,
  x: Readonly<Partial<Record<LayerName, Tensor>>>,
): Tensor {
  const parts = [
    ...(k > 0 ? [inputFromBelow(units, params, k, statesOf(where, k - 1, x))] : []),
    ...(k < units.length - 1 ? [inputFromAbove(units, params, k, statesOf(where, k + 1, x))] : []),
  ];
  return parts.reduce((total, part) => add(total, part));
}

/**
 * Independent draws of every layer from its own parameters, as if there were no weights, `count` of each; in the order of a sweep, which
 * is that of the states that Gibbs sampling gives.
 */
export function drawLayers(
  units: readonly AnyUnits[],
  own: readonly OwnParameters<string>[],
  key: Key,
  count: number,
): DeepState {
  const keys = split(key, units.length);
  const drawn = sweepOrder(units.map((_, k) => k)).map((k) => {
    const layer = units[k] as AnyUnits;
    const mine = own[k] as OwnParameters<string>;
    return [layerName(k), layer.sample(keys[k] as Key, mine, zeros([count, layer.size]))] as const;
  });
  return Object.fromEntries(drawn) as DeepState;
}
