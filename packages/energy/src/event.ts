import { EbmError, ShapeError, sizeOf, type Tensor } from '@ebmkit/tensor';

/** Throws unless the states are `[n, ...event]`. */
export function checkStates(where: string, x: Tensor, eventShape: readonly number[]): void {
  const fits =
    x.shape.length === eventShape.length + 1 && eventShape.every((length, axis) => length === x.shape[axis + 1]);
  if (!fits)
    throw new ShapeError(
      `${where}: expected [n, ${eventShape.join(', ')}], got [${x.shape.join(', ')}]. Put the batch on the first axis.`,
    );
}

/** The event shape, checked: whole numbers of at least 1 that hold `size` numbers, or one axis of that size. */
export function checkedEventShape(where: string, eventShape: readonly number[] | undefined, size: number): number[] {
  const shape = [...(eventShape ?? [size])];
  if (!shape.every((length) => Number.isInteger(length) && length > 0) || sizeOf(shape) !== size)
    throw new EbmError(
      'argument',
      `${where}: expected an eventShape that holds ${size} numbers, got [${shape.join(', ')}]. Make both agree.`,
    );
  return shape;
}

/** A positive finite number, or throws. */
export function checkedPositive(where: string, name: string, value: number): number {
  if (!(value > 0) || !Number.isFinite(value))
    throw new EbmError('argument', `${where}: ${name} must be a positive number, got ${value}.`);
  return value;
}
