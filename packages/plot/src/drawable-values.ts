/** Numbers beyond this size cannot be placed on an axis, since the span of the axis would overflow. */
const largestDrawable = 1e300;

/** Whether a number can be placed on an axis. */
export function isDrawable(value: number | undefined): value is number {
  return value !== undefined && Math.abs(value) <= largestDrawable;
}

/** What a value that is not drawable is, for notes. */
export const notDrawable = 'NaN, infinite or beyond 1e300';

/** The smallest and the largest drawable value, or `undefined` when there is none. */
export function drawableExtent(
  lists: Iterable<ArrayLike<number>>,
  accept: (value: number) => boolean = () => true,
): readonly [number, number] | undefined {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const list of lists) {
    for (let index = 0; index < list.length; index += 1) {
      const value = list[index];
      if (!isDrawable(value) || !accept(value)) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return low <= high ? [low, high] : undefined;
}

/** The extent itself, or a wider one around it when it is a single value or too narrow for double precision. */
export function widened([low, high]: readonly [number, number]): readonly [number, number] {
  const size = Math.max(Math.abs(low), Math.abs(high));
  if (high - low > size * 1e-10 && high - low > 1e-290) return [low, high];
  const middle = low / 2 + high / 2;
  const half = Math.abs(middle) > 1e-280 ? Math.abs(middle) / 2 : 0.5;
  return [middle - half, middle + half];
}

/** The subject of a note: `2,098 of 5,000 points are`, or `1 of 5 points is`. */
export function partOf(count: number, total: number, noun: string): string {
  return `${count.toLocaleString('en-GB')} of ${counted(total, noun)} ${count === 1 ? 'is' : 'are'}`;
}

/** `1 value` or `1,234 values`. */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en-GB')} ${noun}${count === 1 ? '' : 's'}`;
}
