import { div, equal, reshape, sqrt, square, sum, type Tensor, where } from '@ebmkit/tensor';

/** The length of each row, `[n, d]` to `[n]`, whose derivative at the origin is 0 instead of undefined. */
export function radius(rows: Tensor): Tensor {
  const squares = sum(square(rows), 1);
  const isOrigin = equal(squares, 0);
  return where(isOrigin, 0, sqrt(where(isOrigin, 1, squares)));
}

/** Each row divided by its length, `[n, d]`; 0 at the origin. */
export function direction(rows: Tensor): Tensor {
  const length = radius(rows);
  return div(rows, reshape(where(equal(length, 0), 1, length), [rows.shape[0] as number, 1]));
}
