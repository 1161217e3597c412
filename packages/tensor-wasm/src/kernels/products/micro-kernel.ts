import type { Local } from '../../assembler/expression.js';
import type { FunctionReference } from '../../assembler/function-builder.js';
import type { ModuleBuilder } from '../../assembler/module-builder.js';
import { i32, int } from '../../assembler/scalar.js';
import { v128 } from '../../assembler/vector.js';
import { storeLanes } from './phases.js';

/** What the code of a micro-kernel is specialised to. Steps are in bytes. */
export interface MicroKernel {
  /** Rows of a tile. */
  readonly rows: number;
  /** Vectors of a row of a tile. */
  readonly vectors: number;
  /** Lanes of the last vector that belong to the result. */
  readonly lanes: number;
  /** From one row of the first factor to the next. */
  readonly aRow: number;
  /** From one number of a row of the first factor to the next. */
  readonly aDepth: number;
  /** From one tile of the first factor to the next. */
  readonly aTile: number;
  /** From one row of the second factor to the next. */
  readonly bDepth: number;
  /** From one row of the result to the next. */
  readonly cRow: number;
}

/**
 * The function that computes tiles one below the other, all with the same columns: `(a, b, c, depth, tiles, accumulate)`. It adds
 * to what is there if `accumulate` is not zero. The loop along the sum is not unrolled: V8 would then spill the sums, at half the speed.
 */
export function microKernel(module: ModuleBuilder, shape: MicroKernel): FunctionReference {
  const { rows, vectors, lanes, aRow, aDepth, aTile, bDepth, cRow } = shape;
  const name = `product: tiles ${Object.values(shape).join()}`;
  return module.once(name, () =>
    module.function(['i32', 'i32', 'i32', 'i32', 'i32', 'i32'], undefined, (f) => {
      const [a, b, c, depth, tiles, accumulate] = [0, 1, 2, 3, 4, 5].map(f.parameter) as [
        Local<'i32'>,
        Local<'i32'>,
        Local<'i32'>,
        Local<'i32'>,
        Local<'i32'>,
        Local<'i32'>,
      ];
      const sums = Array.from({ length: rows }, () => Array.from({ length: vectors }, () => f.local('v128')));
      const columns = Array.from({ length: vectors }, () => f.local('v128'));
      const number = f.local('v128');
      const [left, right] = [f.local('i32'), f.local('i32')];
      const end = f.let(i32.add(b, i32.mul(depth, int(bDepth))));
      const everySum = (visit: (sum: Local<'v128'>, row: number, vector: number) => void): void =>
        sums.forEach((row, i) => {
          row.forEach((sum, j) => {
            visit(sum, i, j);
          });
        });
      const step = (): void => {
        columns.forEach((column, j) => {
          f.set(column, v128.load(right, 16 * j));
        });
        sums.forEach((row, i) => {
          f.set(number, v128.load32Splat(left, i * aRow));
          row.forEach((sum, j) => {
            f.set(sum, f.madd(number, columns[j] as Local<'v128'>, sum));
          });
        });
      };
      f.doWhile(
        () => {
          f.if(
            accumulate,
            () => everySum((sum, i, j) => f.set(sum, v128.load(c, i * cRow + 16 * j))),
            () => everySum((sum) => f.set(sum, f.f32x4(0))),
          );
          f.set(left, a);
          f.set(right, b);
          f.doWhile(
            () => {
              step();
              f.increase(left, aDepth);
              f.increase(right, bDepth);
            },
            () => i32.ne(right, end),
          );
          everySum((sum, i, j) => storeLanes(f, c, sum, j === vectors - 1 ? lanes : 4, i * cRow + 16 * j));
          f.increase(a, aTile);
          f.increase(c, rows * cRow);
          f.increase(tiles, -1);
        },
        () => tiles,
      );
    }),
  );
}
