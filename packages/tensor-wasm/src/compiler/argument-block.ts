import type { Plan } from './plan.js';

/** Where the words that the caller sets lie: addresses of inputs, of outputs, then the words of keys. */
export interface ArgumentBlock {
  /** The address of the block. */
  readonly address: number;
  /** The number of the first output word. */
  readonly outputs: number;
  /** The number of the first key word; key `k` has words `keys + 2 k` and the next. */
  readonly keys: number;
  /** All words. */
  readonly words: number;
}

/** The shape of the argument block of a plan. */
export function argumentBlock({ inputs, outputs, keys }: Plan): Omit<ArgumentBlock, 'address'> {
  const first = inputs + outputs.length;
  return { outputs: inputs, keys: first, words: first + 2 * keys.length };
}
