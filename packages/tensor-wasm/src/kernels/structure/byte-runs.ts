import type { I32 } from '../../assembler/expression.js';
import type { FunctionBuilder, FunctionReference } from '../../assembler/function-builder.js';
import type { ModuleBuilder } from '../../assembler/module-builder.js';
import { i32, i64, int } from '../../assembler/scalar.js';
import { i32x4, v128 } from '../../assembler/vector.js';

/** Runs up to this many bytes are copied without a loop. */
const unrolled = 128;

/** The function `(to, from, count)` that copies exactly that many bytes. */
function copier(module: ModuleBuilder): FunctionReference {
  return module.once('structure/copy', (m) =>
    m.function(['i32', 'i32', 'i32'], undefined, (f) => {
      const [to, from, count] = [f.parameter(0), f.parameter(1), f.parameter(2)];
      const last = f.let(i32.sub(count, int(16)));
      f.if(
        i32.geS(last, int(0)),
        () => {
          f.for(int(0), last, 16, (i) => f.store(i32.add(to, i), v128.load(i32.add(from, i))));
          f.store(i32.add(to, last), v128.load(i32.add(from, last)));
        },
        () => f.for(int(0), count, 1, (i) => f.storeI8(i32.add(to, i), i32.load8u(i32.add(from, i)))),
      );
    }),
  );
}

/** The function `(to, word, count)` that fills exactly that many bytes with the four bytes of a word over and over. */
function filler(module: ModuleBuilder): FunctionReference {
  return module.once('structure/fill', (m) =>
    m.function(['i32', 'i32', 'i32'], undefined, (f) => {
      const [to, word, count] = [f.parameter(0), f.parameter(1), f.parameter(2)];
      const vector = f.let(i32x4.splat(word));
      const last = f.let(i32.sub(count, int(16)));
      f.if(
        i32.geS(last, int(0)),
        () => {
          f.for(int(0), last, 16, (i) => f.store(i32.add(to, i), vector));
          f.store(i32.add(to, last), vector);
        },
        () =>
          f.for(int(0), count, 1, (i) => {
            f.storeI8(i32.add(to, i), word);
            f.set(word, i32.rotl(word, int(24)));
          }),
      );
    }),
  );
}

/**
 * Copies bytes, exactly as many as asked for.
 *
 * @param module - Where the code goes.
 * @param f - The function that copies.
 * @param to - The address of the first byte to write; evaluated once.
 * @param from - The address of the first byte to read; evaluated once.
 * @param bytes - How many, if that is known; few are copied without a loop.
 */
export function copyBytes(module: ModuleBuilder, f: FunctionBuilder, to: I32, from: I32, bytes: number | I32): void {
  if (typeof bytes !== 'number' || bytes > unrolled) {
    f.callVoid(copier(module), [to, from, typeof bytes === 'number' ? int(bytes) : bytes]);
    return;
  }
  if (bytes === 0) return;
  const [target, source] = [f.let(to), f.let(from)];
  if (bytes >= 16) {
    for (let at = 0; at + 16 < bytes; at += 16) f.store(target, v128.load(source, at), at);
    f.store(target, v128.load(source, bytes - 16), bytes - 16);
  } else if (bytes >= 8) {
    f.storeI64(target, i64.load(source));
    if (bytes > 8) f.storeI64(target, i64.load(source, bytes - 8), bytes - 8);
  } else if (bytes >= 4) {
    f.storeI32(target, i32.load(source));
    if (bytes > 4) f.storeI32(target, i32.load(source, bytes - 4), bytes - 4);
  } else for (let at = 0; at < bytes; at++) f.storeI8(target, i32.load8u(source, at), at);
}

/**
 * Fills bytes with the four bytes of a word over and over, exactly as many as asked for.
 *
 * @param module - Where the code goes.
 * @param f - The function that fills.
 * @param to - The address of the first byte; evaluated once.
 * @param word - What to fill with.
 * @param bytes - How many.
 */
export function fillBytes(module: ModuleBuilder, f: FunctionBuilder, to: I32, word: number, bytes: number | I32): void {
  f.callVoid(filler(module), [to, int(word), typeof bytes === 'number' ? int(bytes) : bytes]);
}
