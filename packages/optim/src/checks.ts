import { EbmError } from '@ebmkit/tensor';

/** Throws unless a setting is a number in the interval; `where` begins the message. */
export function checkNumber(
  where: string,
  name: string,
  value: unknown,
  { atLeast, above, below, atMost }: { atLeast?: number; above?: number; below?: number; atMost?: number },
): void {
  const fits =
    typeof value === 'number' &&
    Number.isFinite(value) &&
    (atLeast === undefined || value >= atLeast) &&
    (above === undefined || value > above) &&
    (below === undefined || value < below) &&
    (atMost === undefined || value <= atMost);
  if (fits) return;
  const ends = [
    ...(atLeast === undefined ? [] : [`at least ${atLeast}`]),
    ...(above === undefined ? [] : [`above ${above}`]),
    ...(below === undefined ? [] : [`below ${below}`]),
    ...(atMost === undefined ? [] : [`at most ${atMost}`]),
  ];
  throw new EbmError(
    'argument',
    `${where}: ${name} must be a finite number${ends.length > 0 ? ` ${ends.join(' and ')}` : ''}, got ${String(value)}.`,
  );
}

/** Throws unless a setting is a whole number of at least 1. */
export function checkSteps(where: string, name: string, value: unknown): void {
  if (!Number.isSafeInteger(value) || (value as number) < 1)
    throw new EbmError('argument', `${where}: ${name} must be a whole number of at least 1, got ${String(value)}.`);
}
