import type { Expression, I32, I64, Local, V128 } from '../assembler/expression.js';
import type { FunctionBuilder, FunctionReference } from '../assembler/function-builder.js';
import type { ModuleBuilder } from '../assembler/module-builder.js';
import { i32, i64, int, long } from '../assembler/scalar.js';
import { i32x4, v128 } from '../assembler/vector.js';

const rotations = [13, 15, 26, 6, 17, 29, 16, 24] as const;

/** How 32-bit words are computed with: one word, or four at a time. */
interface WordArithmetic<T extends 'i32' | 'v128'> {
  readonly add: (a: Expression<T>, b: Expression<T>) => Expression<T>;
  readonly xor: (a: Expression<T>, b: Expression<T>) => Expression<T>;
  readonly rotate: (x: Expression<T>, by: number) => Expression<T>;
  readonly constant: (value: number) => Expression<T>;
}

/** Rotates each of four words to the left. `x` is evaluated twice. */
export function rotateWords(x: V128, by: number): V128 {
  return v128.or(i32x4.shl(x, int(by)), i32x4.shrU(x, int(32 - by)));
}

function threefryRounds<T extends 'i32' | 'v128'>(
  f: FunctionBuilder,
  { add, xor, rotate, constant }: WordArithmetic<T>,
  [k0, k1]: readonly [Expression<T>, Expression<T>],
  counter: readonly [Expression<T>, Expression<T>],
): [Local<T>, Local<T>] {
  const schedule = [k0, k1, f.let(xor(xor(k0, k1), constant(0x1bd11bda)))] as const;
  const x0 = f.let(add(counter[0], k0));
  const x1 = f.let(add(counter[1], k1));
  for (let round = 0; round < 20; round++) {
    f.set(x0, add(x0, x1));
    f.set(x1, xor(rotate(x1, rotations[(round & 7) as 0]), x0));
    if ((round & 3) === 3) {
      const s = (round + 1) >> 2;
      f.set(x0, add(x0, schedule[(s % 3) as 0]));
      f.set(x1, add(add(x1, schedule[((s + 1) % 3) as 0]), constant(s)));
    }
  }
  return [x0, x1];
}

/**
 * Writes Threefry-2x32 with 20 rounds.
 *
 * @param f - The function that is being written.
 * @param key - The words of the key: locals, because each is used several times.
 * @param counter - The words of the counter.
 * @returns The two words.
 */
function threefryWords(
  f: FunctionBuilder,
  key: readonly [I32, I32],
  counter: readonly [I32, I32],
): [Local<'i32'>, Local<'i32'>] {
  return threefryRounds(
    f,
    { add: i32.add, xor: i32.xor, rotate: (x, by) => i32.rotl(x, int(by)), constant: int },
    key,
    counter,
  );
}

/** Writes Threefry-2x32 with 20 rounds for four counters at a time; the key's words, too, are vectors. */
export function threefryVectors(
  f: FunctionBuilder,
  key: readonly [V128, V128],
  counter: readonly [V128, V128],
): [Local<'v128'>, Local<'v128'>] {
  return threefryRounds(f, { add: i32x4.add, xor: v128.xor, rotate: rotateWords, constant: f.i32x4 }, key, counter);
}

/** The function `(key address, c0, c1, out address)` that writes the two words of Threefry(key, (c0, c1)). */
export function threefryFunction(module: ModuleBuilder): FunctionReference {
  return module.once('threefry', (own) =>
    own.function(['i32', 'i32', 'i32', 'i32'], undefined, (f) => {
      const [address, c0, c1, out] = [f.parameter(0), f.parameter(1), f.parameter(2), f.parameter(3)];
      const key = [f.let(i32.load(address)), f.let(i32.load(address, 4))] as const;
      const [a, b] = threefryWords(f, key, [c0, c1]);
      f.storeI32(out, a);
      f.storeI32(out, b, 4);
    }),
  );
}

/** The function `(k0, k1, c0, c1)` whose result holds the two words of Threefry((k0, k1), (c0, c1)), the first one in its low half. */
export function threefryPair(module: ModuleBuilder): FunctionReference<'i64'> {
  return module.once('threefry pair', (own) =>
    own.function(['i32', 'i32', 'i32', 'i32'], 'i64', (f) => {
      const [k0, k1, c0, c1] = [f.parameter(0), f.parameter(1), f.parameter(2), f.parameter(3)];
      const [a, b] = threefryWords(f, [k0, k1], [c0, c1]);
      const upper: I64 = i64.shl(i64.extendU(b), long(32n));
      f.return(i64.or(i64.extendU(a), upper));
    }),
  );
}
