import { EbmError } from './errors.js';
import type { Interpreter } from './interpreter.js';
import { threefry } from './random/threefry.js';

declare const keyBrand: unique symbol;

/**
 * A splittable random key: two unsigned 32-bit words, as immutable plain data. Compare it, save it as JSON, send it to a
 * worker. Every random function takes one first, and the same key always gives the same numbers. Use a key once: split
 * or fold it for the next draw.
 */
export type Key = { readonly words: readonly [number, number] } & { readonly [keyBrand]: true };

/** Marks a key whose words are known only when the traced function runs. */
const symbolicKey: unique symbol = Symbol('ebmkit.symbolicKey');

/** What a key is while a function is traced. */
export interface SymbolicKey {
  /** The trace that records what is done with it. */
  readonly interpreter: Interpreter;
  /** The trace's own record of it. */
  readonly detail: unknown;
  /** The traced key of child `index`. */
  readonly child: (index: number, how: 'split' | 'fold') => Key;
}

/** Whether a number is written with one or two digits. */
type IsSmall<Digits extends string> = Digits extends `-${string}`
  ? false
  : Digits extends `${infer _First}${infer Rest}`
    ? Rest extends `${infer _Second}${infer More}`
      ? More extends ''
        ? true
        : false
      : true
    : false;

/** A tuple of `N` values, or an array when `N` is not a literal from 0 to 99. */
export type Tuple<T, N extends number, A extends T[] = []> = number extends N
  ? T[]
  : IsSmall<`${N}`> extends true
    ? A['length'] extends N
      ? A
      : Tuple<T, N, [...A, T]>
    : T[];

/** Whether a value is a key. */
export function isKey(value: unknown): value is Key {
  if (typeof value !== 'object' || value === null) return false;
  if (symbolicKey in value) return true;
  const words = (value as { words?: unknown }).words;
  if (!Array.isArray(words) || words.length !== 2) return false;
  for (const name in value) if (name !== 'words') return false;
  return typeof words[0] === 'number' && typeof words[1] === 'number';
}

/** What a traced key stands for, or undefined for a key of known words. */
export function symbolOf(key: Key): SymbolicKey | undefined {
  return (key as unknown as { [symbolicKey]?: SymbolicKey })[symbolicKey];
}

/** Makes a key from its two words, for instance when one is read from a file. */
export function keyFromWords(high: number, low: number): Key {
  return Object.freeze({ words: Object.freeze([high >>> 0, low >>> 0] as const) }) as unknown as Key;
}

/** Makes the stand-in for a key inside a traced function. */
export function makeSymbolicKey(symbol: SymbolicKey): Key {
  return Object.freeze({ [symbolicKey]: symbol }) as unknown as Key;
}

/**
 * Makes a key from a seed.
 *
 * @param seed - A whole number from 0 to 2⁵³ − 1.
 * @returns The key whose words are the upper and lower half of the seed.
 * @throws EbmError when the seed is not such a number.
 */
export function key(seed: number): Key {
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new EbmError('argument', `key: the seed must be a whole number from 0 to 2^53 - 1, got ${seed}.`);
  return keyFromWords(Math.floor(seed / 2 ** 32), seed);
}

const splitTag = 0xfeed;
const foldTag = 0xf01d;

/** Throws unless the value is a key. */
export function checkKey(where: string, value: unknown): void {
  if (!isKey(value))
    throw new EbmError(
      'argument',
      `${where}: expected a key, got ${typeof value === 'number' ? value : typeof value}. Make one with key(seed), or split one.`,
    );
}

/** The words of child `index` of a key. */
export function childWords(
  words: readonly [number, number],
  index: number,
  how: 'split' | 'fold',
): readonly [number, number] {
  return threefry(words, index >>> 0, how === 'split' ? splitTag : foldTag);
}

/** Child `index` of a key, by `split` or by `fold`; traced keys record the operation. */
export function childOf(parent: Key, index: number, how: 'split' | 'fold'): Key {
  const symbol = symbolOf(parent);
  if (symbol) return symbol.child(index, how);
  return keyFromWords(...childWords(parent.words, index, how));
}

/**
 * Splits a key into `count` independent keys.
 *
 * @param parent - The key to split; do not use it afterwards.
 * @param count - How many keys; a literal below 100 gives a tuple of that length.
 * @returns Child `i` is Threefry(parent, (i, 0xfeed)).
 *
 * @example
 * ```ts
 * const [forPosition, forNoise] = split(key(7), 2);
 * ```
 */
export function split<const N extends number = 2>(parent: Key, count: N = 2 as N): Tuple<Key, N> {
  checkKey('split', parent);
  if (!Number.isInteger(count) || count < 0)
    throw new EbmError('argument', `split: count must be a whole number of at least 0, got ${count}.`);
  return Array.from({ length: count }, (_, i) => childOf(parent, i, 'split')) as Tuple<Key, N>;
}

/**
 * Derives the key of step, chain or batch number `index`.
 *
 * @param parent - The key of the whole.
 * @param index - A whole number; only its low 32 bits count.
 * @returns Threefry(parent, (index, 0xf01d)): unrelated to every child that `split` gives.
 */
export function fold(parent: Key, index: number): Key {
  checkKey('fold', parent);
  if (!Number.isInteger(index)) throw new EbmError('argument', `fold: index must be a whole number, got ${index}.`);
  return childOf(parent, index, 'fold');
}
