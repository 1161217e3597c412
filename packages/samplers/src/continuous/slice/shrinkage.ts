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

/** What curves of points that a slice is looked for on have in common. */
export type SliceCurve = {
  /** The largest energy on the slice, `[chains]`. */
  readonly level: Tensor;
} & { readonly [part: string]: Tree };

/** How far each chain has come in looking for a point of its slice. Parameters of curves are 0 where the chain is. */
export type SliceSearch<X extends Tree> = {
  /** The ends of the interval of parameters that is left, `[chains]`: below 0, and above. */
  readonly low: Tensor;
  /** The upper one. */
  readonly high: Tensor;
  /** Which chains are still looking, bool `[chains]`. */
  readonly pending: Tensor;
  /** Which have met no energy that is NaN or minus infinity, bool `[chains]`. */
  readonly sound: Tensor;
  /** The point that was found; until then, where the chain is. */
  readonly found: EnergyState<X>;
  /** Energies needed so far, int32 `[chains]`. */
  readonly evaluations: Tensor;
};

/** Where an energy says something: not NaN, and not minus infinity. */
export function isSound(energy: Tensor): Tensor {
  return greater(energy, Number.NEGATIVE_INFINITY);
}

/** Tries a point of each chain's curve: takes it where it is on the slice, else cuts the interval there. */
export function tryPoint<X extends Tree>(
  search: SliceSearch<X>,
  { level }: SliceCurve,
  parameter: Tensor,
  point: EnergyState<X>,
): SliceSearch<X> {
  const { low, high, pending } = search;
  const sound = logicalAnd(search.sound, logicalNot(logicalAnd(pending, logicalNot(isSound(point.energy)))));
  const inside = logicalAnd(logicalAnd(pending, sound), lessEqual(point.energy, level));
  const isBelow = less(parameter, 0);
  return {
    low: where(isBelow, parameter, low),
    high: where(isBelow, high, parameter),
    pending: logicalAnd(logicalAnd(pending, sound), logicalNot(inside)),
    sound,
    found: chooseChains(inside, point, search.found),
    evaluations: add(search.evaluations, cast(pending, 'int32')),
  };
}

/** Points tried between two looks at whether a chain is left. */
const triesPerRound = 2;
/** After this many rounds an interval is shorter than the spacing of float32 numbers at its ends. */
const mostRounds = 100;

/** Shrinks intervals until every chain has a point. */
export interface Shrinkage<X extends Tree, C extends SliceCurve> {
  /** Goes on with a search to its end. */
  readonly finish: (key: Key, curve: C, search: SliceSearch<X>) => Transition<EnergyState<X>, SliceInfo>;
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
 * @param pointOn - The point of each chain's curve at a parameter `[chains]`, with its energy.
 */
export function makeShrinkage<X extends Tree, C extends SliceCurve>(
  pointOn: (curve: C, parameter: Tensor) => EnergyState<X>,
): Shrinkage<X, C> {
  const shrink = jit((key: Key, curve: C, start: SliceSearch<X>) => {
    let search = start;
    for (let i = 0; i < triesPerRound; i++) {
      const { low, high } = search;
      const parameter = add(low, mul(sub(high, low), uniform(fold(key, i), low.shape)));
      search = tryPoint(search, curve, parameter, pointOn(curve, parameter));
    }
    return { search, goesOn: any(search.pending) };
  });
  const report = jit((search: SliceSearch<X>) => {
    const accepted = logicalAnd(search.sound, logicalNot(search.pending));
    const info: SliceInfo = {
      accepted,
      acceptanceProbability: cast(accepted, 'float32'),
      diverged: logicalNot(search.sound),
      evaluations: search.evaluations,
    };
    return { state: search.found, info };
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
      return report(search);
    },
    clear: () => {
      for (const program of [shrink, report]) program.clear();
    },
  };
}
