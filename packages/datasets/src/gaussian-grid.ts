import type { Key } from '@ebmkit/tensor';
import { checkSpread, checkWhole, drawPoints, type Points } from './points.js';

/** How a grid of Gaussians is drawn. */
export interface GaussianGridOptions {
  /** How many points. */
  readonly count: number;
  /** Gaussians along each side; 5 unless given. */
  readonly side?: number;
  /** Distance between neighbouring means; 1 unless given. */
  readonly spacing?: number;
  /** Standard deviation of each Gaussian; 0.05 unless given. */
  readonly noise?: number;
}

/**
 * A mixture of round Gaussians whose means form a square grid about the origin, all with one weight: hard for samplers, since
 * the modes lie far apart for their width.
 *
 * @param key - A key, used once.
 * @param options - How many points, and the grid.
 * @returns Points labelled by their Gaussian, row by row from the lower left.
 */
export function gaussianGrid(key: Key, { count, side = 5, spacing = 1, noise = 0.05 }: GaussianGridOptions): Points {
  checkWhole('gaussianGrid', 'side', side, 1);
  checkSpread('gaussianGrid', 'spacing', spacing);
  checkSpread('gaussianGrid', 'noise', noise);
  const middle = (side - 1) / 2;
  return drawPoints('gaussianGrid', key, count, ([u = 0, v = 0], [a = 0, b = 0]) => {
    const [column, row] = [Math.floor(u * side), Math.floor(v * side)];
    return [(column - middle) * spacing + noise * a, (row - middle) * spacing + noise * b, row * side + column];
  });
}
