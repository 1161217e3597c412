import {
  add,
  concat,
  EbmError,
  fillNormal,
  type Key,
  mul,
  reshape,
  sizeOf,
  slice,
  split,
  square,
  sub,
  sum,
  type Tensor,
  tensor,
} from '@ebmkit/tensor';
import { scopedTree } from '../scoped-tree.js';
import { checkedPositive } from './arguments.js';
import { checkedShape, flatStates } from './event.js';
import { diagonalMatrix, type ExactEnergy } from './exact-energy.js';
import { integrate, lineNodes } from './quadrature.js';
import { evenEdges, type Interval, staircaseRejection } from './rejection.js';

/** Cells of the staircase on each side of a well. */
const cells = 1024;

/** Which double well. */
export interface DoubleWellOptions {
  /** The height $`h`$ of the barrier between the wells, in nats; 2 unless given. */
  readonly barrierHeight?: number;
  /** The wells lie at plus and minus this $`b`$; 1 unless given. */
  readonly minimum?: number;
  /** The shape of one state; `[1]` unless given. */
  readonly eventShape?: readonly number[];
  /** How many coordinates of the flattened event, the first ones, are double wells; all unless given. The rest are harmonic. */
  readonly wellAxes?: number;
}

/**
 * Two wells along some axes and a harmonic bowl along the others:
 *
 * ```math
 * E(x) = h \sum_{i < m} \left( \frac{x_i^2}{b^2} - 1 \right)^2 + \frac12 \sum_{i \ge m} x_i^2
 * ```
 *
 * with $`m`$ = `wellAxes`. The energy is 0 in the wells and $`h`$ between them, so a sampler crosses the less often the higher
 * $`h`$ is. The distribution has $`2^m`$ equal modes. The coordinates are independent; normaliser and variances come from one-dimensional
 * quadrature at construction (relative error below 1e-12), draws are exact, by rejection.
 *
 * @param options - Height, position and number of the wells.
 * @returns The energy over float32 states `[n, ...event]`, with what is known of it. `draw` cannot run inside `jit`.
 * @throws EbmError when the height or the position is not positive or `wellAxes` is not a number of axes.
 *
 * @example
 * ```ts
 * const target = doubleWell({ barrierHeight: 4, eventShape: [2], wellAxes: 1 });
 * ```
 */
export function doubleWell(options: DoubleWellOptions = {}): ExactEnergy {
  const height = checkedPositive('doubleWell', 'barrierHeight', options.barrierHeight ?? 2);
  const minimum = checkedPositive('doubleWell', 'minimum', options.minimum ?? 1);
  const eventShape = checkedShape('doubleWell', options.eventShape ?? [1]);
  const size = sizeOf(eventShape);
  const wells = checkedWells(options.wellAxes ?? size, size);
  const known = oneWell(height, minimum);
  const parts = (where: string, x: Tensor): readonly [Tensor, Tensor] => {
    const flat = flatStates(where, x, eventShape);
    return wells === size
      ? [flat, flat]
      : [slice(flat, [0, 0], [flat.shape[0] as number, wells]), slice(flat, [0, wells])];
  };
  const depth = (x: Tensor): Tensor => sub(mul(square(x), 1 / minimum ** 2), 1);
  return {
    energy: (x) =>
      scopedTree(() => {
        const [first, rest] = parts('doubleWell.energy', x);
        const double = mul(sum(square(depth(first)), 1), height);
        return wells === size ? double : add(double, mul(sum(square(rest), 1), 0.5));
      }),
    gradient: (x) =>
      scopedTree(() => {
        const [first, rest] = parts('doubleWell.gradient', x);
        const slope = mul(mul(depth(first), first), (4 * height) / minimum ** 2);
        return reshape(wells === size ? slope : concat([slope, rest], 1), x.shape);
      }),
    support: 'continuous',
    logZ: wells * known.logZ + (size - wells) * 0.5 * Math.log(2 * Math.PI),
    mean: new Float64Array(size),
    covariance: diagonalMatrix(Array.from({ length: size }, (_, i) => (i < wells ? known.variance : 1))),
    eventShape,
    draw: (key, count) => tensor(drawAll(known.draw, key, count, wells, size), [count, ...eventShape]),
  };
}

function oneWell(height: number, minimum: number) {
  const energy = (x: number): number => height * ((x / minimum) ** 2 - 1) ** 2;
  const end = minimum * Math.sqrt(1 + Math.sqrt(745 / height));
  const width = minimum * Math.min(1 / Math.sqrt(8 * height), height ** -0.25);
  const { logZ, covariance } = integrate(energy, lineNodes(-end, end, width / 16));
  const inner = evenEdges(-minimum, minimum, 2 * cells);
  const edges = [
    ...evenEdges(-end, -minimum, cells),
    ...inner.subarray(1),
    ...evenEdges(minimum, end, cells).subarray(1),
  ];
  // The energy has no minimum inside a cell.
  const floor = ([low, high]: Interval): number => Math.min(energy(low), energy(high));
  const draw = staircaseRejection('doubleWell', energy, { edges: [Float64Array.from(edges)], floor });
  return { logZ, variance: covariance[0] as number, draw };
}

function drawAll(
  drawWells: (key: Key, count: number) => Float64Array,
  key: Key,
  count: number,
  wells: number,
  size: number,
): Float32Array {
  const [wellKey, restKey] = split(key, 2);
  const first = drawWells(wellKey, count * wells);
  const rest = new Float64Array(count * (size - wells));
  if (rest.length > 0) fillNormal(restKey.words, rest);
  const out = new Float32Array(count * size);
  for (let n = 0; n < count; n++) {
    out.set(first.subarray(n * wells, (n + 1) * wells), n * size);
    out.set(rest.subarray(n * (size - wells), (n + 1) * (size - wells)), n * size + wells);
  }
  return out;
}

function checkedWells(wells: number, size: number): number {
  if (!Number.isInteger(wells) || wells < 1 || wells > size)
    throw new EbmError('argument', `doubleWell: wellAxes must be a whole number from 1 to ${size}, got ${wells}.`);
  return wells;
}
