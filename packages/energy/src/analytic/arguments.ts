import { EbmError } from '@ebmkit/tensor';

/** A positive finite number, or throws. */
export function checkedPositive(where: string, name: string, value: number): number {
  if (!(value > 0) || !Number.isFinite(value))
    throw new EbmError('argument', `${where}: ${name} must be a positive number, got ${value}.`);
  return value;
}

/** A finite number, or throws. */
export function checkedFinite(where: string, name: string, value: number): number {
  if (!Number.isFinite(value))
    throw new EbmError('argument', `${where}: ${name} must be a finite number, got ${value}.`);
  return value;
}

/** A whole number of at least `least`, or throws. */
export function checkedCount(where: string, name: string, value: number, least: number): number {
  if (!Number.isInteger(value) || value < least)
    throw new EbmError('argument', `${where}: ${name} must be a whole number of at least ${least}, got ${value}.`);
  return value;
}
