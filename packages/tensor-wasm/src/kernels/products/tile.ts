/** The part of a product that is summed up in registers. */
export interface Tile {
  /** Rows of the first factor. */
  readonly rows: number;
  /** Vectors of four columns of the second factor. */
  readonly vectors: number;
}

/** Below so many rows, the second factor is read where it lies, in as few passes as registers allow. */
export const fewRows = 12;

/** The tile for few rows: all of them, or equal parts. */
function tileForRows(rows: number): Tile {
  const equal = Math.ceil(rows / Math.ceil(rows / 6));
  return { rows: equal, vectors: equal <= 3 ? 3 : 2 };
}

/**
 * The tile for a product of some size.
 *
 * @param preferred - The best one for many rows on this machine.
 * @param rows - Rows of the result.
 * @param columns - Columns of the result: a tile has no more vectors than there are columns, and more rows instead.
 */
export function tileFor(preferred: Tile, rows: number, columns: number): Tile {
  const tile = rows < fewRows ? tileForRows(rows) : preferred;
  const vectors = Math.ceil(columns / 4);
  if (vectors >= tile.vectors) return tile;
  return { vectors, rows: vectors === 1 ? 8 : Math.max(4, tile.rows) };
}
