import type { I32, Local } from '../../assembler/expression.js';
import type { FunctionBuilder, FunctionReference } from '../../assembler/function-builder.js';
import type { ModuleBuilder } from '../../assembler/module-builder.js';
import { i32, int } from '../../assembler/scalar.js';
import { f32x4, i32x4, v128 } from '../../assembler/vector.js';
import { type CodeLayout, entryBytes } from './bit-codes.js';
import { at, roundUp, smaller, storeLanes } from './phases.js';

/** Terms whose rows stay in the first cache. */
const termsInCache = 128;

/** The lists of the rows that each sum picks, as offsets in bytes, in blocks of terms. */
export interface PickLists {
  /** How many sums. */
  readonly rows: number;
  /** Where the codes lie. */
  readonly layout: CodeLayout;
  /** Bytes from one row of the matrix to the next. */
  readonly bRow: number;
}

/** How the lists lie in memory: first the ends of the blocks of a sum, then its list. */
function listLayout({ layout }: PickLists) {
  const blocks = Math.ceil((4 * layout.groups) / termsInCache);
  const groupsOfBlock = Math.ceil(layout.groups / blocks);
  const list = roundUp(4 * blocks, 16);
  return { blocks, groupsOfBlock, list, bytes: roundUp(list + 16 * layout.groups + 16, 64) };
}

/** Bytes of all lists. */
export function listsBytes(lists: PickLists): number {
  return lists.rows * listLayout(lists).bytes;
}

/** Bytes of the table from which lists are made. */
export const pickTableBytes = 256;

/** Writes that table: for each code, which of four rows it picks, one after the other. */
export function writePickTable(f: FunctionBuilder, table: I32, bRow: number): void {
  for (let code = 1; code < 16; code++) {
    const picked = [0, 1, 2, 3].filter((bit) => (code >> bit) & 1);
    picked.forEach((bit, i) => {
      f.storeI32(table, int(bit * bRow), 16 * code + 4 * i);
    });
  }
}

/** The function that makes the list of one sum, `(codes, list, table)`. */
export function listWriter(module: ModuleBuilder, lists: PickLists): FunctionReference {
  const { layout, bRow } = lists;
  const { groupsOfBlock, list } = listLayout(lists);
  const bit = Math.log2(entryBytes);
  return module.once(`product: list ${layout.groups},${layout.groupStep},${bRow}`, () =>
    module.function(['i32', 'i32', 'i32'], undefined, (f) => {
      const [codes, target, table] = [f.parameter(0), f.parameter(1), f.parameter(2)];
      const end = f.let(target);
      const to = f.let(i32.add(target, int(list)));
      const offset = f.let(int(0));
      const code = f.local('i32');
      f.for(int(0), int(layout.groups), groupsOfBlock, (first) => {
        const wanted = f.let(i32.add(first, int(groupsOfBlock)));
        f.for(first, smaller(wanted, int(layout.groups)), 1, () => {
          f.set(code, i32.shrU(i32.load16u(codes), int(bit)));
          f.store(to, i32x4.add(v128.load(at(table, code, 16)), i32x4.splat(offset)));
          f.set(to, at(to, i32.popcnt(code), 4));
          f.set(offset, i32.add(offset, int(4 * bRow)));
          f.increase(codes, layout.groupStep);
        });
        f.storeI32(end, to);
        f.increase(end, 4);
      });
    }),
  );
}

/** The address of the list of a sum. */
export function listOf(lists: PickLists, place: I32, row: I32): I32 {
  return at(place, row, listLayout(lists).bytes);
}

/** The function that adds the picked rows for a strip of columns, `(lists, b, c)`. */
export function rowAdder(module: ModuleBuilder, lists: PickLists, columns: number, cRow: number): FunctionReference {
  const { rows, layout, bRow } = lists;
  const { blocks, bytes, list } = listLayout(lists);
  const vectors = Math.ceil(columns / 4);
  const strip = module.once(`product: picked strip ${columns},${cRow},${layout.groups},${rows}`, () =>
    module.function(['i32', 'i32', 'i32', 'i32'], undefined, (f) => {
      const [place, b, c, block] = [f.parameter(0), f.parameter(1), f.parameter(2), f.parameter(3)];
      const sums = Array.from({ length: vectors }, () => f.local('v128'));
      const [pick, end, row] = [f.local('i32'), f.local('i32'), f.local('i32')];
      const each = (visit: (sum: Local<'v128'>, j: number) => void): void => {
        sums.forEach(visit);
      };
      f.for(int(0), int(rows), 1, () => {
        f.set(end, i32.load(at(place, block, 4)));
        f.if(
          block,
          () => {
            f.set(pick, i32.load(at(i32.sub(place, int(4)), block, 4)));
            each((sum, j) => f.set(sum, v128.load(c, 16 * j)));
          },
          () => {
            f.set(pick, i32.add(place, int(list)));
            each((sum) => f.set(sum, f.f32x4(0)));
          },
        );
        f.while(i32.ne(pick, end), () => {
          f.set(row, i32.add(b, i32.load(pick)));
          each((sum, j) => f.set(sum, f32x4.add(sum, v128.load(row, 16 * j))));
          f.increase(pick, 4);
        });
        each((sum, j) => storeLanes(f, c, sum, Math.min(4, columns - 4 * j), 16 * j));
        f.increase(place, bytes);
        f.increase(c, cRow);
      });
    }),
  );
  return module.once(`product: picked ${columns},${cRow},${layout.groups},${rows},${bRow}`, () =>
    module.function(['i32', 'i32', 'i32'], undefined, (f) => {
      f.for(int(0), int(blocks), 1, (block) => f.callVoid(strip, [...f.parameters, block]));
    }),
  );
}
