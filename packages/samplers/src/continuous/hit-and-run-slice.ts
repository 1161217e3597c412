import type { ContinuousEnergy } from '@ebmkit/energy';
import {
  add,
  any,
  cast,
  div,
  exponential,
  floor,
  greater,
  isFinite,
  jit,
  type Key,
  lessEqual,
  logicalAnd,
  logicalNot,
  logicalOr,
  mapTree,
  minimum,
  mul,
  neg,
  perRow,
  retire,
  split,
  sqrt,
  sub,
  type Tensor,
  type TensorLike,
  type Tree,
  uniform,
  where,
  zeros,
} from '@ebmkit/tensor';
import { checkPositive } from '../hamiltonian/arguments.js';
import { identityMetric, kineticEnergy, type Metric } from '../hamiltonian/metric.js';
import { checkedCount } from '../kernel/checked-count.js';
import { checkContinuous } from '../kernel/evaluate.js';
import { defineKernel, type Kernel } from '../kernel/kernel.js';
import { type EnergyState, evaluateEnergyAt, startEnergy } from './random-walk-metropolis.js';
import {
  isSet,
  isSound,
  makeShrinkage,
  type SliceCurve,
  type SliceInfo,
  type SlicePoints,
  startSearch,
} from './slice/shrinkage.js';

export type { SliceInfo } from './slice/shrinkage.js';

/** How hit-and-run slice sampling moves. */
export interface HitAndRunSliceOptions<X extends Tree> {
  /**
   * The width $`w`$ of the first interval, in units of a length of the target where masses are 1: a positive number, or a scalar tensor. Best about
   * the width of a typical slice, 2 or 3 standard deviations; a wrong one costs time only, of the order of its logarithm where too large.
   */
  readonly width: TensorLike;
  /** The most widths that an interval may have, a whole number of at least 1; 16 unless given. With 1 intervals are not widened. */
  readonly maxSteps?: number;
  /** Directions are drawn as the moves of this metric; `identityMetric()` unless given, for all directions alike. */
  readonly metric?: Metric<NoInfer<X>>;
}

/** A line through each chain's position. */
type Line<X extends Tree> = SliceCurve<X> & {
  /** Which way the lines go, of length 1 in the metric. */
  readonly direction: X;
};

/** One end of the intervals. */
type End = {
  /** Its parameter, `[chains]`. */
  readonly at: Tensor;
  /** How often it may be moved out yet, float32 `[chains]`. */
  readonly left: Tensor;
  /** Which chains still move it, bool `[chains]`. */
  readonly going: Tensor;
};

/** Intervals that grow. */
type Growth = {
  /** The end below 0. */
  readonly low: End;
  /** The end above 0. */
  readonly high: End;
  /** Which chains have met no energy that is NaN or minus infinity, bool `[chains]`. */
  readonly sound: Tensor;
  /** Energies needed so far, int32 `[chains]`. */
  readonly evaluations: Tensor;
  /** Whether any chain goes on, a bool scalar. */
  readonly goesOn: Tensor;
};

/** The programs that a step consists of. */
interface SliceParts<X extends Tree> {
  readonly open: (key: Key, state: EnergyState<X>, width: TensorLike) => { line: Line<X>; growth: Growth };
  readonly widen: (line: Line<X>, growth: Growth, width: TensorLike) => Growth;
  readonly clear: () => void;
}

function makeParts<X extends Tree>(
  metric: Metric<X>,
  maxSteps: number,
  { positionOn, energyAt }: SlicePoints<X, Line<X>>,
): SliceParts<X> {
  /** Moves an end out by a width where it is still on the slice. */
  const stepOut = (line: Line<X>, { at, left, going }: End, width: TensorLike) => {
    const energy = energyAt(positionOn(line, at));
    const sound = logicalOr(isSound(energy), logicalNot(going));
    const moves = logicalAnd(logicalAnd(going, sound), lessEqual(energy, line.level));
    const rest = sub(left, cast(moves, 'float32'));
    const end: End = { at: add(at, where(moves, width, 0)), left: rest, going: logicalAnd(moves, greater(rest, 0)) };
    return { end, sound };
  };
  const widenOnce = (line: Line<X>, { low, high, sound, evaluations }: Growth, width: TensorLike): Growth => {
    const below = stepOut(line, low, typeof width === 'number' ? -width : neg(width));
    const above = stepOut(line, high, width);
    const stillSound = logicalAnd(sound, logicalAnd(below.sound, above.sound));
    return {
      low: below.end,
      high: above.end,
      sound: stillSound,
      evaluations: add(evaluations, add(cast(low.going, 'int32'), cast(high.going, 'int32'))),
      goesOn: any(logicalAnd(stillSound, logicalOr(below.end.going, above.end.going))),
    };
  };
  const open = jit((key: Key, { position, energy }: EnergyState<X>, width: TensorLike) => {
    const [directionKey, levelKey, placeKey, shareKey] = split(key, 4);
    const chains = energy.shape;
    const momentum = metric.draw(directionKey, position);
    const velocity = metric.velocity(momentum);
    const length = sqrt(mul(kineticEnergy(momentum, velocity), 2));
    const direction = mapTree((v) => div(v, perRow(length, v.shape)), velocity);
    const line = { origin: position, direction, level: add(energy, exponential(levelKey, chains)) } as Line<X>;
    const low = mul(uniform(placeKey, chains), mul(width, -1));
    const below = minimum(floor(mul(uniform(shareKey, chains), maxSteps)), maxSteps - 1);
    const sound = isFinite(energy);
    const endOf = (at: Tensor, left: Tensor): End => ({ at, left, going: logicalAnd(sound, greater(left, 0)) });
    const ends = { low: endOf(low, below), high: endOf(add(low, width), sub(maxSteps - 1, below)) };
    const evaluations = zeros(chains, 'int32');
    return { line, growth: widenOnce(line, { ...ends, sound, evaluations, goesOn: any(sound) }, width) };
  });
  const widen = jit(widenOnce);
  return {
    open,
    widen,
    clear: () => {
      for (const program of [open, widen]) program.clear();
    },
  };
}

