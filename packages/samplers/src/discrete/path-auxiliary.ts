import type { DiscreteEnergy } from '@ebmkit/energy';
import {
  add,
  any,
  cast,
  EbmError,
  floor,
  fold,
  full,
  greater,
  type Key,
  minimum,
  mul,
  split,
  sub,
  sum,
  type Tensor,
  uniform,
  where,
} from '@ebmkit/tensor';
import { checkedCount } from '../kernel/checked-count.js';
import { defineKernel, type Kernel } from '../kernel/kernel.js';
import { metropolisTest } from '../kernel/metropolis-test.js';
import type { MoveInfo } from '../kernel/move-info.js';
import { chainsOf, chooseChains, finiteChains } from '../kernel/position.js';
import {
  checkRelaxable,
  type DiscreteGradientState,
  type DiscreteOptions,
  evaluateGradient,
  freeSites,
  startDiscrete,
} from './discrete-target.js';
import { bestMove, logProbability, logWeights, perturb, shifted, shiftsOf, undoing, without } from './local-moves.js';
import { type StateSpace, sitesOf } from './state-space.js';

/** How the path-auxiliary sampler moves. */
export interface PathAuxiliaryOptions extends DiscreteOptions {
  /**
   * How many changes of one site make a path: the least and the most, between which each chain draws the length of its path in
   * each step, or one whole number for all paths. A fixed length must be odd where sites have two values: an even one would
   * never change the parity of a state.
   */
  readonly pathLength: number | readonly [least: number, most: number];
  /**
   * Whether a path is drawn from the gradient at its start alone (PAFS); true unless given. Its sites are then all different, and a
   * step costs one gradient. If false, the gradient is taken anew at every point of the path, which may come back to a
   * site: `most` gradients, and more of the long paths accepted.
   */
  readonly fast?: boolean;
}

/** What a path is drawn with. */
interface PathPlan {
  readonly key: Key;
  readonly free: Tensor | undefined;
  /** How long each chain's path is, int32 `[chains]`. */
  readonly length: Tensor;
  readonly most: number;
  readonly gradientAt: (position: Tensor) => DiscreteGradientState;
}

/** A path's end, and the log probability of the path back less that of the path there. */
interface Path {
  readonly end: DiscreteGradientState;
  readonly logRatio: Tensor;
  /** Every gradient that was met. */
  readonly gradients: readonly Tensor[];
}

/** A path that takes the gradient at each of its points. */
function slowPath(space: StateSpace, start: DiscreteGradientState, plan: PathPlan): Path {
  const { key, free, length, most, gradientAt } = plan;
  let at = start;
  let logRatio = mul(start.energy, 0);
  const gradients = [start.gradient];
  for (let l = 0; l < most; l++) {
    const moving = greater(length, l);
    const weights = logWeights(space, at, free);
    const move = bestMove(perturb(fold(key, l), weights));
    const next = gradientAt(shifted(space, at.position, shiftsOf(space, move, sitesOf(at.position), moving)));
    const back = logProbability(logWeights(space, next, free), undoing(space, move));
    logRatio = add(logRatio, where(moving, sub(back, logProbability(weights, move)), 0));
    gradients.push(next.gradient);
    at = next;
  }
  return { end: at, logRatio, gradients };
}

/** The log probability that moves of different sites are drawn one after the other, each chain's as far as its path goes. */
function logPathProbability(
  space: StateSpace,
  start: Tensor,
  moves: readonly { move: Tensor; moving: Tensor }[],
): Tensor {
  let [weights, total] = [start, full([start.shape[0] as number], 0)];
  for (const { move, moving } of moves) {
    total = add(total, where(moving, logProbability(weights, move), 0));
    weights = chooseChains(moving, without(space, weights, move), weights);
  }
  return total;
}

/** A path over different sites that takes the gradient at its two ends. */
function fastPath(space: StateSpace, start: DiscreteGradientState, plan: PathPlan): Path {
  const { key, free, length, most, gradientAt } = plan;
  const weights = logWeights(space, start, free);
  let noisy = perturb(key, weights);
  const moves = Array.from({ length: most }, (_, l) => {
    const move = bestMove(noisy);
    noisy = without(space, noisy, move);
    return { move, moving: greater(length, l) };
  });
  const shifts = moves
    .map(({ move, moving }) => shiftsOf(space, move, sitesOf(start.position), moving))
    .reduce((a, b) => add(a, b));
  const end = gradientAt(shifted(space, start.position, shifts));
  const undone = moves.toReversed().map(({ move, moving }) => ({ move: undoing(space, move), moving }));
  const back = logPathProbability(space, logWeights(space, end, free), undone);
  return {
    end,
    logRatio: sub(back, logPathProbability(space, weights, moves)),
    gradients: [start.gradient, end.gradient],
  };
}

