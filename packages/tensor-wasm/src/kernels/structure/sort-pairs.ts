import { type I32, type I64, type Local, operation } from '../../assembler/expression.js';
import type { FunctionBuilder, FunctionReference } from '../../assembler/function-builder.js';
import type { ModuleBuilder } from '../../assembler/module-builder.js';
import { choose, i32, i64, int } from '../../assembler/scalar.js';

/** Runs of this many are sorted by insertion before they are merged. */
const runLength = 8;

const less = (a: I64, b: I64): I32 => operation('i32', [0x53], [a, b]);

function lesser(f: FunctionBuilder, a: I32, b: I32): I32 {
  return f.let(choose(i32.ltU(a, b), a, b));
}

/** Sorts `from ≤ address < to` by insertion. */
function insertionSort(f: FunctionBuilder, from: I32, to: I32): void {
  const at = f.let(i32.add(from, int(8)));
  f.while(i32.ltU(at, to), () => {
    const value = f.let(i64.load(at));
    const hole = f.let(at);
    const moves = f.local('i32');
    const before = f.local('i64');
    const look = (): void => {
      f.set(moves, int(0));
      f.if(i32.gtU(hole, from), () => {
        f.set(before, i64.load(i32.sub(hole, int(8))));
        f.set(moves, less(value, before));
      });
    };
    look();
    f.while(moves, () => {
      f.storeI64(hole, before);
      f.increase(hole, -8);
      look();
    });
    f.storeI64(hole, value);
    f.increase(at, 8);
  });
}

/** Merges two neighbouring sorted runs into another place, without branches that depend on the numbers. */
function merge(f: FunctionBuilder, begin: I32, middle: I32, end: I32, target: I32): void {
  const [left, right, to] = [f.let(begin), f.let(middle), f.let(target)];
  f.while(i32.and(i32.ltU(left, middle), i32.ltU(right, end)), () => {
    const [a, b] = [f.let(i64.load(left)), f.let(i64.load(right))];
    const second = f.let(less(b, a));
    f.storeI64(to, choose(second, b, a));
    const bytes = f.let(i32.shl(second, int(3)));
    f.set(right, i32.add(right, bytes));
    f.set(left, i32.add(left, i32.sub(int(8), bytes)));
    f.increase(to, 8);
  });
  const rest = (from: Local<'i32'>, stop: I32): void =>
    f.while(i32.ltU(from, stop), () => {
      f.storeI64(to, i64.load(from));
      f.increase(from, 8);
      f.increase(to, 8);
    });
  rest(left, middle);
  rest(right, end);
}

/**
 * The function `(pairs, spare, bytes)` that sorts signed 64-bit numbers in ascending order by merging, and gives the address of
 * the sorted ones: one of the two buffers, which are of that many bytes each.
 */
export function pairSorter(module: ModuleBuilder): FunctionReference<'i32'> {
  return module.once('structure/sort-pairs', (m) =>
    m.function(['i32', 'i32', 'i32'], 'i32', (f) => {
      const [pairs, spare, bytes] = [f.parameter(0), f.parameter(1), f.parameter(2)];
      f.for(int(0), bytes, 8 * runLength, (at) => {
        const end = lesser(f, i32.add(at, int(8 * runLength)), bytes);
        insertionSort(f, f.let(i32.add(pairs, at)), f.let(i32.add(pairs, end)));
      });
      const width = f.let(int(8 * runLength));
      f.while(i32.ltU(width, bytes), () => {
        const at = f.let(int(0));
        f.while(i32.ltU(at, bytes), () => {
          const middle = lesser(f, i32.add(at, width), bytes);
          const end = lesser(f, i32.add(middle, width), bytes);
          const address = (offset: I32): I32 => f.let(i32.add(pairs, offset));
          merge(f, address(at), address(middle), address(end), f.let(i32.add(spare, at)));
          f.set(at, end);
        });
        const merged = f.let(spare);
        f.set(spare, pairs);
        f.set(pairs, merged);
        f.set(width, i32.shl(width, int(1)));
      });
      f.return(pairs);
    }),
  );
}
