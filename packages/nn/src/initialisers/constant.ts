import { EbmError, full } from '@ebmkit/tensor';
import type { Initialiser } from './initialiser.js';

/**
 * The same number everywhere; `constant(0)` makes the last layer of a network begin as zero.
 *
 * @param value - The number.
 * @returns The initialiser, for any shape; it uses no key.
 * @throws EbmError when it is not a finite number.
 *
 * @example
 * ```ts
 * const output = dense({ inputs: 128, outputs: 1, weight: constant(0) });
 * ```
 */
export function constant(value: number): Initialiser {
  if (!Number.isFinite(value))
    throw new EbmError('argument', `constant: value must be a finite number, got ${String(value)}.`);
  return (_, shape) => full(shape, value);
}
