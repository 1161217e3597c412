/** Number of lags that a level follows, from 0; a power of two, so that places in a ring are found by a mask. */
export const LAGS = 8;

/** Running products at few lags of block means of one length: one level of a multiple-tau correlator. */
export interface LagLevel {
  /** Number of block means seen. */
  readonly seen: number;
  /** The last 8 block means of each series, as a ring, `[series, 8]`. */
  readonly recent: Float64Array;
  /** The first 8 block means of each series, `[series, 8]`. */
  readonly first: Float64Array;
  /** Sum of the block means of each series. */
  readonly sums: Float64Array;
  /** Sum over chains and blocks of the products at lags 0 to 7, `[size, 8]`. */
  readonly products: Float64Array;
  /** The last block mean of each series, or the mean of the last two when their number is even. */
  readonly pair: Float64Array;
}

/** A level that block means are still added to. */
export type OpenLevel = { -readonly [Field in keyof LagLevel]: LagLevel[Field] };

/**
 * A level that has seen nothing.
 *
 * @param chains - number of chains
 * @param size - number of components of the draw of each chain
 * @returns the level
 */
export function emptyLevel(chains: number, size: number): OpenLevel {
  const series = chains * size;
  return {
    seen: 0,
    recent: new Float64Array(series * LAGS),
    first: new Float64Array(series * LAGS),
    sums: new Float64Array(series),
    products: new Float64Array(size * LAGS),
    pair: new Float64Array(series),
  };
}

/**
 * Adds the block mean of every series to a level. Cost: 8 products per series.
 *
 * @param level - the level, changed in place
 * @param values - one block mean of every series, `[chains, size]`
 * @returns true when `pair` now holds the mean of two block means, which the next level takes
 */
export function addToLevel(level: OpenLevel, values: Float64Array): boolean {
  const { first, sums, products, pair, seen } = level;
  const complete = seen % 2 === 1;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    sums[i] = (sums[i] as number) + value;
    pair[i] = complete ? ((pair[i] as number) + value) / 2 : value;
  }
  if (seen < LAGS) for (let i = 0; i < values.length; i++) first[i * LAGS + seen] = values[i] as number;
  addProducts(level.recent, products, values, seen % LAGS);
  level.seen = seen + 1;
  return complete;
}

/** Puts the values in their place of each ring and adds their products; the lags are written out, which halves the time. */
function addProducts(recent: Float64Array, products: Float64Array, values: Float64Array, slot: number): void {
  const size = products.length / LAGS;
  const place = (lag: number) => (slot - lag) & (LAGS - 1);
  const [a, b, c, d, e, f, g] = [place(1), place(2), place(3), place(4), place(5), place(6), place(7)];
  for (let start = 0; start < values.length; start += size) {
    for (let component = 0; component < size; component++) {
      const value = values[start + component] as number;
      const ring = (start + component) * LAGS;
      const row = component * LAGS;
      recent[ring + slot] = value;
      products[row] = (products[row] as number) + value * value;
      products[row + 1] = (products[row + 1] as number) + value * (recent[ring + a] as number);
      products[row + 2] = (products[row + 2] as number) + value * (recent[ring + b] as number);
      products[row + 3] = (products[row + 3] as number) + value * (recent[ring + c] as number);
      products[row + 4] = (products[row + 4] as number) + value * (recent[ring + d] as number);
      products[row + 5] = (products[row + 5] as number) + value * (recent[ring + e] as number);
      products[row + 6] = (products[row + 6] as number) + value * (recent[ring + f] as number);
      products[row + 7] = (products[row + 7] as number) + value * (recent[ring + g] as number);
    }
  }
}

/**
 * The autocovariance of one component at the lags of a level, equal to that of the whole series.
 *
 * With the sum of products $`P_j`$ at lag `j`, and `m` the mean of a chain of `n` block means, the centred sum is
 * $`P_j - m \left( \sum_{i \le n - j} x_i + \sum_{i > j} x_i \right) + (n - j) m^2`$.
 *
 * @param level - a level that has seen at least 8 block means
 * @param component - index of the component
 * @returns the mean over chains of the autocovariance at lags 0 to 7, each chain centred at its own mean, with divisor `n`
 */
export function levelCovariance(level: LagLevel, component: number): Float64Array {
  const size = level.products.length / LAGS;
  const chains = level.sums.length / size;
  const covariance = level.products.slice(component * LAGS, (component + 1) * LAGS);
  for (let chain = 0; chain < chains; chain++) {
    const series = chain * size + component;
    const sum = level.sums[series] as number;
    const mean = sum / level.seen;
    let ends = 0;
    for (let lag = 0; lag < LAGS; lag++) {
      if (lag > 0) {
        const last = (level.seen - lag) & (LAGS - 1);
        ends += (level.first[series * LAGS + lag - 1] as number) + (level.recent[series * LAGS + last] as number);
      }
      covariance[lag] = (covariance[lag] as number) - mean * (2 * sum - ends) + (level.seen - lag) * mean * mean;
    }
  }
  return covariance.map((total) => total / (chains * level.seen));
}
