import type { Key } from '@ebmkit/tensor';
import { checkSpread, checkWhole, drawPoints, type Points } from './points.js';

/** How spirals are drawn. */
export interface SpiralsOptions {
  /** How many points. */
  readonly count: number;
  /** How many arms; 2 unless given. */
  readonly arms?: number;
  /** How often an arm goes around; 1.5 unless given. */
  readonly turns?: number;
  /** Where an arm ends, as distance from the origin; 3 unless given. */
  readonly radius?: number;
  /** Standard deviation of the noise; 0.1 unless given. */
  readonly noise?: number;
}

/**
 * Archimedean spirals about the origin: at share $`s = \sqrt{u}`$ of an arm the radius is $`s`$ times its end and the angle $`s`$ times
 * all turns, with $`u`$ uniform, which spreads points about evenly along the arm; plus normal noise.
 *
 * @param key - A key, used once.
 * @param options - How many points, and the arms.
 * @returns Points labelled by their arm.
 */
export function spirals(key: Key, { count, arms = 2, turns = 1.5, radius = 3, noise = 0.1 }: SpiralsOptions): Points {
  checkWhole('spirals', 'arms', arms, 1);
  checkSpread('spirals', 'turns', turns);
  checkSpread('spirals', 'radius', radius);
  checkSpread('spirals', 'noise', noise);
  return drawPoints('spirals', key, count, ([which = 0, along = 0], [a = 0, b = 0]) => {
    const arm = Math.floor(which * arms);
    const share = Math.sqrt(along);
    const angle = 2 * Math.PI * (share * turns + arm / arms);
    return [share * radius * Math.cos(angle) + noise * a, share * radius * Math.sin(angle) + noise * b, arm];
  });
}
