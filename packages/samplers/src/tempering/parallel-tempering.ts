import {
  add,
  cast,
  div,
  EbmError,
  exp,
  full,
  isFinite,
  type Key,
  less,
  logicalOr,
  minimum,
  split,
  stack,
  sub,
  type Tensor,
  type Tree,
  tensor,
  uniform,
  where,
} from '@ebmkit/tensor';
import { defineKernel, type Kernel } from '../kernel/kernel.js';
import type { MoveInfo } from '../kernel/move-info.js';
import { chainsOf, chooseChains } from '../kernel/position.js';
import type { AnnealedTarget, AnnealingPath } from './annealing-path.js';

/** How parallel tempering moves. */
export interface ParallelTemperingOptions<P extends Tree, S extends { readonly position: P }> {
  /** The distributions and the kernels that move within them: `temperingPath` or `geometricPath`. Their kernels must not be eager. */
  readonly path: AnnealingPath<P, S>;
  /** The rungs of the ladder, rising to 1; at least two. `tuneLadder` finds good ones. */
  readonly betas: readonly number[];
}

/** The state of parallel tempering. */
export type ParallelTemperingState<P extends Tree> = {
  /** The chains at beta 1, `[chains, ...event]`: the draws from the target. */
  readonly position: P;
  /** The chains of every rung in the order of the betas; the last one is the position. */
  readonly rungs: readonly P[];
  /** Which replica each rung holds, int32 `[chains]` for each: at the start replica `r` is on rung `r`. */
  readonly replicas: readonly Tensor[];
};

/** What parallel tempering reports: of the moves, those at beta 1, but for `diverged`, which is true where any rung's was. */
export type ParallelTemperingInfo = MoveInfo & {
  /** The probabilities with which neighbours swapped, float32 `[chains, rungs - 1]`. */
  readonly swapProbability: Tensor;
  /** Which replica each rung holds after the step, int32 `[chains, rungs]`. `temperingFlow` counts round trips from it. */
  readonly replica: Tensor;
};

/** Throws unless the betas are a ladder that rises to 1. */
export function checkBetas(caller: string, betas: readonly number[]): void {
  const rises = betas.every((beta, r) => beta >= 0 && (r === 0 || beta > (betas[r - 1] as number)));
  if (betas.length < 2 || betas.at(-1) !== 1 || !rises)
    throw new EbmError(
      'argument',
      `${caller}: expected at least two betas that rise to 1, got [${betas.join(', ')}]. A geometric ladder such as [0.1, 0.3, 1] is a beginning.`,
    );
}

/** The chains of all rungs on the way through a step. */
interface Ensemble<P extends Tree> {
  readonly rungs: readonly P[];
  readonly replicas: readonly Tensor[];
}

/** Moves every rung within its distribution. */
function moveAll<P extends Tree, S extends { readonly position: P }>(
  key: Key,
  targets: readonly AnnealedTarget<P, S>[],
  rungs: readonly P[],
) {
  const keys = split(key, 2 * targets.length);
  const moves = targets.map(({ kernel }, r) =>
    kernel.step(keys[2 * r] as Key, kernel.init(rungs[r] as P, keys[2 * r + 1] as Key)),
  );
  const infos = moves.map(({ info }) => info);
  return { rungs: moves.map(({ state }) => state.position), cold: infos.at(-1) as MoveInfo, infos };
}

/** Offers a swap to the pairs `(first, first + 1)`, `(first + 2, first + 3)`, …. */
function swapPairs<P extends Tree>(
  key: Key,
  energies: readonly ((x: P) => Tensor)[],
  { rungs, replicas }: Ensemble<P>,
  first: number,
): Ensemble<P> & { readonly probabilities: ReadonlyMap<number, Tensor> } {
  const [newRungs, newReplicas] = [[...rungs], [...replicas]];
  const probabilities = new Map<number, Tensor>();
  const keys = split(key, energies.length);
  for (let r = first; r + 1 < energies.length; r += 2) {
    const [low, high] = [energies[r], energies[r + 1]] as [(x: P) => Tensor, (x: P) => Tensor];
    const [x, y] = [rungs[r], rungs[r + 1]] as [P, P];
    const stay = add(low(x), high(y));
    const logRatio = sub(stay, add(low(y), high(x)));
    const probability = where(isFinite(logRatio), exp(minimum(logRatio, 0)), 0);
    const isSwapped = less(uniform(keys[r] as Key, probability.shape), probability);
    newRungs[r] = chooseChains(isSwapped, y, x);
    newRungs[r + 1] = chooseChains(isSwapped, x, y);
    const [a, b] = [replicas[r], replicas[r + 1]] as [Tensor, Tensor];
    newReplicas[r] = where(isSwapped, b, a);
    newReplicas[r + 1] = where(isSwapped, a, b);
    probabilities.set(r, probability);
  }
  return { rungs: newRungs, replicas: newReplicas, probabilities };
}

