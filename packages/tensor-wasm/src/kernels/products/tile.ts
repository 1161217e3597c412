/** The part of a product that is summed up in registers. */
export interface Tile {
  /** Rows of the first factor. */
  readonly rows: number;
  /** Vectors of four columns of the second factor. */
  readonly vectors: number;
}

/** Below so many rows, the second factor is read where it lies, in as few passes as registers allow. */
export const fewRows = 12;

/**
 * The tile for a product of some size.
 *
 * @param preferred - The best one for many rows on this machine.
 * @param rows - Rows of the result: few ones are in one tile, or in a few equal ones.
 * @param columns - Columns of the result: a tile has no more vectors than there are columns, and more rows instead.
 */
export function tileFor(preferred: Tile, rows: number, columns: number): Tile {
  const equal = Math.ceil(rows / Math.ceil(rows / 6));
  const tile = rows < fewRows ? { rows: equal, vectors: equal < 4 ? 3 : 2 } : preferred;
  const vectors = Math.ceil(columns / 4);
  if (vectors >= tile.vectors) return tile;
  return { vectors, rows: vectors === 1 ? 8 : Math.max(4, tile.rows) };
}
