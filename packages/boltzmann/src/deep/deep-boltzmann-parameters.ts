import type { Tensor } from '@ebmkit/tensor';
import type { OwnParameters } from '../units/units.js';
import type { StackParameters } from './deep-layers.js';

/**
 * The parameters of a deep Boltzmann machine.
 *
 * @typeParam V - The names of the visible layer's own parameters.
 */
export type DeepBoltzmannParameters<V extends string = 'bias'> = {
  /** The weights between neighbouring layers, from below: `[V, H1]`, `[H1, H2]`, … */
  readonly weights: readonly Tensor[];
  /** The visible layer's own parameters: its `bias` `[V]`, and what its units have besides. */
  readonly visible: OwnParameters<V>;
  /** The own parameters of the hidden layers, from below: a `bias` each. */
  readonly hidden: readonly OwnParameters[];
};

/** The parameters with the visible layer in line with the others. */
export function stackOf<V extends string>({ weights, visible, hidden }: DeepBoltzmannParameters<V>): StackParameters {
  return { weights, own: [visible, ...hidden] };
}
