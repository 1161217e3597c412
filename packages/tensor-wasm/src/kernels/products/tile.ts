/** The part of a product that is summed up in registers. */
export interface Tile {
  /** Rows of the first factor. */
  readonly rows: number;
  /** Vectors of four columns of the second factor. */
  readonly vectors: number;
}

/** A tile for a product with few columns: no more vectors than there are columns, and more rows instead. */
export function tileFor(tile: Tile, columns: number): Tile {
  const vectors = Math.ceil(columns / 4);
  if (vectors >= tile.vectors) return tile;
  return { vectors, rows: vectors === 1 ? 8 : Math.max(4, tile.rows) };
}
