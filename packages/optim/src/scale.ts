import { add, mapTree, mul, type Tensor, type Tree, zeros } from '@ebmkit/tensor';
import { defineTransform } from './define-transform.js';
import { type Schedule, toSchedule } from './schedule.js';
import type { Transform } from './transform.js';

/** By what updates are multiplied. */
export interface ScaleOptions {
  /** A number, or a schedule. */
  readonly factor: number | Schedule;
}

/** What `scale` keeps between steps. */
export type ScaleState = {
  /** How many steps were taken: a scalar int32 tensor. */
  readonly step: Tensor;
};

/**
 * Multiplies every gradient (or update) by one number.
 *
 * @param options - The factor.
 * @returns A transform.
 */
export function scale<P extends Tree>({ factor }: ScaleOptions): Transform<P, ScaleState> {
  const factorAt = toSchedule('scale', 'factor', factor);
  return defineTransform<P, ScaleState>({
    init: () => ({ step: zeros([], 'int32') }),
    update: (gradients, { step }) => {
      const now = factorAt(step);
      return { updates: mapTree((g) => mul(g, now), gradients), state: { step: add(step, 1) } };
    },
  });
}
