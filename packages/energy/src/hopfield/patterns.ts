import { EbmError, type Tensor, tensor } from '@ebmkit/tensor';

/** Stored patterns: as many rows as patterns, of as many numbers as units. */
export interface Patterns {
  /** How many patterns $`K`$. */
  readonly count: number;
  /** How many units $`N`$. */
  readonly size: number;
  /** The patterns, row after row. */
  readonly values: Float64Array;
  /** The same as a tensor `[K, N]`, made anew. */
  readonly upload: () => Tensor;
}

/** Patterns of any numbers, checked: at least one, of equal lengths, finite. */
export function checkedPatterns(where: string, rows: readonly ArrayLike<number>[]): Patterns {
  const size = rows[0]?.length ?? 0;
  if (size === 0 || rows.some((row) => row.length !== size))
    throw new EbmError(
      'argument',
      `${where}: expected at least one pattern, all of one length, got lengths [${rows.map((row) => row.length).join(', ')}]. Give one array for each pattern.`,
    );
  const values = Float64Array.from(rows.flatMap((row) => Array.from(row)));
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0)
    throw new EbmError(
      'argument',
      `${where}: expected finite numbers, got ${values[bad]} in pattern ${Math.floor(bad / size)}. Remove or replace it.`,
    );
  return { count: rows.length, size, values, upload: () => tensor(values, [rows.length, size]) };
}

/** Patterns of −1 and 1, checked. */
export function checkedSpins(where: string, rows: readonly ArrayLike<number>[]): Patterns {
  const patterns = checkedPatterns(where, rows);
  const bad = patterns.values.findIndex((value) => value !== 1 && value !== -1);
  if (bad >= 0)
    throw new EbmError(
      'argument',
      `${where}: expected patterns of -1 and 1, got ${patterns.values[bad]} in pattern ${Math.floor(bad / patterns.size)}. Write bits b as 2 b - 1.`,
    );
  return patterns;
}
