import { doubleWell } from '@ebmkit/energy';

/** The height of the barrier between the wells, in nats. */
const barrier = 3;

/** The target of the live example: two wells along x, a harmonic bowl along y. */
export const target = doubleWell({ barrierHeight: barrier, eventShape: [2], wellAxes: 1 });

/** The energy of one state as a plain number, for drawing: E(x, y) = 3 (x² − 1)² + y² / 2. */
export function energyAt(x: number, y: number): number {
  return barrier * (x * x - 1) ** 2 + (y * y) / 2;
}

/**
 * The exact probability of each of `count` equal bins of x between `low` and `high`, at inverse temperature `beta`. As y is
 * independent of x, the marginal is proportional to exp(-beta E(x, 0)); Simpson's rule in each bin.
 */
export function exactBins(beta: number, low: number, high: number, count: number): Float64Array {
  const width = (high - low) / count;
  const weight = (x: number): number => Math.exp(-beta * energyAt(x, 0));
  const bin = (i: number): number => {
    const left = low + i * width;
    return ((weight(left) + 4 * weight(left + width / 2) + weight(left + width)) * width) / 6;
  };
  const bins = Float64Array.from({ length: count }, (_, i) => bin(i));
  const total = bins.reduce((a, b) => a + b, 0);
  return bins.map((mass) => mass / total);
}
