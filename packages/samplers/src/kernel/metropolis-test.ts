import {
  exp,
  isFinite,
  type Key,
  less,
  logicalAnd,
  logicalNot,
  minimum,
  type Tensor,
  uniform,
  where,
} from '@ebmkit/tensor';
import type { Transition } from './kernel.js';
import type { MoveInfo } from './move-info.js';
import { chooseChains } from './position.js';

/** A move that waits for its test. */
export interface ProposedMove<S> {
  /** Where the chains are. */
  readonly from: S;
  /** Where they may go. */
  readonly to: S;
  /** The logarithm of $`p(x') q(x \mid x') / p(x) q(x' \mid x)`$, `[chains]`. */
  readonly logRatio: Tensor;
  /** Which chains met finite numbers only, bool `[chains]`, besides the ratio itself. */
  readonly sound?: Tensor;
  /** Which chains' moves may be accepted at all, bool `[chains]`; all unless given. */
  readonly allowed?: Tensor;
}

/** Accepts each chain's move by itself with probability min(1, ratio); refuses and reports those that are not finite. */
export function metropolisTest<S>(
  key: Key,
  { from, to, logRatio, sound, allowed }: ProposedMove<S>,
): Transition<S, MoveInfo> {
  const finite = sound ? logicalAnd(isFinite(logRatio), sound) : isFinite(logRatio);
  const acceptanceProbability = where(allowed ? logicalAnd(finite, allowed) : finite, exp(minimum(logRatio, 0)), 0);
  const accepted = less(uniform(key, logRatio.shape), acceptanceProbability);
  return {
    state: chooseChains(accepted, to, from),
    info: { accepted, acceptanceProbability, diverged: logicalNot(finite) },
  };
}
