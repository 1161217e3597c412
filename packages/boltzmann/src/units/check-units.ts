import { EbmError, ShapeError } from '@ebmkit/tensor';
import type { Units } from './units.js';

/** Throws unless a count is a whole number of at least `least`. */
export function checkWhole(where: string, name: string, value: number, least = 1): void {
  if (!Number.isInteger(value) || value < least)
    throw new EbmError(
      'argument',
      `${where}: ${name} must be a whole number ${least === 1 ? 'above 0' : `of at least ${least}`}, got ${value}.`,
    );
}

/** Throws unless there is one mean for each number of a state, each of which fits. */
export function checkMeans(
  where: string,
  size: number,
  means: ArrayLike<number>,
  { what, fits }: { readonly what: string; readonly fits: (mean: number) => boolean },
): void {
  if (means.length !== size) throw new ShapeError(`${where}: expected ${size} means, got ${means.length}.`);
  for (let i = 0; i < size; i++)
    if (!fits(means[i] as number))
      throw new EbmError(
        'argument',
        `${where}: expected means ${what}, got ${means[i]} at ${i}. Scale the data first.`,
      );
}

/** Throws unless the value is a layer of units. */
export function checkUnits(where: string, units: unknown): void {
  const candidate = units as Partial<Units> | null | undefined;
  if (typeof candidate !== 'object' || candidate === null || typeof candidate.logPartition !== 'function')
    throw new EbmError('argument', `${where}: expected units such as bernoulli(784), got ${String(units)}.`);
}
