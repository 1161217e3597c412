import { EbmError } from '@ebmkit/tensor';

/**
 * A ladder of inverse temperatures whose steps shrink towards the target, $`\beta_k = 1 - (1 - k / n)^{p}`$. Near beta 1 a trained
 * machine changes most and its chains mix worst, so that equal steps waste effort at the other end.
 *
 * @param steps - How many steps, $`n`$.
 * @param power - The exponent $`p`$, at least 1, where the steps are equal; 1.5 unless given.
 * @returns `steps + 1` betas that rise from 0 to 1, for `estimateLogZ` and `annealedImportanceSampling`.
 * @throws EbmError when `steps` is not a whole number of at least 1 or the power is below 1.
 */
export function denseNearTarget(steps: number, power = 1.5): readonly number[] {
  if (!Number.isInteger(steps) || steps < 1)
    throw new EbmError('argument', `denseNearTarget: steps must be a whole number of at least 1, got ${steps}.`);
  if (!(power >= 1 && power < Number.POSITIVE_INFINITY))
    throw new EbmError('argument', `denseNearTarget: power must be a number of at least 1, got ${power}.`);
  return Array.from({ length: steps + 1 }, (_, k) => 1 - (1 - k / steps) ** power);
}