/** How long the path of each chain is, int32 `[chains]`: never longer than there are sites to move. */
function drawLengths(key: Key, [least, most]: readonly [number, number], chains: number, room?: Tensor): Tensor {
  const drawn =
    least === most
      ? full([chains], least, 'int32')
      : add(cast(floor(mul(uniform(key, [chains]), most - least + 1)), 'int32'), least);
  return room ? minimum(drawn, room) : drawn;
}

function checkedLengths({ space, pathLength }: PathAuxiliaryOptions): readonly [number, number] {
  const [least, most] = typeof pathLength === 'number' ? [pathLength, pathLength] : pathLength;
  checkedCount('pathAuxiliary', 'the least pathLength', least, 1);
  checkedCount('pathAuxiliary', 'the most pathLength', most, 1);
  if (least > most)
    throw new EbmError('argument', `pathAuxiliary: pathLength must be [least, most], got [${least}, ${most}].`);
  if (least === most && least % 2 === 0 && space.values === 2)
    throw new EbmError(
      'argument',
      `pathAuxiliary: a fixed pathLength must be odd for ${space.kind} states, got ${least}, which would never change the parity of a state. Give [1, ${least}] or an odd number.`,
    );
  return [least, most];
}

/**
 * The path-auxiliary sampler: a path of several changes of one site each, drawn one after the other with the locally informed
 * probabilities of `gibbsWithGradients`, is one proposal. With the path $`x = x_0, x_1, \dots, x_R = x'`$ as an auxiliary variable it is
 * accepted for each chain on its own with probability
 *
 * ```math
 * \min\left(1, e^{E(x_0) - E(x_R)} \prod_{r=1}^{R} \frac{q(x_{r-1} \mid x_r)}{q(x_r \mid x_{r-1})}\right)
 * ```
 *
 * Exact for both kinds of path. The fast one draws $`R`$ different sites from the weights at $`x_0`$, without replacement, and weighs the way back
 * from those at $`x_R`$: one energy and one gradient for each step, whatever $`R`$. The other takes every gradient of the path, and is
 * `gibbsWithGradients` for $`R = 1`$. Of all the sites at once see `discreteLangevin`. A path with a gradient that is not finite, or
 * an end whose energy is not, is refused and reported in `info.diverged`. What is fixed (`clamp`) is never proposed to move; a path
 * is then no longer than there are free sites.
 *
 * @param target - An energy over discrete states. Over bits it must take float32 zeros and ones as well, and be differentiable there;
 * over categories it must have `relaxed`.
 * @param options - The space of states, how long paths are, and whether gradients are spared.
 * @returns A kernel over positions `[chains, ...event]`.
 * @throws EbmError when the energy is over real states or lacks what the space needs, or a path length is out of range; `init`
 * throws when a fast path is to be longer than a state has sites.
 *
 * @example
 * ```ts
 * const kernel = pathAuxiliary(bind(machine, params), { space: binaryStates(), pathLength: [1, 9] });
 * ```
 * @see Sun, Dai, Xia and Ramamurthy, "Path auxiliary proposal for MCMC in discrete space", 2022,
 * https://openreview.net/forum?id=JSR-YDImK95
 */
export function pathAuxiliary(
  target: DiscreteEnergy,
  options: PathAuxiliaryOptions,
): Kernel<Tensor, DiscreteGradientState, MoveInfo> {
  const caller = 'pathAuxiliary';
  const { space, fast = true } = options;
  checkRelaxable(caller, target, space);
  const lengths = checkedLengths(options);
  const gradientAt = (x: Tensor): DiscreteGradientState => evaluateGradient(caller, target, space, x);
  return defineKernel<Tensor, DiscreteGradientState, MoveInfo>({
    init: (start) => {
      if (fast && lengths[1] > sitesOf(start))
        throw new EbmError(
          'argument',
          `${caller}: a path over different sites can have at most ${sitesOf(start)} changes here, got a pathLength of ${lengths[1]}. Make it shorter, or say fast: false.`,
        );
      return gradientAt(startDiscrete(caller, target, space, start));
    },
    step: (key, from) => {
      const [pathKey, lengthKey, acceptKey] = split(key, 3);
      const chains = chainsOf(caller, from.position);
      const free = freeSites(target, space, from.position);
      const distinct = free && sum(cast(free, 'int32'), 1);
      const room = free && (fast ? distinct : mul(cast(any(free, 1), 'int32'), lengths[1]));
      const length = drawLengths(lengthKey, lengths, chains, room);
      const plan = { key: pathKey, free, length, most: lengths[1], gradientAt };
      const { end, logRatio, gradients } = (fast ? fastPath : slowPath)(space, from, plan);
      return metropolisTest(acceptKey, {
        from,
        to: end,
        logRatio: add(sub(from.energy, end.energy), logRatio),
        sound: finiteChains([from.energy, end.energy, ...gradients]) as Tensor,
      });
    },
  });
}
