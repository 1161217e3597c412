import { add, cos, mul, reshape, sin, sizeOf, square, sub, sum, type Tensor, tensor } from '@ebmkit/tensor';
import { scopedTree } from '../scoped-tree.js';
import { checkedFinite, checkedPositive } from './arguments.js';
import { checkedShape, flatStates } from './event.js';
import { diagonalMatrix, type ExactEnergy } from './exact-energy.js';
import { highestCosine, wrapped } from './periodic.js';
import { integrate, lineNodes } from './quadrature.js';
import { evenEdges, gap, type Interval, staircaseRejection } from './rejection.js';

/** Which Rastrigin function. */
export interface RastriginOptions {
  /** Half the depth $`A`$ of the ripples; 10 unless given. */
  readonly amplitude?: number;
  /** The inverse temperature $`\beta`$ that the function is multiplied with; 1 unless given. */
  readonly beta?: number;
  /** The shape of one state; `[2]` unless given. */
  readonly eventShape?: readonly number[];
}

/**
 * Rastrigin's function as an energy: a bowl with a ripple of period 1 along each axis,
 *
 * ```math
 * E(x) = \beta \sum_i \left( x_i^2 + A (1 - \cos 2 \pi x_i) \right)
 * ```
 *
 * It is 0 at the origin and has a local minimum near every whole-numbered point. The coordinates are independent; normaliser and
 * variance come from one-dimensional quadrature at construction (relative error below 1e-12), draws are exact, by rejection.
 *
 * @param options - Height of the ripple, temperature, shape of a state.
 * @returns The energy over float32 states `[n, ...event]`, with what is known of it. `draw` cannot run inside `jit`.
 * @throws EbmError when `beta` is not positive, or `amplitude` negative or not finite.
 *
 * @example
 * ```ts
 * const rugged = rastrigin({ beta: 0.2, eventShape: [4] });
 * ```
 *
 * @see Hoffmeister and Bäck, "Genetic algorithms and evolution strategies: similarities and differences", 1991,
 * https://doi.org/10.1007/BFb0029787
 */
export function rastrigin(options: RastriginOptions = {}): ExactEnergy {
  const amplitude = options.amplitude ?? 10;
  if (checkedFinite('rastrigin', 'amplitude', amplitude) !== 0) checkedPositive('rastrigin', 'amplitude', amplitude);
  const beta = checkedPositive('rastrigin', 'beta', options.beta ?? 1);
  const eventShape = checkedShape('rastrigin', options.eventShape ?? [2]);
  const size = sizeOf(eventShape);
  const axis = oneAxis(amplitude, beta);
  const turn = 2 * Math.PI;
  return {
    energy: (x) =>
      scopedTree(() => {
        const flat = flatStates('rastrigin.energy', x, eventShape);
        const ripple = mul(sub(1, cos(mul(wrapped(flat), turn))), amplitude);
        return mul(sum(add(square(flat), ripple), 1), beta);
      }),
    gradient: (x: Tensor) =>
      scopedTree(() => {
        const flat = flatStates('rastrigin.gradient', x, eventShape);
        const ripple = mul(sin(mul(wrapped(flat), turn)), turn * amplitude * beta);
        return reshape(add(mul(flat, 2 * beta), ripple), x.shape);
      }),
    support: 'continuous',
    logZ: size * axis.logZ,
    mean: new Float64Array(size),
    covariance: diagonalMatrix(new Float64Array(size).fill(axis.variance)),
    eventShape,
    draw: (key, count) => tensor(axis.draw(key, count * size), [count, ...eventShape]),
  };
}

function oneAxis(amplitude: number, beta: number) {
  const energy = (x: number): number => beta * (x * x + amplitude * (1 - Math.cos(2 * Math.PI * x)));
  const width = 1 / Math.sqrt(beta * (2 + 4 * Math.PI ** 2 * amplitude));
  const end = Math.sqrt(745 / beta);
  const { logZ, covariance } = integrate(energy, lineNodes(-end, end, Math.min(width, 1 / (2 * Math.PI)) / 8));
  const floor = (x: Interval): number =>
    beta * (gap(x, 0) ** 2 + amplitude * (1 - highestCosine([2 * Math.PI * x[0], 2 * Math.PI * x[1]])));
  const edges = [evenEdges(-end, end, Math.ceil((4 * end) / width))];
  return { logZ, variance: covariance[0] as number, draw: staircaseRejection('rastrigin', energy, { edges, floor }) };
}
