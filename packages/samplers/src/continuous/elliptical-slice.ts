import type { ContinuousEnergy } from '@ebmkit/energy';
import {
  add,
  cos,
  EbmError,
  exponential,
  isFinite,
  jit,
  type Key,
  mul,
  perRow,
  reshape,
  ShapeError,
  sin,
  sizeOf,
  split,
  sub,
  type Tensor,
  tensor,
  uniform,
  zeros,
} from '@ebmkit/tensor';
import { checkContinuous } from '../kernel/evaluate.js';
import { defineKernel, type Kernel } from '../kernel/kernel.js';
import { type EnergyState, evaluateEnergyAt, startEnergy } from './random-walk-metropolis.js';
import {
  makeShrinkage,
  type SliceCurve,
  type SliceInfo,
  type SlicePoints,
  startSearch,
  tryPoints,
} from './slice/shrinkage.js';

/** A normal distribution that can be drawn from: `gaussian` of `@ebmkit/energy` is one. */
export interface GaussianPrior {
  /** Its mean over the flattened event. */
  readonly mean: ArrayLike<number>;
  /** Draws `count` independent states, `[count, ...event]`. */
  readonly draw: (key: Key, count: number) => Tensor;
}

/** How elliptical slice sampling moves. */
export interface EllipticalSliceOptions {
  /** The Gaussian part of the target. That it is Gaussian cannot be checked: with another prior the sampler is wrong. */
  readonly prior: GaussianPrior;
}

/** An ellipse around the mean of the prior through each chain's position. */
type Ellipse = SliceCurve<Tensor> & {
  /** Draws of the prior, a quarter of an ellipse away. */
  readonly other: Tensor;
};

/** Throws unless the prior is made for such positions. */
function checkPrior({ mean }: GaussianPrior, { shape }: Tensor): void {
  if (sizeOf(shape.slice(1)) !== mean.length)
    throw new ShapeError(
      `ellipticalSlice: expected positions of the ${mean.length} numbers that the prior has, got [${shape.join(', ')}]. Give prior and start one event shape.`,
    );
}

/**
 * Elliptical slice sampling, for targets that are a Gaussian prior $`N(\mu, \Sigma)`$ times a likelihood: draws $`\nu \sim N(\mu, \Sigma)`$ and a level
 * $`y = E(x) + e`$ with $`e \sim \mathrm{Exp}(1)`$ of the likelihood's energy $`E`$, and looks on the ellipse
 *
 * ```math
 * x'(\theta) = \mu + (x - \mu) \cos \theta + (\nu - \mu) \sin \theta
 * ```
 *
 * for a point with $`E(x') \le y`$: the first angle is uniform on the circle, and each that fails cuts the bracket of angles at its side of the chain. Exact, and nothing is to be tuned. One draw of the
 * prior for each step and one energy of the likelihood for each angle, `info.evaluations` tells. Good where the prior dominates, as with Gaussian processes and latent Gaussian models in any number of dimensions;
 * where the likelihood does, `nuts` is better. For targets without a Gaussian part see `hitAndRunSlice`.
 *
 * The step reads a flag every two angles, so it is `eager`; what it computes is compiled in three programs, which `clear` frees. An energy of plus
 * infinity is outside of the slice. One that is NaN or minus infinity ends the step where it began, reported in `info.diverged`.
 *
 * @param likelihood - Minus the log-likelihood, an energy over real states: the target's energy less that of the prior.
 * @param options - The prior.
 * @returns A kernel over positions `[chains, ...event]`; the energies in its state are those of the likelihood.
 * @throws EbmError when the likelihood is over discrete states or holds a part fixed (`clamp`), from which ellipses lead away; ShapeError, at `init`, when the prior has another
 * number of dimensions than the positions.
 *
 * @example
 * ```ts
 * const prior = gaussian({ mean: [0, 0], covariance: [[1, 0.9], [0.9, 1]] });
 * const kernel = ellipticalSlice({ energy: (x) => mul(sumEvent(square(sub(x, 1))), 2) }, { prior });
 * ```
 * @see Murray, Adams and MacKay, "Elliptical slice sampling", 2010, https://arxiv.org/abs/1001.0175
 */
export function ellipticalSlice(
  likelihood: ContinuousEnergy,
  { prior }: EllipticalSliceOptions,
): Kernel<Tensor, EnergyState<Tensor>, SliceInfo> {
  const caller = 'ellipticalSlice';
  checkContinuous(caller, likelihood);
  if (typeof prior?.draw !== 'function' || !prior.mean?.length)
    throw new EbmError(
      'argument',
      `${caller}: expected a prior with mean and draw(key, count). Make one with gaussian().`,
    );
  if (likelihood.constrain)
    throw new EbmError(
      'argument',
      `${caller}: expected a likelihood that holds nothing fixed, got one with constrain. Fix the part inside it and take the prior of the rest given that part.`,
    );
  const meanLike = (x: Tensor): Tensor => reshape(tensor(Float64Array.from(prior.mean)), x.shape.slice(1));
  const points: SlicePoints<Tensor, Ellipse> = {
    positionOn: ({ origin, other }, angle) => {
      const mean = meanLike(origin);
      const turned = (x: Tensor, share: Tensor): Tensor => mul(sub(x, mean), perRow(share, x.shape));
      return add(mean, add(turned(origin, cos(angle)), turned(other, sin(angle))));
    },
    energyAt: (position) => evaluateEnergyAt(caller, likelihood, position).energy,
  };
  const open = jit((key: Key, state: EnergyState<Tensor>) => {
    const [drawKey, levelKey, angleKey] = split(key, 3);
    const chains = state.energy.shape;
    const other = prior.draw(drawKey, chains[0] as number);
    const curve: Ellipse = { origin: state.position, other, level: add(state.energy, exponential(levelKey, chains)) };
    const angle = mul(uniform(angleKey, chains), 2 * Math.PI);
    const ends = { low: sub(angle, 2 * Math.PI), high: angle };
    const search = startSearch({ ...ends, sound: isFinite(state.energy), evaluations: zeros(chains, 'int32') }, state);
    return { curve, search: tryPoints(search, curve.level, angle, points.energyAt(points.positionOn(curve, angle))) };
  });
  const shrinkage = makeShrinkage(points);
  return defineKernel<Tensor, EnergyState<Tensor>, SliceInfo>({
    init: (start) => {
      checkPrior(prior, start);
      return startEnergy(caller, likelihood, start);
    },
    step: (key, state) => {
      const [openKey, shrinkKey] = split(key, 2);
      const { curve, search } = open(openKey, state);
      return shrinkage.finish(shrinkKey, curve, search);
    },
    eager: true,
    clear: () => {
      open.clear();
      shrinkage.clear();
    },
  });
}
