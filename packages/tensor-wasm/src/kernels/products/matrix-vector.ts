import type { F32, I32, Local, V128 } from '../../assembler/expression.js';
import type { FunctionBuilder } from '../../assembler/function-builder.js';
import { f32, i32, int } from '../../assembler/scalar.js';
import { f32x4, i32x4, v128 } from '../../assembler/vector.js';
import type { Phase } from '../step-kernel.js';
import { loadFour } from './packing.js';
import { at, type Place, phase, result, storeLanes } from './phases.js';

/** The product of a matrix and a vector, or of several pairs of them. */
export interface MatrixVector {
  /** How many products. */
  readonly batches: number;
  /** Rows of the matrix as it is stored. */
  readonly rows: number;
  /** Columns of the matrix as it is stored. */
  readonly columns: number;
  /** The matrix. */
  readonly matrix: Place;
  /** Whether the matrix is bool. */
  readonly boolMatrix: boolean;
  /** The vector. */
  readonly vector: Place;
  /** Whether the vector is bool. */
  readonly boolVector: boolean;
}

const size = (bool: boolean): number => (bool ? 1 : 4);

function sumLanes(x: V128): F32 {
  const [a, b, c, d] = [0, 1, 2, 3].map((lane) => f32x4.extract(x, lane)) as [F32, F32, F32, F32];
  return f32.add(f32.add(a, b), f32.add(c, d));
}

/** Ones in the first lanes. */
function laneMask(f: FunctionBuilder, lanes: number): V128 {
  let mask = f.i32x4(0);
  for (let lane = 0; lane < lanes; lane++) mask = i32x4.replace(mask, lane, int(-1));
  return mask;
}

/** The phase that multiplies each row of a matrix with a vector. A row is summed in two vectors of partial sums, always in the same order. */
export function dotPhase(product: MatrixVector): Phase {
  const { batches, rows, columns, boolMatrix, boolVector } = product;
  const rowStep = columns * size(boolMatrix);
  const whole = columns - (columns % 8);
  const rest = columns % 8;
  return phase(batches * rows, batches * rows * columns * 0.25, (f, _module, begin, end) => {
    const [matrix, vector, target] = [f.let(product.matrix(f)), f.let(product.vector(f)), f.let(result(f))];
    const mask = rest % 4 === 0 ? undefined : f.let(laneMask(f, rest % 4));
    const several = (count: number, unit: I32): void => {
      const from = f.let(at(matrix, unit, rowStep));
      const batch = batches === 1 ? int(0) : i32.divU(unit, int(rows));
      const other = f.let(at(vector, batch, columns * size(boolVector)));
      const sums = Array.from({ length: 2 * count }, () => f.let(f.f32x4(0)));
      const add = (half: number, cover: (x: V128) => V128): void => {
        const factors = f.let(cover(loadFour(other, boolVector, 4 * half * size(boolVector))));
        for (let row = 0; row < count; row++) {
          const sum = sums[2 * row + half] as Local<'v128'>;
          const numbers = cover(loadFour(from, boolMatrix, row * rowStep + 4 * half * size(boolMatrix)));
          f.set(sum, f.madd(numbers, factors, sum));
        }
      };
      const same = (x: V128): V128 => x;
      const masked = (x: V128): V128 => (mask ? v128.and(x, mask) : x);
      if (whole > 0) {
        const stop = f.let(at(from, int(whole), size(boolMatrix)));
        f.doWhile(
          () => {
            add(0, same);
            add(1, same);
            f.increase(from, 8 * size(boolMatrix));
            f.increase(other, 8 * size(boolVector));
          },
          () => i32.ne(from, stop),
        );
      }
      if (rest > 0) add(0, rest >= 4 ? same : masked);
      if (rest > 4) add(1, masked);
      for (let row = 0; row < count; row++) {
        const [even, odd] = sums.slice(2 * row) as readonly V128[] as readonly [V128, V128];
        f.storeF32(at(target, unit, 4), sumLanes(f.let(f32x4.add(even, odd))), 4 * row);
      }
    };
    const unit = f.let(begin);
    if (batches === 1)
      f.while(i32.leS(i32.add(unit, int(4)), end), () => {
        several(4, unit);
        f.increase(unit, 4);
      });
    f.while(i32.ltS(unit, end), () => {
      several(1, unit);
      f.increase(unit, 1);
    });
  });
}

/** Columns that are summed at a time. */
const strip = 32;

/** The phase that adds the rows of a matrix, each times a number of the vector. Rows that a bool vector does not pick are not read. */
export function combinePhase(product: MatrixVector): Phase {
  const { batches, rows, columns, boolMatrix, boolVector } = product;
  const strips = Math.ceil(columns / strip);
  return phase(batches * strips, batches * rows * columns * 0.25, (f, _module, begin, end) => {
    const [matrix, vector, target] = [f.let(product.matrix(f)), f.let(product.vector(f)), f.let(result(f))];
    f.for(begin, end, 1, (unit) => {
      const batch = f.let(i32.divU(unit, int(strips)));
      const number = f.let(i32.remU(unit, int(strips)));
      const top = f.let(at(at(matrix, batch, rows * columns * size(boolMatrix)), number, strip * size(boolMatrix)));
      const factors = f.let(at(vector, batch, rows * size(boolVector)));
      const to = f.let(at(at(target, batch, 4 * columns), number, 4 * strip));
      const combine = (width: number): void => {
        const from = f.let(top);
        const vectors = Math.ceil(width / 4);
        const sums = Array.from({ length: vectors }, () => f.let(f.f32x4(0)));
        const lines = (j: number): V128 => loadFour(from, boolMatrix, 4 * j * size(boolMatrix));
        f.for(int(0), int(rows), 1, (row) => {
          if (boolVector)
            f.if(i32.load8u(i32.add(factors, row)), () =>
              sums.forEach((sum, j) => {
                f.set(sum, f32x4.add(sum, lines(j)));
              }),
            );
          else {
            const times = f.let(v128.load32Splat(at(factors, row, 4)));
            sums.forEach((sum, j) => {
              f.set(sum, f.madd(lines(j), times, sum));
            });
          }
          f.increase(from, columns * size(boolMatrix));
        });
        sums.forEach((sum, j) => {
          storeLanes(f, to, sum, Math.min(4, width - 4 * j), 16 * j);
        });
      };
      const rest = columns % strip;
      if (rest === 0) combine(strip);
      else if (columns < strip) combine(rest);
      else
        f.if(
          i32.eq(number, int(strips - 1)),
          () => combine(rest),
          () => combine(strip),
        );
    });
  });
}
