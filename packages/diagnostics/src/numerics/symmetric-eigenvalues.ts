/**
 * Reduces a symmetric matrix to tridiagonal form by Householder reflections, from the last row up.
 *
 * Reference: Martin, Reinsch and Wilkinson 1968, doi:10.1007/BF02161362.
 *
 * @param a - the matrix, row-major `[n, n]`, of which the lower triangle is read; overwritten
 * @param n - number of rows
 * @returns the diagonal, and below it the subdiagonal in places 1 to `n - 1`
 */
function tridiagonalise(a: Float64Array, n: number): { readonly diagonal: Float64Array; readonly below: Float64Array } {
  const diagonal = new Float64Array(n);
  const below = new Float64Array(n);
  const image = new Float64Array(n);
  for (let i = n - 1; i > 0; i--) {
    const row = a.subarray(i * n, i * n + i);
    const scale = row.reduce((sum, value) => sum + Math.abs(value), 0);
    if (i === 1 || scale === 0) {
      below[i] = row[i - 1] as number;
      continue;
    }
    let square = 0;
    for (let k = 0; k < i; k++) {
      row[k] = (row[k] as number) / scale;
      square += (row[k] as number) ** 2;
    }
    const last = row[i - 1] as number;
    const signed = last > 0 ? -Math.sqrt(square) : Math.sqrt(square);
    below[i] = scale * signed;
    row[i - 1] = last - signed;
    reflect(a, n, i, row, square - last * signed, image);
  }
  for (let i = 0; i < n; i++) diagonal[i] = a[i * n + i] as number;
  return { diagonal, below };
}

/** Applies the reflection with vector `row`, of half squared length `half`, to the leading `i` rows from both sides. */
function reflect(a: Float64Array, n: number, i: number, row: Float64Array, half: number, image: Float64Array): void {
  image.fill(0, 0, i);
  for (let j = 0; j < i; j++) {
    const weight = row[j] as number;
    let sum = (a[j * n + j] as number) * weight;
    for (let k = 0; k < j; k++) {
      const entry = a[j * n + k] as number;
      sum += entry * (row[k] as number);
      image[k] = (image[k] as number) + entry * weight;
    }
    image[j] = (image[j] as number) + sum;
  }
  let overlap = 0;
  for (let j = 0; j < i; j++) {
    image[j] = (image[j] as number) / half;
    overlap += (image[j] as number) * (row[j] as number);
  }
  for (let j = 0; j < i; j++) image[j] = (image[j] as number) - (overlap / (2 * half)) * (row[j] as number);
  for (let j = 0; j < i; j++) {
    const f = row[j] as number;
    const g = image[j] as number;
    for (let k = 0; k <= j; k++) {
      a[j * n + k] = (a[j * n + k] as number) - f * (image[k] as number) - g * (row[k] as number);
    }
  }
}

/**
 * The eigenvalues of a symmetric matrix.
 *
 * Householder tridiagonalisation, then the QL algorithm with implicit shifts (Bowdler, Martin, Reinsch and Wilkinson 1968,
 * doi:10.1007/BF02166681). Cost: $`\frac43 n^3`$ multiplications.
 *
 * @param matrix - row-major `[n, n]`, of which the lower triangle is read
 * @param n - number of rows
 * @returns the eigenvalues in increasing order; NaN when an entry is not finite
 */
export function symmetricEigenvalues(matrix: Float64Array, n: number): Float64Array {
  if (!matrix.every((value) => Number.isFinite(value))) return new Float64Array(n).fill(Number.NaN);
  const { diagonal: d, below } = tridiagonalise(matrix.slice(), n);
  const e = new Float64Array(n);
  e.set(below.subarray(1));
  for (let first = 0; first < n; first++) {
    for (let last = split(d, e, first); last > first; last = split(d, e, first)) sweep(d, e, first, last);
  }
  return d.sort();
}

/** The first place from `first` on after which the off-diagonal entry is negligible. */
function split(d: Float64Array, e: Float64Array, first: number): number {
  let last = first;
  for (; last < d.length - 1; last++) {
    const size = Math.abs(d[last] as number) + Math.abs(d[last + 1] as number);
    if (Math.abs(e[last] as number) <= Number.EPSILON * size) break;
  }
  return last;
}

/** One implicit QL sweep over the block from `first` to `last`. */
function sweep(d: Float64Array, e: Float64Array, first: number, last: number): void {
  const ratio = ((d[first + 1] as number) - (d[first] as number)) / (2 * (e[first] as number));
  const root = Math.hypot(ratio, 1);
  const shift = (e[first] as number) / (ratio + (ratio >= 0 ? root : -root));
  let g = (d[last] as number) - (d[first] as number) + shift;
  let sine = 1;
  let cosine = 1;
  let moved = 0;
  for (let i = last - 1; i >= first; i--) {
    const f = sine * (e[i] as number);
    const b = cosine * (e[i] as number);
    const length = Math.hypot(f, g);
    e[i + 1] = length;
    if (length === 0) {
      d[i + 1] = (d[i + 1] as number) - moved;
      e[last] = 0;
      return;
    }
    sine = f / length;
    cosine = g / length;
    g = (d[i + 1] as number) - moved;
    const r = ((d[i] as number) - g) * sine + 2 * cosine * b;
    moved = sine * r;
    d[i + 1] = g + moved;
    g = cosine * r - b;
  }
  d[first] = (d[first] as number) - moved;
  e[first] = g;
  e[last] = 0;
}
