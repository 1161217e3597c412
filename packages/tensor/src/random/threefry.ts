const rotations = [13, 15, 26, 6, 17, 29, 16, 24] as const;

/**
 * The Threefry-2x32 block function with 20 rounds: a keyed bijection of two 32-bit words that passes BigCrush.
 *
 * @param key - Two unsigned 32-bit words.
 * @param c0 - First counter word.
 * @param c1 - Second counter word.
 * @returns Two unsigned 32-bit words.
 * @see Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011, https://doi.org/10.1145/2063384.2063405
 */
export function threefry(key: readonly [number, number], c0: number, c1: number): [number, number] {
  const [k0, k1] = key;
  const schedule = [k0, k1, 0x1bd11bda ^ k0 ^ k1] as const;
  let x0 = (c0 + k0) | 0;
  let x1 = (c1 + k1) | 0;
  for (let round = 0; round < 20; round++) {
    const r = rotations[(round & 7) as 0];
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << r) | (x1 >>> (32 - r))) ^ x0;
    if ((round & 3) === 3) {
      const s = (round + 1) >> 2;
      x0 = (x0 + schedule[(s % 3) as 0]) | 0;
      x1 = (x1 + schedule[((s + 1) % 3) as 0] + s) | 0;
    }
  }
  return [x0 >>> 0, x1 >>> 0];
}
