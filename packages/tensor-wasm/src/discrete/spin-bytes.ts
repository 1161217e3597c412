import type { I32, Local, V128 } from '../assembler/expression.js';
import type { FunctionBuilder } from '../assembler/function-builder.js';
import { f32x4, i8x16, i16x8, lanes32, v128 } from '../assembler/vector.js';

/** A byte that says down: the sign of a float32 once it is its uppermost byte. */
export const downByte = 0x80;

/** Bytes of the spins of one node: whole vectors, a byte for each chain. */
export function spinBytes(vectors: number): number {
  return 16 * Math.ceil(vectors / 4);
}

/** For each four bytes of a vector, where they go: to the uppermost bytes of the lanes; the others become 0. */
export function signLanes(f: FunctionBuilder, vectors: number): Local<'v128'>[] {
  const lane = (byte: number): number => (byte << 24) | 0x808080;
  return Array.from({ length: Math.min(4, vectors) }, (_, v) =>
    f.let(lanes32(lane(4 * v), lane(4 * v + 1), lane(4 * v + 2), lane(4 * v + 3))),
  );
}

/** The numbers of a byte vector that a vector of numbers picks: each below 16, or from 128 on for 0. */
export function pick(f: FunctionBuilder, from: V128, numbers: V128): V128 {
  return f.features.relaxed ? v128.relaxedSwizzle(from, numbers) : v128.swizzle(from, numbers);
}

/** Adds a weight times the spins at an address to the fields: the weight with the sign of each spin. */
export function addSpins(
  f: FunctionBuilder,
  fields: readonly Local<'v128'>[],
  weight: V128,
  spins: I32,
  signs: readonly V128[],
): void {
  for (let v = 0; v < fields.length; v += 4) {
    const bytes = f.let(v128.load(spins, 4 * v));
    for (const [i, field] of fields.slice(v, v + 4).entries())
      f.set(field, f32x4.add(field, v128.xor(weight, pick(f, bytes, signs[i] as V128))));
  }
}

/** Stores spins, given masks of lanes that are up. */
export function storeSpins(f: FunctionBuilder, spins: I32, up: readonly V128[]): void {
  for (let v = 0; v < up.length; v += 4) {
    const part = (i: number): V128 => up[Math.min(v + i, up.length - 1)] as V128;
    const bytes = i8x16.narrowS(i16x8.narrowS(part(0), part(1)), i16x8.narrowS(part(2), part(3)));
    f.store(spins, v128.andNot(f.i32x4(0x01010101 * downByte), bytes), 4 * v);
  }
}
