import type { I32 } from '../../assembler/expression.js';
import { i32, int } from '../../assembler/scalar.js';
import type { Phase, StepKernel } from '../step-kernel.js';
import { type BitMatrix, codeLayout, forRows, isSparse, rowsOfCodes, writeCodes } from './bit-codes.js';
import type { ProductShape } from './float-product.js';
import { multiplyByTables, tableColumns, tablesBytes } from './nibble-tables.js';
import { at, factor, makeScratch, type Place, phase, result, type Scratch } from './phases.js';
import {
  listOf,
  listsBytes,
  listWriter,
  type PickLists,
  pickTableBytes,
  rowAdder,
  writePickTable,
} from './picked-rows.js';

/** Columns of one unit of work. */
const stripColumns = 3 * tableColumns;

/** Sums for which there is scratch memory at a time. */
const rowsAtOnce = 8192;

/** Whether picking rows pays for a product of a bool and a float32 matrix. */
export function isWorthPicking({ batches, m, k, n }: Pick<ProductShape, 'batches' | 'm' | 'k' | 'n'>): boolean {
  return batches === 1 && m >= 8 && n >= 8 && k >= 16;
}

/** Whether a transposed second factor of this shape is to be written the other way round, since its rows are picked. */
export function picksRows([m = 0, n = 0, ...more]: readonly number[], [, k = 0]: readonly number[]): boolean {
  return more.length === 0 && isWorthPicking({ batches: 1, m, k, n });
}

/** Up to which part of ones lists of picked rows are faster than tables: tables are paid for by the sums that share them. */
function sparseBelow(m: number): number {
  return m < 16 ? 2 : 0.24 + 4 / m;
}

/**
 * The phases of a product of a bool and a float32 matrix that is not transposed. Rows that no bit picks are not read. Few ones: the picked rows are
 * added one by one. Many: for each four rows, a table of all their sums, of which each sum takes one entry ("four Russians").
 */
function boolPhases(shape: ProductShape, a: Place, b: Place, to: Place, scratch: Scratch): Phase[] {
  const { m, k, n, transposeA } = shape;
  const matrix: BitMatrix = { rows: m, depth: k, transposed: transposeA };
  const layout = codeLayout(matrix);
  const bRow = 4 * n;
  const lists: PickLists = { rows: m, layout, bRow };
  const strips = Math.ceil(n / stripColumns);
  const [flag, pickTable, codes] = [scratch.take(4), scratch.take(pickTableBytes), scratch.take(layout.bytes)];
  const listPlace = scratch.take(listsBytes(lists));
  const tables = scratch.take(strips * tablesBytes);
  const codeBlocks = Math.ceil(m / rowsOfCodes);

  const judge = phase(1, (m * k) / 32, (f) => {
    f.storeI32(flag(f), isSparse(f, f.let(a(f)), m * k, sparseBelow(m)));
    writePickTable(f, f.let(pickTable(f)), bRow);
  });
  const prepare = phase(codeBlocks, (m * k) / 8, (f, module, begin, end) => {
    const [source, target, sparse] = [f.let(a(f)), f.let(codes(f)), f.let(i32.load(flag(f)))];
    const [picks, listed] = [f.let(pickTable(f)), f.let(listPlace(f))];
    f.for(begin, end, 1, (unit) => {
      writeCodes(f, module, matrix, source, target, unit);
      f.if(sparse, () =>
        forRows(f, m, unit, (row) =>
          f.callVoid(listWriter(module, lists), [at(target, row, layout.rowStep), listOf(lists, listed, row), picks]),
        ),
      );
    });
  });
  const multiply = phase(strips, (m * k * n) / 40, (f, module, begin, end) => {
    const [encoded, right, target, listed] = [f.let(codes(f)), f.let(b(f)), f.let(to(f)), f.let(listPlace(f))];
    const memory = f.let(at(tables(f), begin, tablesBytes));
    const rest = n - (strips - 1) * stripColumns;
    const strip = (unit: I32, columns: number): void => {
      const from = f.let(at(right, unit, 4 * stripColumns));
      const to = f.let(at(target, unit, 4 * stripColumns));
      f.if(
        i32.load(flag(f)),
        () => f.callVoid(rowAdder(module, lists, columns, 4 * n), [listed, from, to]),
        () => {
          for (let column = 0; column < columns; column += tableColumns) {
            const some = Math.min(tableColumns, columns - column);
            const product = { rows: m, depth: k, layout, columns: some, bRow, cRow: 4 * n };
            const [b0, c0] = [i32.add(from, int(4 * column)), i32.add(to, int(4 * column))];
            multiplyByTables(f, module, product, encoded, b0, c0, memory);
          }
        },
      );
    };
    f.for(begin, end, 1, (unit) => {
      if (rest === stripColumns || strips === 1) strip(unit, rest);
      else
        f.if(
          i32.eq(unit, int(strips - 1)),
          () => strip(unit, rest),
          () => strip(unit, stripColumns),
        );
    });
  });
  return [judge, prepare, multiply];
}

/** The kernel of a product of a bool and a float32 matrix. Very many rows are dealt with one part after the other. */
export function boolProduct(shape: ProductShape): StepKernel {
  const { m, k, n, transposeA } = shape;
  const rows = transposeA ? m : rowsAtOnce;
  const shifted =
    (place: Place, bytes: number): Place =>
    (f) =>
      i32.add(place(f), int(bytes));
  const parts = Array.from({ length: Math.ceil(m / rows) }, (_, part) => {
    const scratch = makeScratch();
    const first = part * rows;
    const some = { ...shape, m: Math.min(rows, m - first) };
    const [from, to] = [shifted(factor(0), first * k), shifted(result, 4 * first * n)];
    const phases = boolPhases(some, from, factor(1), to, scratch);
    return { scratch: scratch.bytes(), phases };
  });
  return {
    scratch: Math.max(...parts.map((part) => part.scratch)),
    phases: parts.flatMap((part) => part.phases),
  };
}
