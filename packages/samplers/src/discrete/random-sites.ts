import { add, argMin, argSort, cast, type Key, logicalNot, reshape, slice, type Tensor, uniform } from '@ebmkit/tensor';

/** Which sites to draw. */
export interface SiteDraw {
  /** How many chains. */
  readonly chains: number;
  /** How many sites each has. */
  readonly sites: number;
  /** Which of them may be drawn, bool `[chains, sites]`; all unless given. */
  readonly free?: Tensor | undefined;
}

/** A number for each site, whose order is random: free sites before the others. */
function priorities(key: Key, { chains, sites, free }: SiteDraw): Tensor {
  const u = uniform(key, [chains, sites]);
  return free ? add(u, cast(logicalNot(free), 'float32')) : u;
}

/** One random free site of each chain, int32 `[chains]`; any site where none is free. */
export function randomSite(key: Key, draw: SiteDraw): Tensor {
  return argMin(priorities(key, draw), 1);
}

/** Different random sites of each chain, as many tensors int32 `[chains]` as asked for: the free ones come first. */
export function distinctSites(key: Key, draw: SiteDraw, count: number): readonly Tensor[] {
  if (count === 1) return [randomSite(key, draw)];
  const order = argSort(priorities(key, draw), 1);
  return Array.from({ length: count }, (_, j) => reshape(slice(order, [0, j], [draw.chains, 1]), [draw.chains]));
}
