import {
  exp,
  isFinite,
  less,
  lessEqual,
  logicalAnd,
  logicalNot,
  minimum,
  neg,
  type Tensor,
  type TensorLike,
  where,
} from '@ebmkit/tensor';
import type { MoveInfo } from '../kernel/move-info.js';

/** What kernels that follow a Hamiltonian report of a step, one entry for each chain. */
export type HamiltonianInfo = MoveInfo & {
  /**
   * By how much the total energy (potential and kinetic) is larger at the end of the trajectory than at its start, float32
   * `[chains]`: 0 if Hamilton's equations were solved exactly. A trajectory is refused and counts as diverged where this is NaN,
   * infinite or above 1000.
   */
  readonly energyError: Tensor;
};

/** The energy error above which a trajectory counts as diverged. */
const largestEnergyError = 1000;

/** Which chains kept their energy well enough to go on, bool `[chains]`: the error is finite and at most 1000. */
export function staysBounded(energyError: Tensor): Tensor {
  return logicalAnd(isFinite(energyError), lessEqual(energyError, largestEnergyError));
}

/**
 * The Metropolis test on an energy error: accepts with probability $`\min(1, e^{-\Delta H})`$.
 *
 * @param energyError - $`\Delta H`$, `[chains]`.
 * @param threshold - What the probability is compared to: uniform on [0, 1), `[chains]`.
 * @param solved - Which trajectories could be followed at all, bool `[chains]`; all unless given.
 */
export function testEnergy(energyError: Tensor, threshold: TensorLike, solved?: Tensor): HamiltonianInfo {
  const bounded = solved ? logicalAnd(staysBounded(energyError), solved) : staysBounded(energyError);
  const acceptanceProbability = where(bounded, exp(minimum(neg(energyError), 0)), 0);
  return {
    accepted: less(threshold, acceptanceProbability),
    acceptanceProbability,
    diverged: logicalNot(bounded),
    energyError,
  };
}
