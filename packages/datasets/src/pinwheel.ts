import type { Key } from '@ebmkit/tensor';
import { checkSpread, checkWhole, drawPoints, type Points } from './points.js';

/** How a pinwheel is drawn. */
export interface PinwheelOptions {
  /** How many points. */
  readonly count: number;
  /** How many blades; 5 unless given. */
  readonly arms?: number;
  /** Standard deviation along a blade; 0.3 unless given. */
  readonly radial?: number;
  /** Standard deviation across a blade; 0.1 unless given. */
  readonly tangential?: number;
  /** How much the blades bend: the angle, in radians, by which a point is turned grows as this times $`e^r`$; 0.25 unless given. */
  readonly rate?: number;
}

/**
 * Gaussian blades about the origin, bent into a pinwheel: a normal point about (1, 0), turned to its blade and on by
 * $`c \, e^{x}`$ radians, where $`x`$ is its position along the blade and $`c`$ = `rate`.
 *
 * @param key - A key, used once.
 * @param options - How many points, and the blades.
 * @returns Points labelled by their blade.
 * @see Johnson et al., "Composing graphical models with neural networks for structured representations and fast inference", 2016, https://arxiv.org/abs/1603.06277
 */
export function pinwheel(
  key: Key,
  { count, arms = 5, radial = 0.3, tangential = 0.1, rate = 0.25 }: PinwheelOptions,
): Points {
  checkWhole('pinwheel', 'arms', arms, 1);
  checkSpread('pinwheel', 'radial', radial);
  checkSpread('pinwheel', 'tangential', tangential);
  checkSpread('pinwheel', 'rate', rate);
  return drawPoints('pinwheel', key, count, ([which = 0], [a = 0, b = 0]) => {
    const arm = Math.floor(which * arms);
    const [x, y] = [1 + radial * a, tangential * b];
    const angle = (2 * Math.PI * arm) / arms + rate * Math.exp(x);
    return [x * Math.cos(angle) - y * Math.sin(angle), x * Math.sin(angle) + y * Math.cos(angle), arm];
  });
}
