import { broadcastTo, categorical, EbmError, equal, type Key, reshape, split, tensor, where } from '@ebmkit/tensor';
import { mixture } from '../algebra/mixture.js';
import type { ContinuousEnergy } from '../energy.js';
import { scopedTree } from '../scoped-tree.js';
import type { ExactEnergy } from './exact-energy.js';
import { type GaussianOptions, gaussian } from './gaussian.js';

/** One Gaussian of a mixture. */
export interface MixtureComponent extends Omit<GaussianOptions, 'eventShape'> {
  /** Its share of the probability, relative to the others; 1 unless given. */
  readonly weight?: number;
}

/** Which mixture of Gaussians. */
export interface GaussianMixtureOptions {
  /** The Gaussians, at least one, all of one dimension. */
  readonly components: readonly MixtureComponent[];
  /** The shape of one state; one axis unless given. */
  readonly eventShape?: readonly number[];
}

/**
 * A mixture of normal distributions: $`E(x) = -\log \sum_k w_k N(x; \mu_k, \Sigma_k)`$ with weights that sum to 1, so that
 * $`\log Z = 0`$. Everything about it is exact: normaliser, moments, gradient and independent draws. The standard test of
 * whether a sampler finds all modes.
 *
 * @param options - The Gaussians and their weights.
 * @returns The energy over float32 states `[n, ...event]`, with what is known of it; costs what its Gaussians cost.
 * @throws EbmError when there is no component, a weight is not positive, or dimensions disagree.
 *
 * @example
 * ```ts
 * const modes = gaussianMixture({ components: [{ mean: [-2, 0] }, { mean: [2, 0], scale: 0.5, weight: 3 }] });
 * ```
 */
export function gaussianMixture(options: GaussianMixtureOptions): ExactEnergy {
  const { components, eventShape } = options;
  const shares = checkedShares(components);
  const parts = components.map((component) => gaussian(eventShape ? { ...component, eventShape } : component));
  const logShares = shares.map(Math.log);
  const composed: ContinuousEnergy = mixture(parts, {
    logWeights: parts.map(({ logZ }, k) => (logShares[k] as number) - logZ),
  });
  const shape = (parts[0] as ExactEnergy).eventShape;
  return {
    energy: composed.energy,
    gradient: composed.gradient as ExactEnergy['gradient'],
    support: 'continuous',
    logZ: 0,
    ...moments(parts, shares),
    eventShape: shape,
    draw: (key: Key, count: number) =>
      scopedTree(() => {
        const [whichKey, drawKey] = split(key, 2);
        const logits = broadcastTo(tensor([...logShares]), [count, parts.length]);
        const which = reshape(categorical(whichKey, logits), [count, ...shape.map(() => 1)]);
        const draws = parts.map(({ draw }, k) => draw(split(drawKey, parts.length)[k] as Key, count));
        return draws.reduce((picked, draw, k) => where(equal(which, k), draw, picked));
      }),
  };
}

function checkedShares(components: readonly MixtureComponent[]): number[] {
  const weights = components.map(({ weight }) => weight ?? 1);
  if (weights.length === 0 || weights.some((w) => !(w > 0) || !Number.isFinite(w)))
    throw new EbmError(
      'argument',
      `gaussianMixture: expected at least one component, each of positive weight, got weights [${weights.join(', ')}].`,
    );
  const sizes = new Set(components.map(({ mean }) => mean.length));
  if (sizes.size > 1)
    throw new EbmError(
      'argument',
      `gaussianMixture: all components must have one dimension, got means of ${[...sizes].join(' and ')} numbers.`,
    );
  const total = weights.reduce((a, b) => a + b, 0);
  return weights.map((w) => w / total);
}

function moments(parts: readonly ExactEnergy[], shares: readonly number[]) {
  const size = (parts[0] as ExactEnergy).mean.length;
  const mean = new Float64Array(size);
  const covariance = new Float64Array(size * size);
  parts.forEach((part, k) => {
    for (let i = 0; i < size; i++) mean[i] = (mean[i] as number) + (shares[k] as number) * (part.mean[i] as number);
  });
  parts.forEach((part, k) => {
    for (let i = 0; i < size; i++)
      for (let j = 0; j < size; j++) {
        const [di, dj] = [
          (part.mean[i] as number) - (mean[i] as number),
          (part.mean[j] as number) - (mean[j] as number),
        ];
        const at = i * size + j;
        covariance[at] =
          (covariance[at] as number) + (shares[k] as number) * ((part.covariance[at] as number) + di * dj);
      }
  });
  return { mean, covariance };
}
