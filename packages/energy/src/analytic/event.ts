import { EbmError, reshape, ShapeError, sizeOf, type Tensor } from '@ebmkit/tensor';
import { checkedCount } from './arguments.js';

/** Throws unless the states are `[n, ...event]`. */
export function checkStates(where: string, x: Tensor, eventShape: readonly number[]): void {
  const fits =
    x.shape.length === eventShape.length + 1 && eventShape.every((length, axis) => length === x.shape[axis + 1]);
  if (!fits)
    throw new ShapeError(
      `${where}: expected [n, ${eventShape.join(', ')}], got [${x.shape.join(', ')}]. Put the batch on the first axis.`,
    );
}

/** The states with their event flattened, `[n, size]`; throws unless they are `[n, ...event]`. */
export function flatStates(where: string, x: Tensor, eventShape: readonly number[]): Tensor {
  checkStates(where, x, eventShape);
  return reshape(x, [x.shape[0] as number, sizeOf(eventShape)]);
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

/** A free choice of event shape, checked, that holds at least `least` numbers. */
export function checkedShape(where: string, eventShape: readonly number[], least = 1): number[] {
  const shape = checkedEventShape(where, eventShape, sizeOf(eventShape));
  checkedCount(where, 'the size of eventShape', sizeOf(shape), least);
  return shape;
}
