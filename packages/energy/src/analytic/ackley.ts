import { add, cos, exp, mean, mul, reshape, sin, sizeOf, square, sub, sum, type Tensor, tensor } from '@ebmkit/tensor';
import { scopedTree } from '../scoped-tree.js';
import { checkedPositive } from './arguments.js';
import { checkedShape, flatStates } from './event.js';
import type { AnalyticEnergy, ExactEnergy } from './exact-energy.js';
import { highestCosine, wrapped } from './periodic.js';
import { integrateEven, type PlainEnergy, panelNodes, quadrantNodes } from './quadrature.js';
import { direction, radius } from './radius.js';
import { evenEdges, gap, type Interval, staircaseRejection } from './rejection.js';

/** Which Ackley function. */
export interface AckleyOptions {
  /** The depth $`a`$ of the funnel; 20 unless given. */
  readonly depth?: number;
  /** How fast the funnel opens, $`b`$; 0.2 unless given. */
  readonly decay?: number;
  /** The frequency $`c`$ of the ripples, in radians; $`2 \pi`$ unless given. */
  readonly frequency?: number;
  /** The inverse temperature $`\beta`$ that the function is multiplied with; 1 unless given. */
  readonly beta?: number;
  /**
   * The spring constant $`\kappa`$ of a bowl that is added. Ackley's function is bounded, so without it (0) the energy has no normaliser
   * and is a function to minimise only.
   */
  readonly confinement?: number;
  /** The shape of one state; `[2]` unless given. */
  readonly eventShape?: readonly number[];
}

/** An Ackley function that is a distribution and has few enough coordinates to integrate over. */
export interface ConfinedAckleyOptions extends AckleyOptions {
  /** The spring constant $`\kappa`$ of the bowl, positive. */
  readonly confinement: number;
  /** The shape of one state: one or two coordinates; `[2]` unless given. */
  readonly eventShape?: readonly [1] | readonly [2];
}

/**
 * Ackley's function as an energy: a nearly flat, rippled outside with a funnel in the middle,
 *
 * ```math
 * E(x) = \beta \left( a + e - a \exp \left( -b \sqrt{\tfrac1d \sum_i x_i^2} \right) - \exp \left( \tfrac1d \sum_i \cos c x_i \right) \right)
 * + \tfrac{\kappa}{2} \sum_i x_i^2
 * ```
 *
 * It is 0 at the origin. Given a `confinement` and one or two coordinates, the normaliser and the covariance come from quadrature at
 * construction (relative error below 1e-10), and draws are exact, by rejection; otherwise nothing is known of the distribution, and the
 * result does not have these fields. The energy has a kink at the origin, where its gradient is given as 0.
 *
 * @param options - The constants of the function, temperature, confinement, and shape of a state.
 * @returns The energy over float32 states `[n, ...event]`, with what is known of it. `draw` cannot run inside `jit`.
 * @throws EbmError when a constant is not positive or the confinement negative.
 *
 * @example
 * ```ts
 * const landscape = ackley(); // to minimise
 * const target = ackley({ confinement: 0.1, beta: 0.5 }); // to sample: target.logZ is known
 * ```
 *
 * @see Ackley, "A connectionist machine for genetic hillclimbing", 1987, https://doi.org/10.1007/978-1-4613-1997-9
 */
export function ackley(options: ConfinedAckleyOptions): ExactEnergy;
export function ackley(options?: AckleyOptions): AnalyticEnergy;
export function ackley(options: AckleyOptions = {}): AnalyticEnergy | ExactEnergy {
  const depth = checkedPositive('ackley', 'depth', options.depth ?? 20);
  const decay = checkedPositive('ackley', 'decay', options.decay ?? 0.2);
  const frequency = checkedPositive('ackley', 'frequency', options.frequency ?? 2 * Math.PI);
  const beta = checkedPositive('ackley', 'beta', options.beta ?? 1);
  const confinement = options.confinement ?? 0;
  if (confinement !== 0) checkedPositive('ackley', 'confinement', confinement);
  const eventShape = checkedShape('ackley', options.eventShape ?? [2]);
  const size = sizeOf(eventShape);
  const opening = decay / Math.sqrt(size);
  const angles = (flat: Tensor): Tensor => mul(wrapped(mul(flat, frequency / (2 * Math.PI))), 2 * Math.PI);
  const funnel = (flat: Tensor): Tensor => mul(exp(mul(radius(flat), -opening)), depth);
  const ripples = (flat: Tensor): Tensor => exp(mean(cos(angles(flat)), 1));
  const analytic: AnalyticEnergy = {
    energy: (x) =>
      scopedTree(() => {
        const flat = flatStates('ackley.energy', x, eventShape);
        const shape = mul(sub(depth + Math.E, add(funnel(flat), ripples(flat))), beta);
        return confinement === 0 ? shape : add(shape, mul(sum(square(flat), 1), confinement / 2));
      }),
    gradient: (x) =>
      scopedTree(() => {
        const flat = flatStates('ackley.gradient', x, eventShape);
        const column = (v: Tensor): Tensor => reshape(v, [x.shape[0] as number, 1]);
        const inward = mul(direction(flat), column(mul(funnel(flat), beta * opening)));
        const ripple = mul(mul(sin(angles(flat)), column(ripples(flat))), (beta * frequency) / size);
        const slope = add(inward, ripple);
        return reshape(confinement === 0 ? slope : add(slope, mul(flat, confinement)), x.shape);
      }),
    support: 'continuous',
    eventShape,
  };
  if (confinement === 0 || size > 2) return analytic;
  return { ...analytic, ...measured({ depth, decay, frequency, beta, confinement }, size, eventShape) };
}

type Constants = Required<Omit<AckleyOptions, 'eventShape'>>;

/** Normaliser, moments and draws in one or two dimensions. */
function measured({ depth, decay, frequency, beta, confinement }: Constants, size: number, eventShape: number[]) {
  const flat = depth + Math.E;
  const opening = decay / Math.sqrt(size);
  const bound = (length: number, ripple: number): number =>
    beta * (flat - depth * Math.exp(-opening * length) - Math.exp(ripple / size)) + (confinement / 2) * length ** 2;
  const energy: PlainEnergy = (x, y) =>
    bound(Math.sqrt(x * x + y * y), Math.cos(frequency * x) + (size === 2 ? Math.cos(frequency * y) : 0));
  const top = (x: Interval): number => highestCosine([frequency * x[0], frequency * x[1]]);
  const floor = (x: Interval, y: Interval): number =>
    bound(Math.hypot(gap(x, 0), gap(y, 0)), top(x) + (size === 2 ? top(y) : 0));
  // The energy is 0 at the origin and above 40 beyond this.
  const end = Math.sqrt(80 / confinement);
  const panel = Math.min(Math.PI / frequency, 8 / (beta * depth * opening));
  const radii = panelNodes(Array.from(evenEdges(0, end, Math.ceil(end / panel))));
  const angles = Math.ceil(16 + Math.sqrt(1 + beta) * frequency * end);
  const nodes = size === 1 ? { x: radii.x, weights: radii.weights.map((w) => 2 * w) } : quadrantNodes(radii, angles);
  // Cells grow with the distance from the origin, where most of the mass is.
  const axis = evenEdges(-1, 1, 256).map((t) => (end * Math.sinh(5 * t)) / Math.sinh(5));
  const draw = staircaseRejection('ackley', energy, { edges: size === 1 ? [axis] : [axis, axis], floor });
  return {
    ...integrateEven(energy, nodes),
    draw: ((key, count) => tensor(draw(key, count), [count, ...eventShape])) satisfies ExactEnergy['draw'],
  };
}