/**
 * Parallel tempering: chains at several inverse temperatures, from hot ones that cross barriers to the target at beta 1, which swap
 * places with probability
 *
 * ```math
 * \min\left(1, e^{E_r(x_r) + E_{r+1}(x_{r+1}) - E_r(x_{r+1}) - E_{r+1}(x_r)}\right)
 * ```
 *
 * Exact: the product of all distributions is invariant, so the position is a draw from the target. A step moves every rung, offers
 * swaps to the even pairs, moves every rung again and offers swaps to the odd pairs; this fixed order carries replicas up and down the
 * ladder faster than random pairs do. It costs two moves of every rung, each with an evaluation of its own, and four energies a pair.
 * A swap whose energies are not finite is refused.
 *
 * @param options - The path and the ladder.
 * @returns A kernel over positions `[chains, ...event]` at beta 1; every chain has a ladder of its own.
 * @throws EbmError when the betas do not rise to 1, or the kernels are eager.
 *
 * @example
 * ```ts
 * const path = temperingPath(manyWell(), (e, beta) => mala(e, { stepSize: div(0.05, beta) }));
 * const { draws, stats } = await sample(manyWell(), {
 *   sampler: () => parallelTempering({ path, betas: [0.1, 0.3, 0.6, 1] }),
 *   start: zeros([16, 2]), steps: 1000, key: key(1),
 * });
 * ```
 * @see Syed, Bouchard-Côté, Deligiannidis and Doucet, "Non-reversible parallel tempering", 2022, https://doi.org/10.1111/rssb.12464
 */
export function parallelTempering<P extends Tree, S extends { readonly position: P }>({
  path,
  betas,
}: ParallelTemperingOptions<P, S>): Kernel<P, ParallelTemperingState<P>, ParallelTemperingInfo> {
  checkBetas('parallelTempering', betas);
  const targetsNow = (): AnnealedTarget<P, S>[] => betas.map((beta) => path(tensor(beta)));
  return defineKernel<P, ParallelTemperingState<P>, ParallelTemperingInfo>({
    init: (start, key) => {
      const chains = chainsOf('parallelTempering', start);
      const targets = targetsNow();
      if (targets.some(({ kernel }) => kernel.eager))
        throw new EbmError(
          'argument',
          'parallelTempering: expected kernels that can be traced, got an eager one. Use hmc or mala in place of nuts or slice.',
        );
      const rungs = targets.map(({ kernel }) => kernel.init(start, key).position);
      return { position: rungs.at(-1) as P, rungs, replicas: betas.map((_, r) => full([chains], r, 'int32')) };
    },
    step: (key, { rungs, replicas }) => {
      const targets = targetsNow();
      const energies = targets.map(({ energy }) => energy);
      const [firstKey, evenKey, secondKey, oddKey] = split(key, 4);
      const first = moveAll(firstKey, targets, rungs);
      const even = swapPairs(evenKey, energies, { rungs: first.rungs, replicas }, 0);
      const second = moveAll(secondKey, targets, even.rungs);
      const odd = swapPairs(oddKey, energies, { rungs: second.rungs, replicas: even.replicas }, 1);
      const probabilities = betas.slice(1).map((_, r) => (r % 2 === 0 ? even : odd).probabilities.get(r) as Tensor);
      return {
        state: { position: odd.rungs.at(-1) as P, rungs: odd.rungs, replicas: odd.replicas },
        info: {
          accepted: logicalOr(first.cold.accepted, second.cold.accepted),
          acceptanceProbability: div(add(first.cold.acceptanceProbability, second.cold.acceptanceProbability), 2),
          diverged: [...first.infos, ...second.infos].map(({ diverged }) => diverged).reduce((a, b) => logicalOr(a, b)),
          swapProbability: stack(probabilities, 1),
          replica: cast(stack(odd.replicas, 1), 'int32'),
        },
      };
    },
  });
}
