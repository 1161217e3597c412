import { partOf } from './drawable-values.js';

/** The values of the first and of the last colour. */
export type ImageRange = readonly [number, number];

/** The range of each image: all the same, unless each has its own. */
export function imageRanges(
  list: readonly ArrayLike<number>[],
  range: ImageRange | 'each' | undefined,
  symmetric: boolean,
): ImageRange[] {
  if (range === 'each') return list.map((image) => finiteRange([image], symmetric));
  const shared = range ?? finiteRange(list, symmetric);
  return list.map(() => shared);
}

function finiteRange(list: readonly ArrayLike<number>[], symmetric: boolean): ImageRange {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const image of list) {
    for (let pixel = 0; pixel < image.length; pixel += 1) {
      const value = image[pixel] ?? Number.NaN;
      if (!Number.isFinite(value)) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  if (low > high) return [0, 0];
  const size = Math.max(Math.abs(low), Math.abs(high));
  return symmetric ? [-size, size] : [low, high];
}

/** What to say about pixels that are not finite or outside their range. */
export function rangeNotes(list: readonly ArrayLike<number>[], ranges: readonly ImageRange[]): string[] {
  let [bad, outside, total] = [0, 0, 0];
  list.forEach((image, n) => {
    const [low, high] = ranges[n] ?? [0, 0];
    total += image.length;
    for (let pixel = 0; pixel < image.length; pixel += 1) {
      const value = image[pixel] ?? Number.NaN;
      if (!Number.isFinite(value)) bad += 1;
      else if (value < low || value > high) outside += 1;
    }
  });
  const notes: string[] = [];
  if (bad > 0) notes.push(`${partOf(bad, total, 'pixel')} NaN or infinite and drawn magenta.`);
  if (outside > 0) notes.push(`${partOf(outside, total, 'pixel')} outside the range and drawn in its end colours.`);
  return notes;
}
