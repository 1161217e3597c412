/**
 * Cuts every chain into two halves, so that a drift within a chain shows as a difference between chains.
 *
 * With an odd number of draws the middle draw is dropped, as in ArviZ and Stan.
 *
 * @param chains - arrays of one length `n`
 * @returns the first halves of all chains, then the second halves: twice as many arrays of length `floor(n / 2)`,
 * which share memory with `chains`
 */
export function splitChains(chains: readonly Float64Array[]): Float64Array[] {
  const draws = chains[0]?.length ?? 0;
  const half = Math.floor(draws / 2);
  return [
    ...chains.map((chain) => chain.subarray(0, half)),
    ...chains.map((chain) => chain.subarray(draws - half, draws)),
  ];
}
