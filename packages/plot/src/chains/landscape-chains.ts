import { chainsOfScalar, namedDraws, type SampledArray } from '@ebmkit/diagnostics';
import type { LandscapeChain } from '../chain-marks.js';

/** How {@link landscapeChains} cuts draws into chains. */
export interface LandscapeChainsOptions {
  /** `path` (the usual) joins the states of each chain, `points` draws a dot for each. */
  readonly draw?: 'path' | 'points';
  /** The most states of a chain, evenly spaced over its steps for points, the first ones for paths; all unless told. */
  readonly maxStates?: number;
}

/**
 * The chains of two-dimensional draws in the form that `energyLandscape` draws over its heat map.
 *
 * @param draws - draws of shape `[steps, chains, 2]`
 * @param options - how to draw them, and how many states
 * @returns one chain for each, named `chain 0`, `chain 1`, …; without a name when there is one only
 * @throws RangeError when the draws are not of two-dimensional states
 * @example
 * ```ts
 * const picture = energyLandscape({ energy, xRange: [-2, 2], yRange: [-2, 2], chains: landscapeChains(draws) });
 * ```
 */
export function landscapeChains(draws: SampledArray, options: LandscapeChainsOptions = {}): LandscapeChain[] {
  const { draw = 'path', maxStates = Number.POSITIVE_INFINITY } = options;
  const [leaf] = namedDraws(draws);
  if (!leaf || leaf.scalars !== 2) {
    throw new RangeError(
      `landscapeChains: draws must have the shape [steps, chains, 2], got [${draws.shape?.join(', ')}]. Choose two coordinates first.`,
    );
  }
  if (!(maxStates >= 1)) {
    throw new RangeError(
      `landscapeChains: maxStates must be at least 1, got ${maxStates}. Leave it out for all states.`,
    );
  }
  const stride = draw === 'points' ? Math.max(1, Math.ceil(leaf.steps / maxStates)) : 1;
  const keep = (list: Float64Array) => list.filter((_, step) => step % stride === 0).slice(0, maxStates);
  const [x, y] = [chainsOfScalar(leaf, 0), chainsOfScalar(leaf, 1)];
  return x.map((list, chain) => ({
    name: x.length === 1 ? '' : `chain ${chain}`,
    x: keep(list),
    y: keep(y[chain] ?? list),
    draw,
  }));
}
