import type { Tensor } from '@ebmkit/tensor';
import type { RbmParameters } from '../rbm/rbm-parameters.js';
import type { OwnParameters } from '../units/units.js';

/** The parameters of one layer given a neighbour: weights, and the own parameters of the layer that is drawn. */
export type DirectedParameters<N extends string = 'bias'> = {
  /** The weights, `[size below, size above]` in both directions. */
  readonly weight: Tensor;
} & OwnParameters<N>;

/**
 * The parameters of a deep belief network of $`L`$ hidden layers. Recognition and generation have weights of their own, which begin equal
 * after greedy training and part in fine-tuning.
 *
 * @typeParam V - The names of the visible layer's own parameters.
 */
export type DeepBeliefParameters<V extends string = 'bias'> = {
  /** The way up: `recognition[k]` draws hidden layer k + 1 given the layer below. $`L - 1`$ of them. */
  readonly recognition: readonly DirectedParameters[];
  /** The way down: `generation[0]` draws the visible layer given hidden layer 1, and so on. $`L - 1`$ of them. */
  readonly generation: readonly [DirectedParameters<V>, ...DirectedParameters[]];
  /** The restricted Boltzmann machine of the two topmost layers. */
  readonly top: RbmParameters;
};
