import { reshape, type Shape, ShapeError, type Tensor } from '@ebmkit/tensor';

/** Where the numbers of each node or interaction stand in one tensor of parameters. */
export interface ParameterRows {
  /**
   * The shape of the tensor: `[rows]` of single numbers or `[rows, ...table]` where all rows are alike, else one axis on which they stand
   * one after the other.
   */
  readonly shape: Shape;
  /** The place of the first number of each row. */
  readonly offsets: readonly number[];
  /** The shape of each row; `[]` for one number. */
  readonly tables: readonly Shape[];
}

const sizeOf = (shape: Shape): number => shape.reduce((a, b) => a * b, 1);

/** Lays out rows of given shapes. */
export function layRows(tables: readonly Shape[]): ParameterRows {
  const offsets: number[] = [];
  let size = 0;
  for (const table of tables) {
    offsets.push(size);
    size += sizeOf(table);
  }
  const [first = []] = tables;
  const alike = tables.every((table) => table.length === first.length && table.every((n, axis) => n === first[axis]));
  return { shape: alike ? [tables.length, ...first] : [size], offsets, tables };
}

/** Throws unless a tensor of parameters has the shape of the rows. */
export function checkRows(where: string, { shape }: ParameterRows, parameters: Tensor): void {
  if (parameters.shape.join() !== shape.join())
    throw new ShapeError(
      `${where}: expected [${shape.join(', ')}], got [${parameters.shape.join(', ')}]. Make parameters with init().`,
    );
}

/** A tensor of parameters as one axis; throws unless it has the shape of the rows. */
export function flatRows(where: string, rows: ParameterRows, parameters: Tensor): Tensor {
  checkRows(where, rows, parameters);
  return reshape(parameters, [sizeOf(rows.shape)]);
}
