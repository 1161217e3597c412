import { EbmError, fillUniform, fold, type Key } from '@ebmkit/tensor';
import type { PlainEnergy } from './quadrature.js';

/** Exact independent draws from a density in one or two dimensions, one state after the other. */
export type DrawMany = (key: Key, count: number) => Float64Array;

/** The two ends of a cell along one axis. */
export type Interval = readonly [low: number, high: number];

/** A staircase that the density stays below: cells, and how low the energy can be in each. */
export interface Staircase {
  /** The edges of the cells along each axis, ascending: one axis or two. The density outside is 0 for all purposes. */
  readonly edges: readonly Float64Array[];
  /** A lower bound of the energy on the cell between these ends; the closer, the fewer draws are rejected. */
  readonly floor: (x: Interval, y: Interval) => number;
}

/** A staircase measured out: its floors, and the area under its steps up to each cell and in all. */
interface Steps {
  readonly floors: Float64Array;
  readonly running: Float64Array;
  readonly total: number;
}

/** `cells` cells of equal length. */
export function evenEdges(low: number, high: number, cells: number): Float64Array {
  return Float64Array.from({ length: cells + 1 }, (_, i) => low + ((high - low) * i) / cells);
}

/** How far a point is from an interval, 0 inside. */
export function gap([low, high]: Interval, point: number): number {
  return Math.max(0, low - point, point - high);
}

/**
 * Exact draws from the density $`e^{-E(x)}`$ by rejection under a staircase: a cell is picked by the area under its step, a
 * point in it uniformly, and the point is kept with probability $`e^{\mathrm{floor} - E(x)}`$. The staircase is built at the first draw.
 *
 * @param where - Whose draws, for the error.
 * @param energy - The energy.
 * @param staircase - Cells and lower bounds.
 */
export function staircaseRejection(where: string, energy: PlainEnergy, { edges, floor }: Staircase): DrawMany {
  const [first, second = Float64Array.of(0, 0)] = edges as readonly [Float64Array, Float64Array?];
  const size = edges.length;
  const width = second.length - 1;
  const cellAt = (k: number): readonly [Interval, Interval] => {
    const [i, j] = [Math.floor(k / width), k % width];
    return [
      [first[i] as number, first[i + 1] as number],
      [second[j] as number, second[j + 1] as number],
    ];
  };
  const build = (): Steps => {
    const floors = Float64Array.from({ length: (first.length - 1) * width }, (_, k) => floor(...cellAt(k)));
    const least = floors.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
    let total = 0;
    const running = floors.map((e, k) => {
      const [x, y] = cellAt(k);
      total += Math.exp(least - e) * (x[1] - x[0]) * (size === 2 ? y[1] - y[0] : 1);
      return total;
    });
    return { floors, running, total };
  };
  let steps: Steps | undefined;

  /** Writes a proposal to `out` at `to` and says whether it is kept. */
  const propose = ({ floors, running, total }: Steps, u: Float64Array, out: Float64Array, to: number): boolean => {
    const cell = firstAbove(running, (u[0] as number) * total);
    const [[left, right], [bottom, top]] = cellAt(cell);
    const x = left + (u[2] as number) * (right - left);
    const y = size === 2 ? bottom + (u[3] as number) * (top - bottom) : 0;
    out[to] = x;
    if (size === 2) out[to + 1] = y;
    return (u[1] as number) < Math.exp((floors[cell] as number) - energy(x, y));
  };

  return (key, count) => {
    if (!('words' in key))
      throw new EbmError(
        'trace',
        `${where}.draw: rejection needs the numbers of its key, so it cannot run inside jit().`,
      );
    steps ??= build();
    const out = new Float64Array(count * size + size);
    for (let round = 0, made = 0; made < count; round++) {
      const u = new Float64Array((2 + size) * (count - made));
      fillUniform(fold(key, round).words, u);
      for (let at = 0; at < u.length; at += 2 + size) if (propose(steps, u.subarray(at), out, made * size)) made++;
    }
    return out.subarray(0, count * size);
  };
}

/** The first place of an ascending list whose value is above a number, or the last place. */
function firstAbove(running: Float64Array, mass: number): number {
  let [low, high] = [0, running.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((running[middle] as number) > mass) high = middle;
    else low = middle + 1;
  }
  return low;
}
