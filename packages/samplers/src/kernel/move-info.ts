import { full, ones, type Tensor } from '@ebmkit/tensor';

/** What every kernel of this package reports of a step, one entry for each chain. */
export type MoveInfo = {
  /** Whether the proposal became the new position, bool `[chains]`. */
  readonly accepted: Tensor;
  /** The probability with which it was accepted, float32 `[chains]`: 1 for kernels that need no test. */
  readonly acceptanceProbability: Tensor;
  /**
   * Whether the move met a number that is NaN or infinite, bool `[chains]`. Such a proposal is refused, and the chain stays
   * where it was.
   */
  readonly diverged: Tensor;
};

/** The report of a step that moves every chain. */
export function everyChainMoved(chains: number): MoveInfo {
  return {
    accepted: full([chains], 1, 'bool'),
    acceptanceProbability: ones([chains]),
    diverged: full([chains], 0, 'bool'),
  };
}
