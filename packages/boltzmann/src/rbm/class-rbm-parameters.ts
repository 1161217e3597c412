import type { Tensor } from '@ebmkit/tensor';
import type { RbmParameters } from './rbm-parameters.js';

/**
 * The parameters of a class RBM: those of the machine between visible and hidden units, and what joins the label to the hidden
 * units.
 *
 * @typeParam V - The names of the visible layer's own parameters.
 * @typeParam H - The names of the hidden layer's own parameters.
 */
export type ClassRbmParameters<V extends string = 'bias', H extends string = 'bias'> = RbmParameters<V, H> & {
  /** What each class adds to the input of the hidden units, `[classes, H]`. */
  readonly labelWeight: Tensor;
  /** The bias of each class, `[classes]`. */
  readonly labelBias: Tensor;
};

/** States with their labels. */
export type LabelledStates = {
  /** Visible states, `[n, V]`. */
  readonly visible: Tensor;
  /**
   * Their classes, int32 `[n]`, from 0 to `classes` − 1. Energies, means and log-probabilities of other labels are NaN,
   * and `kernel` reports their chains as diverged.
   */
  readonly label: Tensor;
};

/** A joint state of a class RBM. */
export type ClassRbmState = LabelledStates & {
  /** Hidden states, `[n, H]`. */
  readonly hidden: Tensor;
};
