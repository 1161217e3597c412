import {
  argSort,
  concat,
  gather,
  type Key,
  mul,
  reshape,
  scatterAdd,
  scoped,
  slice,
  split,
  stack,
  sub,
  type Tensor,
  transpose,
  where,
} from '@ebmkit/tensor';
import type { SweepAttributes } from './sweep-arguments.js';
import type { StructureTensors } from './sweep-structure.js';

/** How the states of nodes are drawn. States are `[nodes, chains]`, and nodes go by their position. */
export interface NodeLaw {
  /** What adds up over neighbours, float32 `[nodes, ...]`. */
  readonly features: (states: Tensor) => Tensor;
  /** Draws the nodes from `first` on, given the weighted sums of the features of their neighbours. */
  readonly draw: (key: Key, sums: Tensor | number, first: number, count: number) => Tensor;
}

/** Rows of a tensor; none at all are undefined. */
function rows(x: Tensor, first: number, count: number): Tensor | undefined {
  const { shape } = x;
  return count === 0 ? undefined : slice(x, [first, ...shape.slice(1).map(() => 0)], [count, ...shape.slice(1)]);
}

/** Gives a vector as many axes as another tensor, the new ones of length 1. */
export function alongRows(x: Tensor, rank: number): Tensor {
  return reshape(x, [x.shape[0] as number, ...Array.from({ length: rank - 1 }, () => 1)]);
}

/**
 * Sweeps colour after colour, in ordinary operations: what the native kernels mean.
 *
 * @param states - `[chains, nodes]`.
 * @returns The states afterwards; with `samples`, those after each `sweeps` sweeps, `[samples, chains, nodes]`.
 */
export function colouredSweeps(
  key: Key,
  states: Tensor,
  law: NodeLaw,
  weight: Tensor,
  clamped: Tensor,
  [order, , neighbours, owners, edgeOf]: StructureTensors,
  { sweeps, samples, blocks, incidences }: SweepAttributes,
): Tensor {
  const weights = gather(weight, edgeOf);
  const held = gather(clamped, order);
  const nodes = order.shape[0] as number;

  const sumsOf = (current: Tensor, first: number, count: number, edge: number, ends: number): Tensor | number => {
    const from = rows(neighbours, edge, ends);
    if (!from) return 0;
    const features = gather(law.features(current), from);
    const terms = mul(features, alongRows(rows(weights, edge, ends) as Tensor, features.shape.length));
    return scatterAdd(sub(rows(owners, edge, ends) as Tensor, first), terms, count);
  };

  const sweep = (own: Key, start: Tensor): Tensor => {
    const keys = split(own, blocks.length);
    let [current, first, edge] = [start, 0, 0];
    for (const [colour, count] of blocks.entries()) {
      const before = rows(current, first, count);
      const ends = incidences[colour] as number;
      if (before) {
        const drawn = law.draw(keys[colour] as Key, sumsOf(current, first, count, edge, ends), first, count);
        const next = where(alongRows(rows(held, first, count) as Tensor, 2), before, drawn);
        const parts = [rows(current, 0, first), next, rows(current, first + count, nodes - first - count)];
        current = concat(parts.filter((part) => part !== undefined));
      }
      first += count;
      edge += ends;
    }
    return current;
  };

  const keys = split(key, (samples ?? 1) * sweeps);
  const positions = argSort(order);
  let current = gather(transpose(states), order);
  const drawn = Array.from({ length: samples ?? 1 }, (_, s) => {
    for (const own of keys.slice(s * sweeps, (s + 1) * sweeps)) current = scoped<Tensor>(() => sweep(own, current));
    return transpose(gather(current, positions));
  });
  return samples === undefined ? (drawn[0] as Tensor) : stack(drawn);
}
