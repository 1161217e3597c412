/** A source of uniform numbers strictly between 0 and 1. */
export type RandomStream = () => number;

/**
 * A repeatable source of uniform numbers: the generator sfc32, seeded with the two words of a whole number.
 *
 * Each number is one 32-bit word plus one half, over $`2^{32}`$. The period is $`2^{32}`$ at the least and $`2^{127}`$ on
 * average. Reference: Doty-Humphrey, PractRand, sfc32 of version 0.95.
 *
 * @param where - name of the calling function, which starts the error message
 * @param seed - a whole number from 0 to $`2^{53} - 1`$; equal seeds give equal numbers
 * @returns the source
 * @throws RangeError when the seed is not such a number
 */
export function randomStream(where: string, seed: number): RandomStream {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new RangeError(
      `${where}: expected a seed that is a whole number from 0 to 2^53 - 1, got ${seed}. Pass seed: 0.`,
    );
  }
  let a = 0;
  let b = seed | 0;
  let c = Math.floor(seed / 2 ** 32) | 0;
  let counter = 1;
  const next = () => {
    const word = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + word) | 0;
    return ((word >>> 0) + 0.5) / 2 ** 32;
  };
  for (let i = 0; i < 12; i++) next();
  return next;
}

/**
 * Shuffles an array in place, every order equally likely (Fisher and Yates; Durstenfeld 1964, doi:10.1145/364520.364540).
 *
 * @param random - the source of uniform numbers
 * @param values - the array to shuffle
 */
export function shuffle(random: RandomStream, values: Uint8Array | Uint32Array): void {
  for (let last = values.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    const kept = values[last] as number;
    values[last] = values[other] as number;
    values[other] = kept;
  }
}
