import type { Shape } from '@ebmkit/tensor';

/**
 * Merges neighbouring axes that are treated alike, and drops axes of length 1, so that kernels see few axes.
 *
 * @param shape - Axis lengths.
 * @param treatment - What happens to an axis.
 * @returns One entry per group, in order.
 */
export function groupAxes<T>(shape: Shape, treatment: (axis: number) => T): { length: number; treatment: T }[] {
  const groups: { length: number; treatment: T }[] = [];
  shape.forEach((length, axis) => {
    if (length === 1) return;
    const last = groups.at(-1);
    const own = treatment(axis);
    if (last && last.treatment === own) last.length *= length;
    else groups.push({ length, treatment: own });
  });
  return groups;
}

/** The length of an axis of `shape` once it is aligned at the end with a shape of `rank` axes. */
function alignedLength(shape: Shape, axis: number, rank: number): number {
  return shape[axis - rank + shape.length] ?? 1;
}

/** Two shapes that broadcast to `output`, written with as few axes as broadcasting allows. */
export function groupBroadcast(a: Shape, b: Shape, output: Shape): readonly [Shape, Shape] {
  const rank = output.length;
  const groups = groupAxes(
    output,
    (axis) => (alignedLength(a, axis, rank) === 1 ? 1 : 0) + (alignedLength(b, axis, rank) === 1 ? 2 : 0),
  );
  return [
    groups.map(({ length, treatment }) => (treatment & 1 ? 1 : length)),
    groups.map(({ length, treatment }) => (treatment & 2 ? 1 : length)),
  ];
}

/** For a shape that is repeated to fill `output`: the groups of axes, and whether each is repeated. */
export function groupRepeats(shape: Shape, output: Shape): { length: number; treatment: boolean }[] {
  return groupAxes(output, (axis) => alignedLength(shape, axis, output.length) === 1);
}
