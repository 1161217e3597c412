import type { I32, V128 } from '../../assembler/expression.js';
import type { FunctionBuilder, FunctionReference } from '../../assembler/function-builder.js';
import type { ModuleBuilder } from '../../assembler/module-builder.js';
import { i32, int } from '../../assembler/scalar.js';
import { i8x16, i16x8, i32x4, v128 } from '../../assembler/vector.js';
import { at, roundUp } from './phases.js';

/** Rows whose codes are made together. */
export const rowsOfCodes = 16;
/** The bytes of one entry of a table: a code is the entry's number times this. */
export const entryBytes = 64;

/** A bool matrix of `rows` sums of `depth` terms, stored with a row for each sum or, transposed, with a row for each term. */
export interface BitMatrix {
  /** How many sums. */
  readonly rows: number;
  /** How many terms. */
  readonly depth: number;
  /** Whether the rows of the storage are terms. */
  readonly transposed: boolean;
}

/** Where the codes lie: one 16-bit number for each sum and each group of four terms. */
export interface CodeLayout {
  /** How many groups. */
  readonly groups: number;
  /** Bytes from one sum to the next. */
  readonly rowStep: number;
  /** Bytes from one group to the next. */
  readonly groupStep: number;
  /** Bytes of all codes. */
  readonly bytes: number;
}

/** The layout of the codes of a matrix. */
export function codeLayout({ rows, depth, transposed }: BitMatrix): CodeLayout {
  const groups = Math.ceil(depth / 4);
  const [padded, paddedRows] = [roundUp(groups, 4), roundUp(rows, rowsOfCodes)];
  return transposed
    ? { groups, rowStep: 2, groupStep: 2 * paddedRows, bytes: 2 * groups * paddedRows }
    : { groups, rowStep: 2 * padded, groupStep: 2, bytes: 2 * padded * rows };
}

/** A vector of four words. */
function words(f: FunctionBuilder, values: readonly number[]): V128 {
  return values.reduce<V128>((vector, value, lane) => i32x4.replace(vector, lane, int(value)), f.i32x4(0));
}

/** The function that makes the codes of one row, `(from, to)`. */
function rowCodes(module: ModuleBuilder, depth: number): FunctionReference {
  const bit = Math.log2(entryBytes);
  return module.once(`product: codes of a row ${depth}`, () =>
    module.function(['i32', 'i32'], undefined, (f) => {
      const [from, to] = [f.parameter(0), f.parameter(1)];
      const encode = (bytes: V128): void => {
        const codes = i32x4.shrU(i32x4.mul(bytes, f.i32x4(0x01020408)), int(24));
        f.storeLane64(to, i16x8.shl(i16x8NarrowedPair(f.let(codes)), int(bit)), 0);
      };
      const whole = depth - (depth % 16);
      if (whole > 0) {
        const stop = f.let(i32.add(from, int(whole)));
        f.doWhile(
          () => {
            encode(v128.load(from));
            f.increase(from, 16);
            f.increase(to, 8);
          },
          () => i32.ne(from, stop),
        );
      }
      const rest = depth % 16;
      if (rest === 0) return;
      const mask = [0, 4, 8, 12].map((first) => {
        const bytes = Math.max(0, Math.min(4, rest - first));
        return bytes === 4 ? -1 : 2 ** (8 * bytes) - 1;
      });
      encode(v128.and(v128.load(from), words(f, mask)));
    }),
  );
}

function i16x8NarrowedPair(codes: V128): V128 {
  return i16x8.narrowU(codes, codes);
}

/** The function that makes the codes of sixteen sums, `(from, to)`, of a matrix whose rows are terms. */
function columnCodes(module: ModuleBuilder, matrix: BitMatrix): FunctionReference {
  const { rows, depth } = matrix;
  const { groupStep } = codeLayout(matrix);
  return module.once(`product: codes of columns ${rows},${depth}`, () =>
    module.function(['i32', 'i32'], undefined, (f) => {
      const [from, to] = [f.parameter(0), f.parameter(1)];
      const encode = (terms: number): void => {
        const code = f.let(v128.load(from, (terms - 1) * rows));
        for (let term = terms - 2; term >= 0; term--)
          f.set(code, i8x16.add(i8x16.add(code, code), v128.load(from, term * rows)));
        const bit = Math.log2(entryBytes);
        f.store(to, i16x8.shl(i16x8.extendLowU(code), int(bit)));
        f.store(to, i16x8.shl(i16x8.extendHighU(code), int(bit)), 16);
      };
      const whole = Math.floor(depth / 4);
      f.for(int(0), int(whole), 1, () => {
        encode(4);
        f.increase(from, 4 * rows);
        f.increase(to, groupStep);
      });
      if (depth % 4 > 0) encode(depth % 4);
    }),
  );
}

/** Writes the codes of the sums `block * rowsOfCodes` and following. */
export function writeCodes(
  f: FunctionBuilder,
  module: ModuleBuilder,
  matrix: BitMatrix,
  from: I32,
  to: I32,
  block: I32,
): void {
  const { rows, depth, transposed } = matrix;
  if (transposed) {
    const operands = [at(from, block, rowsOfCodes), at(to, block, 2 * rowsOfCodes)];
    f.callVoid(columnCodes(module, matrix), operands);
    return;
  }
  const { rowStep } = codeLayout(matrix);
  forRows(f, rows, block, (row) => f.callVoid(rowCodes(module, depth), [at(from, row, depth), at(to, row, rowStep)]));
}

/** For each sum of a block of `rowsOfCodes`. */
export function forRows(f: FunctionBuilder, rows: number, block: I32, body: (row: I32) => void): void {
  const first = f.let(i32.mul(block, int(rowsOfCodes)));
  const end = f.let(i32.add(first, int(rowsOfCodes)));
  f.if(i32.gtS(end, int(rows)), () => f.set(end, int(rows)));
  f.for(first, end, 1, body);
}

/** Bytes that are counted in one go, so that counts fit into bytes. */
const countedBytes = 2048;
/** About how many of such pieces of a large matrix are looked at. */
const countedPieces = 64;

/** Whether less than this part of the bytes are ones, judged from pieces that are spread evenly over them. */
export function isSparse(f: FunctionBuilder, place: I32, bytes: number, part: number): I32 {
  const piece = Math.min(countedBytes, bytes - (bytes % 16));
  const pieces = Math.floor(bytes / piece);
  const step = Math.ceil(pieces / countedPieces);
  const looked = Math.ceil(pieces / step);
  const total = f.let(f.i32x4(0));
  f.for(int(0), int(looked), 1, (i) => {
    const from = f.let(at(place, i, step * piece));
    const stop = f.let(i32.add(from, int(piece)));
    const sums = f.let(f.i32x4(0));
    f.doWhile(
      () => {
        f.set(sums, i8x16.add(sums, v128.load(from)));
        f.increase(from, 16);
      },
      () => i32.ne(from, stop),
    );
    const pairs = f.let(i16x8.add(i16x8.extendLowU(sums), i16x8.extendHighU(sums)));
    f.set(total, i32x4.add(total, i32x4.add(i32x4.extendLowU(pairs), i32x4.extendHighU(pairs))));
  });
  const [a, b, c, d] = [0, 1, 2, 3].map((lane) => i32x4.extract(total, lane)) as [I32, I32, I32, I32];
  return i32.ltU(i32.add(i32.add(a, b), i32.add(c, d)), int(Math.round(part * looked * piece)));
}
