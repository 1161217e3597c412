import { bitsOf, fold, type Key } from '@ebmkit/tensor';

const firstLength = 64;
const longest = 4096;

/**
 * A stream of random words of 30 bits of a key, made as they are needed: chunk `i` comes from `fold(key, i)`, and chunks grow from 64 to 4,096 words.
 *
 * @param key - A key, used once.
 * @returns A function that gives the next word, a whole number from 0 to 2^30 − 1: engines keep those without an allocation.
 */
export function randomWords(key: Key): () => number {
  let [chunk, at] = [0, 0];
  let words: Int32Array = new Int32Array(0);
  return () => {
    if (at === words.length) {
      words = bitsOf(fold(key, chunk).words, Math.min(firstLength * 2 ** chunk, longest));
      chunk++;
      at = 0;
    }
    return (words[at++] as number) >>> 2;
  };
}

/** A word as a uniform number below 1. */
export const perWord = 2 ** -30;

/** A whole number below `count` from the next word, uniform to 2^−30 `count`. */
export function drawBelow(next: () => number, count: number): number {
  return Math.floor(next() * perWord * count);
}
