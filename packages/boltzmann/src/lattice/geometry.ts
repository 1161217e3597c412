import { concat, EbmError, ShapeError, slice, type Tensor } from '@ebmkit/tensor';

/** How many sites a lattice has. */
export function sitesOf(size: readonly number[]): number {
  return size.reduce((product, side) => product * side, 1);
}

/** Throws unless a size has 2 or 3 sides, each a whole number of at least 2. */
export function checkSize(caller: string, size: readonly number[]): void {
  const good = Array.isArray(size) && (size.length === 2 || size.length === 3);
  if (!good || size.some((side) => !Number.isInteger(side) || side < 2))
    throw new EbmError(
      'argument',
      `${caller}: size must be 2 or 3 sides, whole numbers of at least 2, got ${JSON.stringify(size)}. Write [16, 16] or [8, 8, 8].`,
    );
}

/** Throws unless states are `[n, ...size]` of a dtype. */
export function checkStates(
  caller: string,
  size: readonly number[],
  dtype: Tensor['dtype'],
  { shape, dtype: given }: Tensor,
): void {
  if (given !== dtype)
    throw new EbmError(
      'dtype',
      `${caller}: expected ${dtype} states, got ${given}. Cast them with cast(x, '${dtype}').`,
    );
  if (shape.length !== size.length + 1 || size.some((side, axis) => side !== shape[axis + 1]))
    throw new ShapeError(
      `${caller}: expected states [n, ${size.join(', ')}], got [${shape.join(', ')}]. Put the chains on the first axis.`,
    );
}

/** The colour of every site of a checkerboard: 0 or 1 by the parity of the sum of its coordinates, row by row. */
export function checkerboardColours(size: readonly number[]): Int32Array {
  const strides = size.map((_, axis) => sitesOf(size.slice(axis + 1)));
  return Int32Array.from(
    { length: sitesOf(size) },
    (_, site) =>
      strides.reduce((sum, stride, axis) => sum + (Math.floor(site / stride) % (size[axis] as number)), 0) % 2,
  );
}

/** States moved on by one site along an axis of a periodic lattice: entry `i` of the result is entry `i + by` of `x`. */
export function shifted(x: Tensor, axis: number, by: 1 | -1): Tensor {
  const side = x.shape[axis] as number;
  const from = (begin: number, count: number): Tensor =>
    slice(
      x,
      x.shape.map((_, a) => (a === axis ? begin : 0)),
      x.shape.map((length, a) => (a === axis ? count : length)),
    );
  return by === 1
    ? concat([from(1, side - 1), from(0, 1)], axis)
    : concat([from(side - 1, 1), from(0, side - 1)], axis);
}

/**
 * The neighbours of every site of a periodic lattice, `[sites, 2 d]` row by row: entry `2 a` is the next site along axis `a` and entry `2 a + 1`
 * the one before. Entries `2 a` of all sites are all bonds, each once. On a side of 2 both neighbours are one site, joined by two bonds.
 */
export function neighboursOf(size: readonly number[]): Int32Array {
  const [sites, degree] = [sitesOf(size), 2 * size.length];
  const neighbours = new Int32Array(sites * degree);
  let stride = sites;
  size.forEach((side, axis) => {
    stride /= side;
    for (let site = 0; site < sites; site++) {
      const place = Math.floor(site / stride) % side;
      neighbours[site * degree + 2 * axis] = site + (place === side - 1 ? 1 - side : 1) * stride;
      neighbours[site * degree + 2 * axis + 1] = site + (place === 0 ? side - 1 : -1) * stride;
    }
  });
  return neighbours;
}
