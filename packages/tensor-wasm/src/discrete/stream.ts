import type { I32 } from '../assembler/expression.js';
import type { FunctionBuilder } from '../assembler/function-builder.js';
import type { XoshiroState } from '../kernels/xoshiro.js';
import { v128 } from './instructions.js';

/** Bytes that the state of a stream of random words takes in memory. */
export const streamBytes = 64;

/** Takes up a stream where it was left. */
export function loadStream(f: FunctionBuilder, state: XoshiroState, place: I32): void {
  for (const [i, words] of state.entries()) f.set(words, v128.load(place, 16 * i));
}

/** Leaves a stream where it is. */
export function storeStream(f: FunctionBuilder, state: XoshiroState, place: I32): void {
  for (const [i, words] of state.entries()) f.store(place, words, 16 * i);
}
