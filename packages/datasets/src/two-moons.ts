import type { Key } from '@ebmkit/tensor';
import { checkSpread, drawPoints, type Points } from './points.js';

/** How two moons are drawn. */
export interface TwoMoonsOptions {
  /** How many points. */
  readonly count: number;
  /** Standard deviation of the noise; 0.1 unless given. */
  readonly noise?: number;
}

/**
 * Two interlocking half circles of radius 1: $`(\cos t, \sin t)`$ and $`(1 - \cos t, 1/2 - \sin t)`$ with $`t`$ uniform on
 * $`[0, \pi]`$, each with probability 1/2, plus normal noise.
 *
 * @param key - A key, used once.
 * @param options - How many points, and how noisy.
 * @returns Points labelled 0 and 1.
 */
export function twoMoons(key: Key, { count, noise = 0.1 }: TwoMoonsOptions): Points {
  checkSpread('twoMoons', 'noise', noise);
  return drawPoints('twoMoons', key, count, ([which = 0, along = 0], [a = 0, b = 0]) => {
    const t = Math.PI * along;
    const [x, y] = which < 0.5 ? [Math.cos(t), Math.sin(t)] : [1 - Math.cos(t), 0.5 - Math.sin(t)];
    return [x + noise * a, y + noise * b, which < 0.5 ? 0 : 1];
  });
}
