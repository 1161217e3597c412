import { mapLeaves, read, sizeOf, type Tensor, type Tree, tensorsOf } from '@ebmkit/tensor';

/** Draws of one tensor: numbers and the axes that they have. */
export interface DrawArray {
  /** The numbers in row-major order; bool and int32 states come as 0, 1, 2, … too. */
  readonly data: Float32Array;
  /** `[steps, chains, ...event]`. */
  readonly shape: readonly number[];
}

/** Draws in the structure of a position: one `DrawArray` for a tensor, a tree of them for a tree. */
export type Draws<P> = Tree extends P
  ? unknown
  : P extends Tensor
    ? DrawArray
    : { readonly [K in keyof P]: Draws<P[K]> };

/** Collects states as they come. */
export interface DrawStore {
  /** Copies a position in. */
  readonly add: (position: Tree) => Promise<void>;
  /** What has been copied in so far. */
  readonly draws: () => unknown;
}

/** A store with room for a known number of positions. */
export function makeDrawStore(capacity: number): DrawStore {
  let arrays: { readonly data: Float32Array; readonly shape: readonly number[] }[] | undefined;
  let like: unknown;
  let count = 0;
  return {
    add: async (position) => {
      const tensors = tensorsOf(position);
      const numbers = await Promise.all(tensors.map((x) => read(x)));
      like ??= mapLeaves(position, () => 0);
      arrays ??= tensors.map(({ shape }) => ({ data: new Float32Array(capacity * sizeOf(shape)), shape }));
      arrays.forEach(({ data, shape }, i) => {
        data.set(numbers[i] as ArrayLike<number>, count * sizeOf(shape));
      });
      count++;
    },
    draws: () => {
      if (!arrays) return undefined;
      const cut = arrays.map(({ data, shape }) => ({
        data: count === capacity ? data : data.slice(0, count * sizeOf(shape)),
        shape: [count, ...shape],
      }));
      let next = 0;
      return mapLeaves(like, () => cut[next++]);
    },
  };
}
