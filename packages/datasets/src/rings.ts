import { EbmError, type Key } from '@ebmkit/tensor';
import { checkSpread, drawPoints, type Points } from './points.js';

/** How rings are drawn. */
export interface RingsOptions {
  /** How many points. */
  readonly count: number;
  /** The radius of each ring; 1, 2 and 3 unless given. */
  readonly radii?: readonly number[];
  /** Standard deviation of the radius; 0.1 unless given. */
  readonly noise?: number;
}

/**
 * Rings around the origin, all with one probability: the angle is uniform, the radius normal about that of the ring.
 *
 * @param key - A key, used once.
 * @param options - How many points, which radii, and how noisy.
 * @returns Points labelled by the position of their radius.
 */
export function rings(key: Key, { count, radii = [1, 2, 3], noise = 0.1 }: RingsOptions): Points {
  checkSpread('rings', 'noise', noise);
  if (radii.length === 0) throw new EbmError('argument', 'rings: expected at least one radius, got none.');
  for (const radius of radii) checkSpread('rings', 'a radius', radius);
  return drawPoints('rings', key, count, ([which = 0, along = 0], [a = 0]) => {
    const ring = Math.floor(which * radii.length);
    const radius = (radii[ring] as number) + noise * a;
    return [radius * Math.cos(2 * Math.PI * along), radius * Math.sin(2 * Math.PI * along), ring];
  });
}
