import type { I32, V128 } from '../../assembler/expression.js';
import type { FunctionBuilder, FunctionReference } from '../../assembler/function-builder.js';
import type { ModuleBuilder } from '../../assembler/module-builder.js';
import { i32, int } from '../../assembler/scalar.js';
import { f32x4, i16x8, i32x4, shuffle32, v128 } from '../../assembler/vector.js';
import type { Phase } from '../step-kernel.js';
import { at, type Place, phase, smaller } from './phases.js';

/** The function that copies a column of vectors, `(from, to, count)`: count rows of so many whole vectors, with these steps in bytes. */
export function copyRows(module: ModuleBuilder, vectors: number, fromStep: number, toStep: number): FunctionReference {
  return module.once(`product: copy ${vectors},${fromStep},${toStep}`, () =>
    module.function(['i32', 'i32', 'i32'], undefined, (f) => {
      const [from, to, count] = [f.parameter(0), f.parameter(1), f.parameter(2)];
      f.doWhile(
        () => {
          for (let j = 0; j < vectors; j++) f.store(to, v128.load(from, 16 * j), 16 * j);
          f.increase(from, fromStep);
          f.increase(to, toStep);
          f.increase(count, -1);
        },
        () => count,
      );
    }),
  );
}

/** Four vectors as a 4 × 4 matrix, transposed. */
function transposeFour(f: FunctionBuilder, rows: readonly V128[]): V128[] {
  const [a, b, c, d] = rows as [V128, V128, V128, V128];
  const [ab, AB] = [f.let(shuffle32(a, b, [0, 4, 1, 5])), f.let(shuffle32(a, b, [2, 6, 3, 7]))];
  const [cd, CD] = [f.let(shuffle32(c, d, [0, 4, 1, 5])), f.let(shuffle32(c, d, [2, 6, 3, 7]))];
  return [
    shuffle32(ab, cd, [0, 1, 4, 5]),
    shuffle32(ab, cd, [2, 3, 6, 7]),
    shuffle32(AB, CD, [0, 1, 4, 5]),
    shuffle32(AB, CD, [2, 3, 6, 7]),
  ];
}

/**
 * The function that transposes rows into columns of a panel, `(from, to, count)`: `4 * vectors` rows (those beyond `rows` repeat
 * the last), `count` numbers of each, rounded up to four; steps in bytes.
 */
export function transposeRows(
  module: ModuleBuilder,
  vectors: number,
  rows: number,
  fromStep: number,
  toStep: number,
): FunctionReference {
  return module.once(`product: transpose ${vectors},${rows},${fromStep},${toStep}`, () =>
    module.function(['i32', 'i32', 'i32'], undefined, (f) => {
      const [from, to, count] = [f.parameter(0), f.parameter(1), f.parameter(2)];
      f.doWhile(
        () => {
          for (let j = 0; j < vectors; j++) {
            const four = [0, 1, 2, 3].map((i) => f.let(v128.load(from, Math.min(4 * j + i, rows - 1) * fromStep)));
            transposeFour(f, four).forEach((column, i) => {
              f.store(to, column, i * toStep + 16 * j);
            });
          }
          f.increase(from, 16);
          f.increase(to, 4 * toStep);
          f.increase(count, -4);
        },
        () => i32.gtS(count, int(0)),
      );
    }),
  );
}

/** Four bytes in the low lane of a vector as four float32 numbers. */
function widen(bytes: V128): V128 {
  return f32x4.convertS(i32x4.extendLowU(i16x8.extendLowU(bytes)));
}

/** Four numbers of a float32 or bool factor. */
export function loadFour(address: I32, bool: boolean, offset = 0): V128 {
  return bool ? widen(v128.load32Zero(address, offset)) : v128.load(address, offset);
}

const bytesOfUnit = 4096;

/** The phase that turns bool into float32. The place has room for 16 numbers after the end. */
export function convertPhase(count: number, from: Place, to: Place): Phase {
  return phase(Math.ceil(count / bytesOfUnit), count / 8, (f, _module, begin, end) => {
    const source = f.let(at(from(f), begin, bytesOfUnit));
    const target = f.let(at(to(f), begin, 4 * bytesOfUnit));
    const wanted = f.let(i32.mul(end, int(bytesOfUnit)));
    const last = f.let(i32.add(from(f), smaller(wanted, int(count))));
    f.while(i32.ltU(source, last), () => {
      for (let j = 0; j < 4; j++) f.store(target, widen(v128.load32Zero(source, 4 * j)), 16 * j);
      f.increase(source, 16);
      f.increase(target, 64);
    });
  });
}

/** The phase that sets the result to zero. */
export function zeroPhase(count: number, to: Place): Phase {
  return phase(1, count / 16, (f) => {
    const target = f.let(to(f));
    f.for(int(0), int(count), 4, (i) => f.store(at(target, i, 4), f.f32x4(0)));
  });
}
