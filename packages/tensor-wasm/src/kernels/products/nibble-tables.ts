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
const groupsInCache = 20;

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
  return module.once(`product: table ${vectors},${terms},${bRow}`, () =>
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

/**
 * The function that adds one table entry per group to each row of the result, `(codes, tables, c, groups, accumulate)`. Several
 * rows at a time would be slower.
 */
function entryAdder(module: ModuleBuilder, product: NibbleProduct): FunctionReference {
  const { rows, layout, columns, cRow } = product;
  const vectors = Math.ceil(columns / 4);
  const name = `product: entries ${rows},${layout.rowStep},${layout.groupStep},${columns},${cRow}`;
  return module.once(name, () =>
    module.function(['i32', 'i32', 'i32', 'i32', 'i32'], undefined, (f) => {
      const [codes, c] = [f.parameter(0), f.parameter(2)];
      const [tables, groups, accumulate] = [f.parameter(1), f.parameter(3), f.parameter(4)];
      const sums = Array.from({ length: vectors }, () => f.local('v128'));
      const each = (visit: (sum: Local<'v128'>, j: number) => void): void => {
        sums.forEach(visit);
      };
      const [code, table, entry] = [f.local('i32'), f.local('i32'), f.local('i32')];
      const end = f.let(at(tables, groups, tableBytes));
      f.for(int(0), int(rows), 1, () => {
        f.if(
          accumulate,
          () => each((sum, j) => f.set(sum, v128.load(c, 16 * j))),
          () => each((sum) => f.set(sum, f.f32x4(0))),
        );
        f.set(code, codes);
        f.set(table, tables);
        f.doWhile(
          () => {
            f.set(entry, i32.add(table, i32.load16u(code)));
            each((sum, j) => f.set(sum, f32x4.add(sum, v128.load(entry, 16 * j))));
            f.increase(code, layout.groupStep);
            f.increase(table, tableBytes);
          },
          () => i32.ne(table, end),
        );
        each((sum, j) => storeLanes(f, c, sum, Math.min(4, columns - 4 * j), 16 * j));
        f.increase(codes, layout.rowStep);
        f.increase(c, cRow);
      });
    }),
  );
}

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
  const { depth, layout, columns, bRow } = product;
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
    f.callVoid(entryAdder(module, product), [
      at(codes, first, layout.groupStep),
      tables,
      c,
      i32.sub(last, first),
      first,
    ]);
  });
}
