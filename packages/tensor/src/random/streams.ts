import { threefry } from './threefry.js';

/** Values that one xoshiro stream gives before the next chunk's stream begins. */
export const chunkLength = 4096;

type Words = readonly [number, number];

/**
 * The 16 state words of the four xoshiro lanes of a chunk: word `4 s + lane` is state word `s` of that lane, and words
 * `2 j, 2 j + 1` are Threefry(key, (chunk, j)) for j = 0 … 7.
 */
export function seedLanes(key: Words, chunk: number): Int32Array {
  const state = new Int32Array(16);
  for (let j = 0; j < 8; j++) {
    const [a, b] = threefry(key, chunk, j);
    state[2 * j] = a;
    state[2 * j + 1] = b;
  }
  return state;
}

/**
 * Fills `out` with `count` words of a 4-lane xoshiro128++ stream: word `i` is step `i div 4` of lane `i mod 4`.
 *
 * @see Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021, https://doi.org/10.1145/3460772
 */
export function xoshiroLanes(state: Int32Array, out: Int32Array, offset: number, count: number): void {
  for (let lane = 0; lane < 4; lane++) {
    let a = state[lane] as number;
    let b = state[4 + lane] as number;
    let c = state[8 + lane] as number;
    let d = state[12 + lane] as number;
    for (let i = lane; i < count; i += 4) {
      const s = (a + d) | 0;
      out[offset + i] = (((s << 7) | (s >>> 25)) + a) | 0;
      const t = b << 9;
      c ^= a;
      d ^= b;
      b ^= c;
      a ^= d;
      c ^= t;
      d = (d << 11) | (d >>> 21);
    }
  }
}

/**
 * The first `count` random words of a key: chunks of 4,096, each from its own stream, so that any chunk can be made
 * alone, by any thread.
 *
 * @param key - The two words of the key.
 * @param count - How many words.
 * @returns Signed 32-bit words.
 */
export function bitsOf(key: Words, count: number): Int32Array {
  const out = new Int32Array(count);
  for (let chunk = 0, at = 0; at < count; chunk++, at += chunkLength)
    xoshiroLanes(seedLanes(key, chunk), out, at, Math.min(chunkLength, count - at));
  return out;
}
