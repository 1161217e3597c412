import type { Key } from '@ebmkit/tensor';
import { checkSpread, checkWhole, drawPoints, type Points } from './points.js';

/** How a checkerboard is drawn. */
export interface CheckerboardOptions {
  /** How many points. */
  readonly count: number;
  /** Fields along each side, at least 2; 4 unless given. */
  readonly side?: number;
  /** Half the length of the board's side; 4 unless given. */
  readonly extent?: number;
}

/**
 * The uniform distribution on the dark fields of a checkerboard about the origin: sharp edges, which smooth energies find hard.
 *
 * @param key - A key, used once.
 * @param options - How many points, and the board.
 * @returns Points labelled by their dark field, row by row from the lower left, whose corner field is dark.
 */
export function checkerboard(key: Key, { count, side = 4, extent = 4 }: CheckerboardOptions): Points {
  checkWhole('checkerboard', 'side', side, 2);
  checkSpread('checkerboard', 'extent', extent);
  const dark = Array.from({ length: side * side }, (_, i) => [i % side, Math.floor(i / side)] as const).filter(
    ([column, row]) => (column + row) % 2 === 0,
  );
  const length = (2 * extent) / side;
  return drawPoints('checkerboard', key, count, ([which = 0, u = 0, v = 0]) => {
    const field = Math.floor(which * dark.length);
    const [column, row] = dark[field] as readonly [number, number];
    return [(column + u) * length - extent, (row + v) * length - extent, field];
  });
}
