import { fillNormal, mul, reshape, sizeOf, split, square, sub, type Tensor, tensor } from '@ebmkit/tensor';
import { scopedTree } from '../scoped-tree.js';
import { checkedPositive } from './arguments.js';
import { checkedShape, flatStates } from './event.js';
import { diagonalMatrix, type ExactEnergy } from './exact-energy.js';
import { integrate, panelNodes } from './quadrature.js';
import { direction, radius } from './radius.js';
import { evenEdges, type Interval, staircaseRejection } from './rejection.js';

/** Which ring. */
export interface RingOptions {
  /** The radius $`R`$ at which the energy is 0; 2 unless given. */
  readonly radius?: number;
  /** The thickness $`\sigma`$; 0.2 unless given. */
  readonly scale?: number;
  /** The shape of one state, at least two coordinates; `[2]` unless given. With more it is a shell. */
  readonly eventShape?: readonly number[];
}

/**
 * A ring, or a shell in more dimensions: $`E(x) = (\|x\| - R)^2 / (2 \sigma^2)`$. A sampler must follow a curved ridge that has no favoured
 * point. The normaliser and the covariance, a multiple of the identity, come from quadrature along the radius at construction
 * (relative error below 1e-12); draws are exact, by rejection. The energy has a kink at the origin, where its gradient is given as 0.
 *
 * @param options - Radius, thickness, and shape of a state.
 * @returns The energy over float32 states `[n, ...event]`, with what is known of it. `draw` cannot run inside `jit`.
 * @throws EbmError when `radius` or `scale` is not positive or there are fewer than two coordinates.
 *
 * @example
 * ```ts
 * const thin = ring({ radius: 3, scale: 0.1 });
 * ```
 *
 * @see Rezende and Mohamed, "Variational inference with normalizing flows", 2015, https://arxiv.org/abs/1505.05770
 */
export function ring(options: RingOptions = {}): ExactEnergy {
  const middle = checkedPositive('ring', 'radius', options.radius ?? 2);
  const scale = checkedPositive('ring', 'scale', options.scale ?? 0.2);
  const eventShape = checkedShape('ring', options.eventShape ?? [2], 2);
  const size = sizeOf(eventShape);
  const radial = alongRadius(middle, scale, size);
  return {
    energy: (x) =>
      scopedTree(() =>
        mul(square(sub(radius(flatStates('ring.energy', x, eventShape)), middle)), 1 / (2 * scale ** 2)),
      ),
    gradient: (x: Tensor) =>
      scopedTree(() => {
        const flat = flatStates('ring.gradient', x, eventShape);
        const slope = mul(sub(radius(flat), middle), 1 / scale ** 2);
        return reshape(mul(direction(flat), reshape(slope, [x.shape[0] as number, 1])), x.shape);
      }),
    support: 'continuous',
    logZ: radial.logZ,
    mean: new Float64Array(size),
    covariance: diagonalMatrix(new Float64Array(size).fill(radial.secondMoment / size)),
    eventShape,
    draw: (key, count) => {
      const [radiusKey, directionKey] = split(key, 2);
      const radii = radial.draw(radiusKey, count);
      const rays = new Float64Array(count * size);
      if (rays.length > 0) fillNormal(directionKey.words, rays);
      radii.forEach((r, n) => {
        const ray = rays.subarray(n * size, (n + 1) * size);
        const length = Math.hypot(...ray);
        ray.forEach((v, i) => {
          ray[i] = (v * r) / length;
        });
      });
      return tensor(rays, [count, ...eventShape]);
    },
  };
}

/** What is known of the radius, whose density is $`r^{d-1} e^{-(r - R)^2 / 2 \sigma^2}`$ times the area of the unit sphere. */
function alongRadius(middle: number, scale: number, size: number) {
  const energy = (r: number): number => (r - middle) ** 2 / (2 * scale ** 2) - (size - 1) * Math.log(r);
  const mode = (middle + Math.sqrt(middle ** 2 + 4 * (size - 1) * scale ** 2)) / 2;
  // The density falls from its mode at least as fast as a normal one of the same scale.
  const reach = scale * Math.sqrt(2 * 745);
  const [low, high] = [Math.max(0, mode - reach), mode + reach];
  const panels = panelNodes(Array.from(evenEdges(low, high, Math.ceil((high - low) / scale))));
  const { logZ, mean, covariance } = integrate(energy, panels);
  const edges = [...evenEdges(low, mode, 512), ...evenEdges(mode, high, 512).subarray(1)];
  const floor = (r: Interval): number => Math.min(energy(r[0]), energy(r[1]));
  return {
    logZ: logZ + logSphereArea(size),
    secondMoment: (covariance[0] as number) + (mean[0] as number) ** 2,
    draw: staircaseRejection('ring', energy, { edges: [Float64Array.from(edges)], floor }),
  };
}

/** The log area of the unit sphere in `size` dimensions, $`\log 2 \pi^{d/2} / \Gamma(d/2)`$. */
function logSphereArea(size: number): number {
  let area = Math.log(size % 2 === 0 ? 2 * Math.PI : 2);
  for (let d = (size % 2 === 0 ? 2 : 1) + 2; d <= size; d += 2) area += Math.log((2 * Math.PI) / (d - 2));
  return area;
}
