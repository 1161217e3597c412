import { EbmError } from '@ebmkit/tensor';

/** A whole number that is large enough. */
export function checkedCount(caller: string, name: string, value: number, least: number): number {
  if (!Number.isInteger(value) || value < least)
    throw new EbmError('argument', `${caller}: ${name} must be a whole number of at least ${least}, got ${value}.`);
  return value;
}
