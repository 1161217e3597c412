import {
  add,
  any,
  cast,
  fold,
  greater,
  jit,
  type Key,
  less,
  lessEqual,
  logicalAnd,
  logicalNot,
  mul,
  readSync,
  retire,
  sub,
  type Tensor,
  type Tree,
  uniform,
  where,
  zeros,
} from '@ebmkit/tensor';
import type { Transition } from '../../kernel/kernel.js';
import type { MoveInfo } from '../../kernel/move-info.js';
import { chooseChains } from '../../kernel/position.js';
import type { EnergyState } from '../random-walk-metropolis.js';

/**
 * What a step of a slice sampler reports. `accepted` says whether the chain found a point, which all but never fails, and
 * `acceptanceProbability` is 1 where it did. `diverged` says whether it began where the energy is not finite, or met one on its way that is NaN
 * or minus infinity; it then stays where it was. Plus infinity, the energy of what cannot be, is just outside of every slice.
 */
export type SliceInfo = MoveInfo & {
  /** How many energies the chain needed, int32 `[chains]`. The batch evaluates as many as its slowest chain. */
  readonly evaluations: Tensor;
};

/** What curves of points that a slice is looked for on have in common. Their parameters are 0 where the chain is. */
export type SliceCurve<X extends Tree> = {
  /** Where the chains are. */
  readonly origin: X;
  /** The largest energy on the slice, `[chains]`. */
  readonly level: Tensor;
} & { readonly [part: string]: Tree };

/** The points of curves. */
export interface SlicePoints<X extends Tree, C extends SliceCurve<X>> {
  /** The point of each chain's curve at a parameter `[chains]`. */
  readonly positionOn: (curve: C, parameter: Tensor) => X;
  /** The energies of such points, `[chains]`. */
  readonly energyAt: (position: X) => Tensor;
}

/** How far each chain has come in looking for a point of its slice: numbers, so that no position is made that is not needed. */
export type SliceSearch = {
  /** The ends of the interval of parameters that is left, `[chains]`: below 0, and above. */
  readonly low: Tensor;
  /** The upper one. */
  readonly high: Tensor;
  /** Which chains are still looking, bool `[chains]`. */
  readonly pending: Tensor;
  /** Which have met no energy that is NaN or minus infinity, bool `[chains]`. */
  readonly sound: Tensor;
  /** The parameter of the point that was found, `[chains]`; 0 until then. */
  readonly parameter: Tensor;
  /** Its energy, `[chains]`; until then that where the chain is. */
  readonly energy: Tensor;
  /** Energies needed so far, int32 `[chains]`. */
  readonly evaluations: Tensor;
};

/** Where an energy says something: not NaN, and not minus infinity. */
export function isSound(energy: Tensor): Tensor {
  return greater(energy, Number.NEGATIVE_INFINITY);
}

/** A search that has tried nothing yet, for the chains that can move. */
export function startSearch(
  ends: Pick<SliceSearch, 'low' | 'high' | 'sound' | 'evaluations'>,
  { energy }: { readonly energy: Tensor },
): SliceSearch {
  return { ...ends, pending: ends.sound, parameter: zeros(energy.shape), energy };
}

/** Tries points of the curves, of which the energies are given: takes each where it is on the slice, else cuts the interval there. */
export function tryPoints(search: SliceSearch, level: Tensor, parameter: Tensor, energy: Tensor): SliceSearch {
  const { low, high, pending } = search;
  const sound = logicalAnd(search.sound, logicalNot(logicalAnd(pending, logicalNot(isSound(energy)))));
  const inside = logicalAnd(logicalAnd(pending, sound), lessEqual(energy, level));
  const isBelow = less(parameter, 0);
  return {
    low: where(isBelow, parameter, low),
    high: where(isBelow, high, parameter),
    pending: logicalAnd(logicalAnd(pending, sound), logicalNot(inside)),
    sound,
    parameter: where(inside, parameter, search.parameter),
    energy: where(inside, energy, search.energy),
    evaluations: add(search.evaluations, cast(pending, 'int32')),
  };
}

/** Points tried between two looks at whether a chain is left. */
const triesPerRound = 2;
/** After this many rounds an interval is shorter than the spacing of float32 numbers at its ends. */
const mostRounds = 100;

/** Shrinks intervals until every chain has a point. */
export interface Shrinkage<X extends Tree, C extends SliceCurve<X>> {
  /** Goes on with a search to its end. */
  readonly finish: (key: Key, curve: C, search: SliceSearch) => Transition<EnergyState<X>, SliceInfo>;
  /** Frees what was compiled. */
  readonly clear: () => void;
}

/** Whether a flag is set. */
export function isSet(flag: Tensor): boolean {
  return Boolean(readSync(flag)[0]);
}

/**
 * The shrinkage of slice sampling: points uniform on the interval are tried, and one outside of the slice becomes the end on its
 * side of the chain. Compiled in one program; chains that have a point wait for the others.
 *
 * @param points - The points of each chain's curve.
 */
export function makeShrinkage<X extends Tree, C extends SliceCurve<X>>({
  positionOn,
  energyAt,
}: SlicePoints<X, C>): Shrinkage<X, C> {
  const shrink = jit((key: Key, curve: C, start: SliceSearch) => {
    let search = start;
    for (let i = 0; i < triesPerRound; i++) {
      const { low, high } = search;
      const parameter = add(low, mul(sub(high, low), uniform(fold(key, i), low.shape)));
      search = tryPoints(search, curve.level, parameter, energyAt(positionOn(curve, parameter)));
    }
    return { search, goesOn: any(search.pending) };
  });
  const report = jit((curve: C, search: SliceSearch) => {
    const accepted = logicalAnd(search.sound, logicalNot(search.pending));
    const info: SliceInfo = {
      accepted,
      acceptanceProbability: cast(accepted, 'float32'),
      diverged: logicalNot(search.sound),
      evaluations: search.evaluations,
    };
    const position = chooseChains(accepted, positionOn(curve, search.parameter), curve.origin);
    return { state: { position, energy: search.energy }, info };
  });
  return {
    finish: (key, curve, start) => {
      let search = start;
      for (let round = 0; round < mostRounds; round++) {
        const next = shrink(fold(key, round), curve, search);
        if (round > 0) retire(search, [next, start, curve]);
        search = next.search;
        if (!isSet(next.goesOn)) break;
      }
      return report(curve, search);
    },
    clear: () => {
      for (const program of [shrink, report]) program.clear();
    },
  };
}
