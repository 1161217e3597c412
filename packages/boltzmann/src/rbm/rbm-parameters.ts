import { isTensor, ShapeError, type Tensor } from '@ebmkit/tensor';
import type { OwnParameters, Units } from '../units/units.js';

/** The own parameters of one layer under the names they have in a machine: `visibleBias`, `hiddenBias`, … */
export type LayerParameters<L extends 'visible' | 'hidden', N extends string> = {
  readonly [K in N | 'bias' as `${L}${Capitalize<K>}`]: Tensor;
};

/**
 * The parameters of a restricted Boltzmann machine: `weight` `[V, H]`, and the own parameters of both layers
 * (`visibleBias` `[V]` and `hiddenBias` `[H]` for Bernoulli units).
 *
 * @typeParam V - The names of the visible layer's own parameters.
 * @typeParam H - The names of the hidden layer's own parameters.
 */
export type RbmParameters<V extends string = 'bias', H extends string = 'bias'> = {
  readonly weight: Tensor;
} & LayerParameters<'visible', V> &
  LayerParameters<'hidden', H>;

const nameIn = (layer: string, name: string): string => `${layer}${name.charAt(0).toUpperCase()}${name.slice(1)}`;

/** The own parameters of a layer, picked out of a machine's parameters. */
export function ownOf<N extends string>(
  units: Units<N>,
  layer: 'visible' | 'hidden',
  params: Readonly<Record<string, unknown>>,
): OwnParameters<N> {
  return Object.fromEntries(
    units.parameters.map((name) => {
      const value = params[nameIn(layer, name)];
      if (!isTensor(value))
        throw new ShapeError(`rbm: expected the parameter ${nameIn(layer, name)}, got ${typeof value}.`);
      return [name, value];
    }),
  ) as OwnParameters<N>;
}

/** The own parameters of a layer under the names they have in a machine. */
export function namedIn<L extends 'visible' | 'hidden', N extends string>(
  layer: L,
  own: OwnParameters<N>,
): LayerParameters<L, N> {
  return Object.fromEntries(
    Object.entries(own).map(([name, value]) => [nameIn(layer, name), value]),
  ) as LayerParameters<L, N>;
}
