import { scoped } from '@ebmkit/tensor';

/** `scoped` for a function whose type the compiler cannot tell from a promise. */
export function scopedTree<T>(f: () => T): T {
  return scoped<T>(f as () => T extends PromiseLike<unknown> ? never : T);
}
