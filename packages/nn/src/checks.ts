import { EbmError, type Pair, type Shape, ShapeError, type Tensor } from '@ebmkit/tensor';

/** Writes a shape as `[2, 3]`, for messages. */
export function showShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** Throws unless a setting is a whole number of at least 1. */
export function checkCount(where: string, name: string, value: unknown): void {
  if (!Number.isSafeInteger(value) || (value as number) < 1)
    throw new EbmError('argument', `${where}: ${name} must be a whole number of at least 1, got ${String(value)}.`);
}

/** Throws unless a setting is a finite number above 0. */
export function checkPositive(where: string, name: string, value: unknown): void {
  if (!(typeof value === 'number' && value > 0 && Number.isFinite(value)))
    throw new EbmError('argument', `${where}: ${name} must be a finite number above 0, got ${String(value)}.`);
}

/** Throws unless `parts` divides `whole`. */
export function checkDivides(where: string, parts: readonly [string, number], whole: readonly [string, number]): void {
  checkCount(where, ...parts);
  checkCount(where, ...whole);
  if (whole[1] % parts[1] !== 0)
    throw new EbmError(
      'argument',
      `${where}: ${whole[0]} must be a multiple of ${parts[0]}, got ${whole[1]} and ${parts[1]}. Change one of them.`,
    );
}

/** Throws unless a shape is a list of whole numbers of at least 1. */
export function checkedEventShape(where: string, shape: unknown): Shape {
  if (!Array.isArray(shape) || !shape.every((length) => Number.isSafeInteger(length) && length > 0))
    throw new ShapeError(
      `${where}: eventShape must be a list of whole numbers of at least 1, got ${JSON.stringify(shape)}. Give the shape of one state, without the batch.`,
    );
  return [...(shape as number[])];
}

/** Throws unless the states are `[n, ...event]`. */
export function checkStates(where: string, x: Tensor, eventShape: Shape): void {
  const fits =
    x.shape.length === eventShape.length + 1 && eventShape.every((length, axis) => length === x.shape[axis + 1]);
  if (!fits)
    throw new ShapeError(
      `${where}: expected [n${eventShape.map((length) => `, ${length}`).join('')}], got ${showShape(x.shape)}. Put the batch on the first axis.`,
    );
}

/** Throws unless the last of at least two axes has the given length. */
export function checkFeatures(where: string, x: Tensor, features: number): void {
  if (x.shape.length < 2 || x.shape.at(-1) !== features)
    throw new ShapeError(
      `${where}: expected [n, ..., ${features}], got ${showShape(x.shape)}. Put the batch first and the features last; flatten() makes one axis of several.`,
    );
}

/** Throws unless the states are images of the given number of channels (of any when left out). */
export function checkImages(where: string, x: Tensor, channels?: number): void {
  if (x.shape.length !== 4 || (channels !== undefined && x.shape[3] !== channels))
    throw new ShapeError(
      `${where}: expected images [n, height, width, ${channels ?? 'channels'}], got ${showShape(x.shape)}. Channels come last; reshape or transpose the images.`,
    );
}

/** A setting for both spatial axes: one number for both, or height and width. */
export type Sizes = number | Pair;

/** Both sizes, checked: whole numbers of at least 1. */
export function checkedPair(where: string, name: string, sizes: Sizes): Pair {
  const pair: unknown = typeof sizes === 'number' ? [sizes, sizes] : sizes;
  if (!Array.isArray(pair) || pair.length !== 2 || !pair.every((n) => Number.isSafeInteger(n) && n >= 1))
    throw new EbmError(
      'argument',
      `${where}: ${name} must be a whole number of at least 1 or two of them, got ${JSON.stringify(sizes)}.`,
    );
  return pair as unknown as Pair;
}
