import { drawableExtent, isDrawable } from './drawable-values.js';

/** Energies on a regular grid, checked: `columns` × `rows` values, row by row, the first row at the lowest y. */
export interface EnergyGrid {
  /** The energies, row by row from the lowest y. */
  readonly values: Float64Array;
  /** The number of grid points along x. */
  readonly columns: number;
  /** The number of grid points along y. */
  readonly rows: number;
  /** The smallest and the largest energy that can be drawn, `undefined` when there is none. */
  readonly extent: readonly [number, number] | undefined;
  /** How many energies are NaN, infinite or beyond 1e300. */
  readonly nonFinite: number;
}

/** Copies the rows of a grid into one array, or throws when they are ragged or too few. */
export function readEnergyGrid(energy: readonly ArrayLike<number>[]): EnergyGrid {
  const given: unknown = energy;
  if (!Array.isArray(given) || given.length < 2) {
    throw new RangeError(
      `energyLandscape: energy must be an array of at least 2 rows, got ${Array.isArray(given) ? given.length : typeof given}. Pass energy[row][column], the first row at the lowest y.`,
    );
  }
  const [rows, columns] = [energy.length, energy[0]?.length ?? 0];
  if (columns < 2)
    throw new RangeError(`energyLandscape: each row must have at least 2 energies, got ${columns}. Use a finer grid.`);
  const values = new Float64Array(rows * columns);
  energy.forEach((row: ArrayLike<number>, index) => {
    if (row?.length !== columns) {
      throw new RangeError(
        `energyLandscape: all rows must have ${columns} energies like row 0, row ${index} has ${row?.length}. Evaluate the energy on a full grid.`,
      );
    }
    values.set(row, index * columns);
  });
  const nonFinite = values.length - values.filter(isDrawable).length;
  return { values, columns, rows, extent: drawableExtent([values]), nonFinite };
}
