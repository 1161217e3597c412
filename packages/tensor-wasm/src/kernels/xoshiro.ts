import type { I32, Local } from '../assembler/expression.js';
import type { FunctionBuilder } from '../assembler/function-builder.js';
import { int } from '../assembler/scalar.js';
import { i32x4, shuffle32, v128 } from '../assembler/vector.js';
import { rotateWords, threefryVectors } from './threefry.js';

/** Four lanes of xoshiro128++: local `s` holds state word `s` of each lane. */
export type XoshiroState = readonly [Local<'v128'>, Local<'v128'>, Local<'v128'>, Local<'v128'>];

/** New locals for a state, to be seeded before use. */
export function xoshiroState(f: FunctionBuilder): XoshiroState {
  return [f.local('v128'), f.local('v128'), f.local('v128'), f.local('v128')];
}

/** Sets a state to the beginning of a chunk: words `2 j, 2 j + 1` are Threefry(key, (chunk, j)). */
export function seedXoshiro(f: FunctionBuilder, state: XoshiroState, key: readonly [I32, I32], chunk: I32): void {
  const words = [f.let(i32x4.splat(key[0])), f.let(i32x4.splat(key[1]))] as const;
  const counter = f.let(i32x4.splat(chunk));
  const ascending = [0, 1, 2, 3].reduce((lanes, i) => i32x4.replace(lanes, i, int(i)), i32x4.splat(int(0)));
  for (const half of [0, 1]) {
    const second = half === 0 ? ascending : i32x4.add(ascending, f.i32x4(4));
    const [a, b] = threefryVectors(f, words, [counter, second]);
    f.set(state[(2 * half) as 0], shuffle32(a, b, [0, 4, 1, 5]));
    f.set(state[(2 * half + 1) as 0], shuffle32(a, b, [2, 6, 3, 7]));
  }
}

/** The next word of each of the four lanes. */
export function nextWords(f: FunctionBuilder, [a, b, c, d]: XoshiroState): Local<'v128'> {
  const sum = f.let(i32x4.add(a, d));
  const word = f.let(i32x4.add(rotateWords(sum, 7), a));
  const t = f.let(i32x4.shl(b, int(9)));
  f.set(c, v128.xor(c, a));
  f.set(d, v128.xor(d, b));
  f.set(b, v128.xor(b, c));
  f.set(a, v128.xor(a, d));
  f.set(c, v128.xor(c, t));
  f.set(d, rotateWords(d, 11));
  return word;
}
