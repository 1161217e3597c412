import { EbmError, type Pair } from '@ebmkit/tensor';

/**
 * How a window meets the border: `valid` (it stays inside), `same` (the output is the input divided by the stride, rounded up),
 * or explicit numbers `[[top, bottom], [left, right]]`.
 */
export type Padding = 'same' | 'valid' | readonly [Pair, Pair];

/** Throws unless it is a padding, of at least 0 where it is in numbers. */
export function checkPadding(where: string, padding: unknown): void {
  if (padding === 'same' || padding === 'valid') return;
  const isPair = (pair: unknown) =>
    Array.isArray(pair) && pair.length === 2 && pair.every((n) => Number.isSafeInteger(n) && n >= 0);
  if (!Array.isArray(padding) || padding.length !== 2 || !padding.every(isPair))
    throw new EbmError(
      'argument',
      `${where}: padding must be "same", "valid" or [[top, bottom], [left, right]] of whole numbers of at least 0, got ${JSON.stringify(padding)}.`,
    );
}

/** The padding of one axis of a window in numbers. */
export function paddingOf(padding: Padding, axis: 0 | 1, length: number, window: number, stride: number): Pair {
  if (padding === 'valid') return [0, 0];
  if (padding !== 'same') return padding[axis];
  const total = Math.max(0, (Math.ceil(length / stride) - 1) * stride + window - length);
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}
