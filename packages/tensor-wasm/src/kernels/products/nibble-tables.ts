import type { I32, Local, V128 } from '../../assembler/expression.js';
import type { FunctionBuilder, FunctionReference } from '../../assembler/function-builder.js';
import type { ModuleBuilder } from '../../assembler/module-builder.js';
import { i32, int } from '../../assembler/scalar.js';
import { f32x4, v128 } from '../../assembler/vector.js';
import { type CodeLayout, entryBytes } from './bit-codes.js';
import { at, smaller, storeLanes } from './phases.js';

/** Columns of a table. */
export const tableColumns = entryBytes / 4;
const tableBytes = 16 * entryBytes;
/** Groups whose tables stay in the first cache. */
const groupsInCache = 28;

/** Bytes of memory for tables that one call needs. */
export const tablesBytes = groupsInCache * tableBytes;

/** Sums of picked rows of a matrix by tables of all sums of four rows, for a strip of at most `tableColumns` columns. */
export interface NibbleProduct {
  /** How many sums. */
  readonly rows: number;
  /** How many terms. */
  readonly depth: number;
  /** Where the codes lie. */
  readonly layout: CodeLayout;
  /** Columns of the strip. */
  readonly columns: number;
  /** Bytes from one row of the matrix to the next. */
  readonly bRow: number;
  /** Bytes from one row of the result to the next. */
  readonly cRow: number;
}

/** The function that writes the table of one group of terms, `(b, table)`: missing terms count as zero. */
function tableWriter(module: ModuleBuilder, vectors: number, terms: number, bRow: number): FunctionReference {
  return module.once(`table ${vectors},${terms},${bRow}`, () =>
    module.function(['i32', 'i32'], undefined, (f) => {
      const [b, table] = [f.parameter(0), f.parameter(1)];
      for (let j = 0; j < vectors; j++) {
        const rows = Array.from({ length: terms }, (_, term) => f.let(v128.load(b, term * bRow + 16 * j)));
        const pairs = (two: readonly V128[]): V128[] => {
          const [x, y] = two;
          if (!x) return [];
          return y ? [x, y, f.let(f32x4.add(x, y))] : [x];
        };
        const [low, high] = [pairs(rows.slice(0, 2)), pairs(rows.slice(2))];
        const store = (entry: number, value: V128): void => f.store(table, value, entry * entryBytes + 16 * j);
        store(0, f.f32x4(0));
        low.forEach((x, i) => {
          store(i + 1, x);
        });
        high.forEach((y, h) => {
          store(4 * (h + 1), y);
          low.forEach((x, i) => {
            store(4 * (h + 1) + i + 1, f32x4.add(x, y));
          });
        });
      }
    }),
  );
}

/** The function that adds table entries to some rows of the result, `(codes, tables, c, groups, rows, accumulate)`. */
function entryAdder(module: ModuleBuilder, product: NibbleProduct, together: number): FunctionReference {
  const { layout, columns, cRow } = product;
  const vectors = Math.ceil(columns / 4);
  return module.once(`entries ${together},${layout.rowStep},${layout.groupStep},${columns},${cRow}`, () =>
    module.function(['i32', 'i32', 'i32', 'i32', 'i32', 'i32'], undefined, (f) => {
      const [codes, tables, c, groups, rows, accumulate] = [0, 1, 2, 3, 4, 5].map(f.parameter) as unknown as [
        Local<'i32'>,
        I32,
        Local<'i32'>,
        I32,
        Local<'i32'>,
        I32,
      ];
      const sums = Array.from({ length: together }, () => Array.from({ length: vectors }, () => f.local('v128')));
      const [code, table] = [f.local('i32'), f.local('i32')];
      const entries = sums.map(() => f.local('i32'));
      const end = f.let(at(tables, groups, tableBytes));
      const everySum = (visit: (sum: Local<'v128'>, row: number, vector: number) => void): void =>
        sums.forEach((row, i) => {
          row.forEach((sum, j) => {
            visit(sum, i, j);
          });
        });
      f.doWhile(
        () => {
          f.if(
            accumulate,
            () => everySum((sum, i, j) => f.set(sum, v128.load(c, i * cRow + 16 * j))),
            () => everySum((sum) => f.set(sum, f.f32x4(0))),
          );
          f.set(code, codes);
          f.set(table, tables);
          f.doWhile(
            () => {
              entries.forEach((entry, i) => {
                f.set(entry, i32.add(table, i32.load16u(code, i * layout.rowStep)));
              });
              everySum((sum, i, j) => f.set(sum, f32x4.add(sum, v128.load(entries[i] as I32, 16 * j))));
              f.increase(code, layout.groupStep);
              f.increase(table, tableBytes);
            },
            () => i32.ne(table, end),
          );
          everySum((sum, i, j) => storeLanes(f, c, sum, Math.min(4, columns - 4 * j), i * cRow + 16 * j));
          f.increase(codes, together * layout.rowStep);
          f.increase(c, together * cRow);
          f.increase(rows, -1);
        },
        () => rows,
      );
    }),
  );
}

/** Rows that are summed at the same time. */
const together = 2;

/** Multiplies codes with a strip of columns: `b` and `c` are its places in the matrix and in the result. */
export function multiplyByTables(
  f: FunctionBuilder,
  module: ModuleBuilder,
  product: NibbleProduct,
  codes: I32,
  b: I32,
  c: I32,
  tables: I32,
): void {
  const { rows, depth, layout, columns, bRow, cRow } = product;
  const vectors = Math.ceil(columns / 4);
  const { groups } = layout;
  const step = Math.ceil(groups / Math.ceil(groups / groupsInCache));
  f.for(int(0), int(groups), step, (first) => {
    const wanted = f.let(i32.add(first, int(step)));
    const last = f.let(smaller(wanted, int(groups)));
    const from = f.let(at(b, first, 4 * bRow));
    const table = f.let(tables);
    const wholeEnd = Math.floor(depth / 4);
    const whole = f.let(smaller(last, int(wholeEnd)));
    f.for(first, whole, 1, () => {
      f.callVoid(tableWriter(module, vectors, 4, bRow), [from, table]);
      f.increase(from, 4 * bRow);
      f.increase(table, tableBytes);
    });
    if (depth % 4 > 0)
      f.if(i32.eq(last, int(groups)), () => f.callVoid(tableWriter(module, vectors, depth % 4, bRow), [from, table]));
    const count = f.let(i32.sub(last, first));
    const start = f.let(at(codes, first, layout.groupStep));
    const add = (skipped: number, by: number, times: number): void => {
      if (times > 0)
        f.callVoid(entryAdder(module, product, by), [
          i32.add(start, int(skipped * layout.rowStep)),
          tables,
          i32.add(c, int(skipped * cRow)),
          count,
          int(times),
          first,
        ]);
    };
    add(0, together, Math.floor(rows / together));
    add(rows - (rows % together), 1, rows % together);
  });
}
