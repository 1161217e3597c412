import type { Key, Tensor, Tree } from '@ebmkit/tensor';

/** What an objective gives for one batch. */
export interface Loss<S extends Tree> {
  /** A scalar whose gradient with respect to the parameters is the training direction. */
  readonly loss: Tensor;
  /** What is kept for the next batch. */
  readonly state: S;
  /** Scalars to watch, by name. */
  readonly metrics: Readonly<Record<string, Tensor>>;
}

/**
 * What to minimise. An objective never owns the loop, the optimiser or the model.
 *
 * @typeParam P - The parameters.
 * @typeParam B - One batch.
 * @typeParam S - What is kept between batches: persistent chains, or nothing.
 */
export interface Objective<P extends Tree, B, S extends Tree> {
  /** The state before the first batch. */
  readonly init: (params: P, key: Key) => S;
  /** The loss of one batch; traced and differentiated with respect to `params`. */
  readonly loss: (key: Key, params: P, batch: B, state: S) => Loss<S>;
}
