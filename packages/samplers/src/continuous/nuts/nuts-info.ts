import { div, equal, logicalAnd, logicalNot, maximum, type Tensor, type Tree } from '@ebmkit/tensor';
import type { HamiltonianInfo } from '../../hamiltonian/hamiltonian-info.js';
import { hasStopped } from './subtree.js';
import type { Trajectory } from './trajectory.js';

/**
 * What a step of `nuts` reports. `accepted` says whether the chain ended at another point than it began at, `acceptanceProbability`
 * is the mean of $`\min(1, e^{H_0 - H})`$ over all leaves that were walked through (what dual averaging steers by), and `diverged` whether
 * a leaf met a number that is not finite or an energy error above 1,000; the trajectory then stops growing, and the step ends at a
 * leaf that was found before. `energyError` is that of the new point.
 */
export type NutsInfo = HamiltonianInfo & {
  /** How often the trajectory was doubled, the last time included even where it was thrown away, int32 `[chains]`. */
  readonly treeDepth: Tensor;
  /** Leaves walked through, each one step of the integrator, int32 `[chains]`. The batch walks as far as its longest chain. */
  readonly integrationSteps: Tensor;
  /** Whether the trajectory ended because it turned, bool `[chains]`. */
  readonly turned: Tensor;
  /** Whether it was cut off at `maxTreeDepth` doublings before it turned, bool `[chains]`. */
  readonly truncated: Tensor;
};

/** The report of a trajectory that is not grown any further. */
export function infoOf<X extends Tree>(trajectory: Trajectory<X>, maxTreeDepth: number): NutsInfo {
  const { moved, acceptanceSum, leaves, diverged, candidate, depth, turning } = trajectory;
  return {
    accepted: moved,
    acceptanceProbability: div(acceptanceSum, maximum(leaves, 1)),
    diverged,
    energyError: candidate.energyError,
    treeDepth: depth,
    integrationSteps: leaves,
    turned: turning,
    truncated: logicalAnd(logicalNot(hasStopped(trajectory)), equal(depth, maxTreeDepth)),
  };
}
