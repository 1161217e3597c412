import type { ContinuousEnergy } from '@ebmkit/energy';
import {
  all,
  EbmError,
  equal,
  type Key,
  logicalAnd,
  reshape,
  ShapeError,
  sizeOf,
  split,
  sub,
  type Tensor,
  type Tree,
  tensorsOf,
} from '@ebmkit/tensor';
import { checkContinuous, checkedEnergy } from '../kernel/evaluate.js';
import { defineKernel, type Kernel } from '../kernel/kernel.js';
import { metropolisTest } from '../kernel/metropolis-test.js';
import type { MoveInfo } from '../kernel/move-info.js';
import { chainsOf } from '../kernel/position.js';
import { type EnergyState, evaluateEnergyAt, startEnergy } from './random-walk-metropolis.js';

/** A distribution that can be drawn from and whose density is known up to a constant: every exact energy is one. */
export interface ProposalDistribution<X extends Tree> {
  /** Draws `count` independent states, `[count, ...event]`. */
  readonly draw: (key: Key, count: number) => X;
  /** Minus the logarithm of their density but for a constant, `[n, ...event]` to `[n]`. */
  readonly energy: (x: X) => Tensor;
}

/** How independence Metropolis proposes. */
export interface IndependenceMetropolisOptions<X extends Tree> {
  /** Where proposals come from. Its tails must be at least as heavy as those of the target. */
  readonly proposal: ProposalDistribution<X>;
}

/** A position with its energies under the target and under the proposals. */
export type IndependenceState<X extends Tree> = EnergyState<X> & {
  /** The energy of each chain under the proposals, `[chains]`. */
  readonly proposalEnergy: Tensor;
};

/** Which proposals leave in place what is fixed, bool `[chains]`; undefined where nothing is fixed. */
function keptInPlace<X extends Tree>({ constrain }: ContinuousEnergy<X>, position: X): Tensor | undefined {
  if (!constrain) return undefined;
  const fixed = tensorsOf(constrain(position));
  return tensorsOf(position)
    .map((x, i) => all(reshape(equal(fixed[i] as Tensor, x), [x.shape[0] as number, sizeOf(x.shape.slice(1))]), 1))
    .reduce((a, b) => logicalAnd(a, b));
}

const shapesOf = (tree: Tree): string =>
  tensorsOf(tree)
    .map(({ shape }) => `[${shape.join(', ')}]`)
    .join(', ');

/**
 * Independence Metropolis: proposes a draw $`x' \sim q`$ that does not depend on where the chain is, and accepts it for each chain on
 * its own with probability
 *
 * ```math
 * \min\left(1, \frac{w(x')}{w(x)}\right), \qquad w(x) = e^{-E(x)} / q(x).
 * ```
 *
 * Exact. One draw and one energy of target and proposal for each step. Good where the proposal is close to the target: with
 * $`w \le c \, \mathbb{E}_q[w]`$ everywhere the distance to the target falls by $`1 - 1/c`$ a step; where $`w`$ is unbounded chains get stuck. For proposals near
 * where the chain is see `randomWalkMetropolis`; `mix` the two to have jumps and small moves. A proposal whose energy is not finite is refused and
 * reported in `info.diverged`. One that would move what is fixed (`clamp`) is refused, so draw it in place:
 * `draw: (k, n) => target.constrain(free.draw(k, n))`, with the energy of the free part.
 *
 * @param target - An energy over real states, single tensors or trees of them.
 * @param options - The distribution of proposals.
 * @returns A kernel over positions `[chains, ...event]`.
 * @throws EbmError when the energy is over discrete states or the proposal cannot be drawn from; the step throws ShapeError when its draws have
 * another shape than the positions.
 *
 * @example
 * ```ts
 * const kernel = independenceMetropolis(doubleWell(), { proposal: gaussian({ mean: [0], scale: 1.5 }) });
 * ```
 * @see Tierney, "Markov chains for exploring posterior distributions", 1994, section 2.3.3, https://doi.org/10.1214/aos/1176325750
 */
export function independenceMetropolis<X extends Tree>(
  target: ContinuousEnergy<X>,
  { proposal }: IndependenceMetropolisOptions<X>,
): Kernel<X, IndependenceState<X>, MoveInfo> {
  const caller = 'independenceMetropolis';
  checkContinuous(caller, target);
  if (typeof proposal?.draw !== 'function' || typeof proposal.energy !== 'function')
    throw new EbmError(
      'argument',
      `${caller}: expected a proposal with draw(key, count) and energy(x). Use an exact energy such as gaussian.`,
    );
  const evaluated = ({ position, energy }: EnergyState<X>): IndependenceState<X> => {
    const chains = chainsOf(caller, position);
    const proposalEnergy = checkedEnergy(`${caller}: proposal`, proposal.energy(position), chains);
    return { position, energy, proposalEnergy };
  };
  return defineKernel<X, IndependenceState<X>, MoveInfo>({
    init: (start) => evaluated(startEnergy(caller, target, start)),
    step: (key, from) => {
      const [drawKey, acceptKey] = split(key, 2);
      const position = proposal.draw(drawKey, chainsOf(caller, from.position));
      if (shapesOf(position) !== shapesOf(from.position))
        throw new ShapeError(
          `${caller}: expected draws of the proposal of the shape of the positions, ${shapesOf(from.position)}, got ${shapesOf(position)}. Give both one event shape.`,
        );
      const to = evaluated(evaluateEnergyAt(caller, target, position));
      const logRatio = sub(sub(from.energy, from.proposalEnergy), sub(to.energy, to.proposalEnergy));
      const allowed = keptInPlace(target, position);
      return metropolisTest(acceptKey, { from, to, logRatio, ...(allowed && { allowed }) });
    },
  });
}
