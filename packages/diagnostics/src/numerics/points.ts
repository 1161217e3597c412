/** Points of a space as double-precision rows laid end to end. */
export interface Points {
  /** The coordinates, row-major, of shape `[count, dimension]`. */
  readonly values: Float64Array;
  /** Number of points. */
  readonly count: number;
  /** Number of coordinates of each point. */
  readonly dimension: number;
}

/**
 * Copies a flat row-major array to double precision and refuses what is not a set of points.
 *
 * @param where - name of the calling function, which starts the error message
 * @param name - name of the argument
 * @param values - the flat array, of shape `[count, dimension]`
 * @param dimension - number of coordinates of each point
 * @param fewest - the number of points that the function needs
 * @returns the points
 * @throws TypeError when `values` is not an array of numbers
 * @throws RangeError when the dimension is not a positive whole number, does not divide the length, or there are too few
 */
export function readPoints(
  where: string,
  name: string,
  values: ArrayLike<number>,
  dimension: number,
  fewest = 1,
): Points {
  const given: unknown = values;
  const isArray = Array.isArray(given) || (ArrayBuffer.isView(given) && !(given instanceof DataView));
  if (!isArray || typeof (values[0] ?? 0) !== 'number') {
    throw new TypeError(
      `${where}: expected ${name} to be a flat array of numbers, row-major [count, dimension], ` +
        `got ${Array.isArray(given) ? 'an array of other things' : typeof given}. Lay the rows end to end, as with rows.flat().`,
    );
  }
  if (!Number.isInteger(dimension) || dimension < 1) {
    throw new RangeError(
      `${where}: expected a dimension that is a positive whole number, got ${dimension}. ` +
        'Give the number of coordinates of one point; 1 for plain numbers.',
    );
  }
  const count = values.length / dimension;
  if (!Number.isInteger(count) || count < fewest) {
    throw new RangeError(
      `${where}: expected ${name} to hold at least ${fewest} points of dimension ${dimension}, ` +
        `got ${values.length} numbers. Pass a flat array of shape [count, ${dimension}].`,
    );
  }
  return { values: new Float64Array(values), count, dimension };
}

/**
 * Lays two sets of points end to end.
 *
 * @param first - points
 * @param second - points of the same dimension
 * @returns all points, those of `first` before those of `second`
 */
export function joinPoints(first: Points, second: Points): Points {
  const values = new Float64Array(first.values.length + second.values.length);
  values.set(first.values);
  values.set(second.values, first.values.length);
  return { values, count: first.count + second.count, dimension: first.dimension };
}

/**
 * The squared Euclidean distance of two points.
 *
 * @param a - points
 * @param i - index of a point of `a`
 * @param b - points of the same dimension
 * @param j - index of a point of `b`
 * @returns the sum of the squared differences of coordinates
 */
export function squaredDistance(a: Points, i: number, b: Points, j: number): number {
  const { dimension } = a;
  const from = i * dimension;
  const to = j * dimension;
  let sum = 0;
  for (let axis = 0; axis < dimension; axis++) {
    const difference = (a.values[from + axis] as number) - (b.values[to + axis] as number);
    sum += difference * difference;
  }
  return sum;
}

/**
 * Whether all coordinates are finite.
 *
 * @param points - the points to judge
 * @returns false when one coordinate is NaN or infinite
 */
export function allFinite(points: Points): boolean {
  return points.values.every((value) => Number.isFinite(value));
}
