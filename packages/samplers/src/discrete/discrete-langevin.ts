import type { DiscreteEnergy } from '@ebmkit/energy';
import {
  add,
  bernoulli,
  cast,
  categorical,
  concat,
  div,
  expandDims,
  type Key,
  logicalNot,
  logSumExp,
  mod,
  mul,
  reshape,
  sigmoid,
  softplus,
  split,
  sub,
  sum,
  type Tensor,
  type TensorLike,
  takeAlongAxis,
  where,
  zeros,
} from '@ebmkit/tensor';
import { defineKernel, type Kernel } from '../kernel/kernel.js';
import { metropolisTest } from '../kernel/metropolis-test.js';
import type { MoveInfo } from '../kernel/move-info.js';
import { chooseChains } from '../kernel/position.js';
import { checkStepSize } from '../kernel/step-size.js';
import {
  checkRelaxable,
  type DiscreteGradientState,
  type DiscreteOptions,
  evaluateGradient,
  freeSites,
  soundMoves,
  startDiscrete,
} from './discrete-target.js';
import { shifted } from './local-moves.js';
import type { StateSpace } from './state-space.js';

/** How the discrete Langevin sampler moves. */
export interface DiscreteLangevinOptions extends DiscreteOptions {
  /**
   * The step size $`\alpha`$, in units of the square of a distance in the relaxation, where two bits are 1 apart, two spins 2 and two categories
   * $`\sqrt 2`$: a positive number, or a scalar tensor, which may be traced. Larger ones change more sites.
   */
  readonly stepSize: TensorLike;
  /** Whether moves are accepted or refused, so that the target is exactly invariant (DMALA); true unless given. False is DULA. */
  readonly adjusted?: boolean;
}

/** The log weights of every other value of every site beside that of staying, which is 0: `[chains, sites, values - 1]`. */
function logOdds(space: StateSpace, { position, gradient }: DiscreteGradientState, stepSize: TensorLike): Tensor {
  const penalty =
    typeof stepSize === 'number' ? space.squaredDistance / (2 * stepSize) : div(space.squaredDistance / 2, stepSize);
  return sub(mul(space.differences(position, gradient), -0.5), penalty);
}

/** The odds of all values, that of staying first: `[chains, sites, values]`. */
function withStaying(odds: Tensor): Tensor {
  const [chains, sites] = odds.shape as readonly [number, number, number];
  return concat([zeros([chains, sites, 1]), odds], 2);
}

function onlyColumn(odds: Tensor): Tensor {
  return reshape(odds, odds.shape.slice(0, 2));
}

/** Draws the shift of every site, int32 `[chains, sites]`. */
function drawShifts(key: Key, odds: Tensor): Tensor {
  return odds.shape[2] === 1
    ? cast(bernoulli(key, sigmoid(onlyColumn(odds))), 'int32')
    : categorical(key, withStaying(odds));
}

/** The log probability of shifts, summed over the sites that may move: `[chains]`. */
function logProbability(odds: Tensor, shifts: Tensor, free?: Tensor): Tensor {
  const sites =
    odds.shape[2] === 1
      ? sub(mul(cast(shifts, 'float32'), onlyColumn(odds)), softplus(onlyColumn(odds)))
      : chosenOdds(withStaying(odds), shifts);
  return sum(free ? where(free, sites, 0) : sites, 1);
}

function chosenOdds(odds: Tensor, shifts: Tensor): Tensor {
  return sub(reshape(takeAlongAxis(odds, expandDims(shifts, 2), 2), shifts.shape), logSumExp(odds, 2));
}

/**
 * The discrete Langevin sampler: proposes a new value for every site at once, each site by itself, from
 *
 * ```math
 * q(x' \mid x) = \prod_i \operatorname{softmax}_{x_i'}\left(-\tfrac12 \nabla E(x)_i \cdot (x_i' - x_i) - \frac{\|x_i' - x_i\|^2}{2 \alpha}\right)
 * ```
 *
 * and, as DMALA, accepts it for each chain on its own with probability $`\min(1, e^{E(x) - E(x')} q(x \mid x') / q(x' \mid x))`$: exact for every step
 * size. With `adjusted: false` it is DULA, which takes every move and is biased: for a quadratic energy the distance from the
 * target is of order $`e^{-d^2 / 2 \alpha}`$, with the distance $`d`$ of two values of a site; for others part of it stays. One energy
 * and one gradient for each step. Where most moves are refused take a smaller step, or `pathAuxiliary`, which changes a given number
 * of sites. A proposal whose energy or gradient is not finite is refused and reported in `info.diverged`. What is fixed (`clamp`) is
 * never proposed to move.
 *
 * @param target - An energy over discrete states. Over bits it must take float32 zeros and ones as well, and be differentiable there;
 * over categories it must have `relaxed`.
 * @param options - The space of states, the step size, and whether moves are tested.
 * @returns A kernel over positions `[chains, ...event]`.
 * @throws EbmError when the step size is not positive, or the energy is over real states or lacks what the space needs.
 *
 * @example
 * ```ts
 * const kernel = discreteLangevin(bind(machine, params), { space: binaryStates(), stepSize: 0.2 });
 * ```
 * @see Zhang, Liu and Liu, "A Langevin-like sampler for discrete distributions", 2022, https://arxiv.org/abs/2206.09914
 */
export function discreteLangevin(
  target: DiscreteEnergy,
  { space, stepSize, adjusted = true }: DiscreteLangevinOptions,
): Kernel<Tensor, DiscreteGradientState, MoveInfo> {
  const caller = 'discreteLangevin';
  checkRelaxable(caller, target, space);
  checkStepSize(caller, stepSize);
  return defineKernel<Tensor, DiscreteGradientState, MoveInfo>({
    init: (start) => evaluateGradient(caller, target, space, startDiscrete(caller, target, space, start)),
    step: (key, from) => {
      const [moveKey, acceptKey] = split(key, 2);
      const free = freeSites(target, space, from.position);
      const odds = logOdds(space, from, stepSize);
      const drawn = drawShifts(moveKey, odds);
      const shifts = free ? where(free, drawn, 0) : drawn;
      const to = evaluateGradient(caller, target, space, shifted(space, from.position, shifts));
      const sound = soundMoves(from, to);
      if (!adjusted)
        return {
          state: chooseChains(sound, to, from),
          info: { accepted: sound, acceptanceProbability: cast(sound, 'float32'), diverged: logicalNot(sound) },
        };
      const undo = mod(sub(space.values, shifts), space.values);
      const back = logProbability(logOdds(space, to, stepSize), undo, free);
      const logRatio = add(sub(from.energy, to.energy), sub(back, logProbability(odds, shifts, free)));
      return metropolisTest(acceptKey, { from, to, logRatio, sound });
    },
  });
}