/**
 * Slice sampling along random lines: draws a level $`y = E(x) + e`$ with $`e \sim \mathrm{Exp}(1)`$ and a direction $`d`$, and then a point uniformly from the slice
 *
 * ```math
 * \{t : E(x + t d) \le y\}
 * ```
 *
 * as far as an interval around the chain covers it. The interval is of the given width, placed at random, and stepped out by widths until its ends
 * are outside of the slice or it is `maxSteps` widths long, shared at random between the ends; points in it are tried, and cut it down where they are not on the slice, until
 * one is. Exact for every width: there is no step size to find, and it moves in every step. It needs no gradient; about 5 to 10 energies for each step, `info.evaluations`
 * tells. In $`d`$ dimensions an independent draw needs $`O(d)`$ steps, as with `randomWalkMetropolis`; for Gaussian priors see `ellipticalSlice`, with gradients `nuts`.
 *
 * The step reads a flag after each widening and every two tries, so it is `eager`; what it computes is compiled in four programs, which `clear` frees.
 * Chains that are done wait for the others. An energy of plus infinity is outside of the slice. One that is NaN or minus infinity ends the
 * step where it began, reported in `info.diverged`; since the way back would meet it too, the target stays invariant.
 *
 * @param target - An energy over real states, single tensors or trees of them.
 * @param options - The width of intervals, how far they may grow, and how directions are drawn.
 * @returns A kernel over positions `[chains, ...event]`.
 * @throws EbmError when the width is not positive, `maxSteps` is not a whole number of at least 1, or the energy is over discrete states.
 *
 * @example
 * ```ts
 * const kernel = hitAndRunSlice(doubleWell({ eventShape: [2] }), { width: 2 });
 * ```
 * @see Neal, "Slice sampling", 2003, sections 4 and 5, https://doi.org/10.1214/aos/1056562461
 */
export function hitAndRunSlice<X extends Tree>(
  target: ContinuousEnergy<X>,
  { width, maxSteps = 16, metric = identityMetric() }: HitAndRunSliceOptions<X>,
): Kernel<X, EnergyState<X>, SliceInfo> {
  checkContinuous('hitAndRunSlice', target);
  checkPositive('hitAndRunSlice', 'width', width, 'Try 2 standard deviations of the target.');
  checkedCount('hitAndRunSlice', 'maxSteps', maxSteps, 1);
  const points: SlicePoints<X, Line<X>> = {
    positionOn: ({ origin, direction }, parameter) => {
      const moved = mapTree((x, d) => add(x, mul(d, perRow(parameter, d.shape))), origin, direction);
      return target.constrain ? target.constrain(moved) : moved;
    },
    energyAt: (position) => evaluateEnergyAt('hitAndRunSlice', target, position).energy,
  };
  const parts = makeParts(metric, maxSteps, points);
  const shrinkage = makeShrinkage(points);
  return defineKernel<X, EnergyState<X>, SliceInfo>({
    init: (start) => startEnergy('hitAndRunSlice', target, start),
    step: (key, state) => {
      const [openKey, shrinkKey] = split(key, 2);
      const { line, growth: first } = parts.open(openKey, state, width);
      let growth = first;
      while (isSet(growth.goesOn)) {
        const next = parts.widen(line, growth, width);
        retire(growth, [next, line]);
        growth = next;
      }
      const { low, high, sound, evaluations } = growth;
      const search = startSearch({ low: low.at, high: high.at, sound, evaluations }, state);
      return shrinkage.finish(shrinkKey, line, search);
    },
    eager: true,
    clear: () => {
      parts.clear();
      shrinkage.clear();
    },
  });
}
