/**
 * The ranks, from 0 to n − 1, of all draws of all chains together; equal draws share the mean of their ranks.
 *
 * @param chains - the draws of one scalar
 * @returns the ranks in the layout of the chains; NaN draws rank last
 */
export function averageRanks(chains: readonly ArrayLike<number>[]): Float64Array[] {
  const steps = chains[0]?.length ?? 0;
  const pooled = new Float64Array(steps * chains.length);
  chains.forEach((chain, index) => {
    pooled.set(chain, index * steps);
  });
  const order = new Uint32Array(pooled.length).map((_, index) => index);
  const key = (index: number) => {
    const value = pooled[index] as number;
    return Number.isNaN(value) ? Number.POSITIVE_INFINITY : value;
  };
  order.sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
  const ranks = new Float64Array(pooled.length);
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (to < order.length && key(order[to] as number) === key(order[from] as number)) to += 1;
    for (let place = from; place < to; place += 1) ranks[order[place] as number] = (from + to - 1) / 2;
    from = to;
  }
  return chains.map((_, index) => ranks.subarray(index * steps, (index + 1) * steps));
}
