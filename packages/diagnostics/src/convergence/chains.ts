/**
 * The draws of one scalar quantity: one array of numbers per chain, every chain with the same number of draws.
 *
 * @example
 * ```ts
 * const chains: Chains = [Float32Array.of(0.1, 0.4, -0.2, 0.3), [0.2, -0.1, 0.5, 0.0]];
 * ```
 */
export type Chains = readonly ArrayLike<number>[];

/**
 * Copies chains to double precision and refuses what is not a set of chains of one length.
 *
 * @param where - name of the calling function, which starts the error message
 * @param chains - the draws of one scalar
 * @returns one Float64Array per chain
 * @throws TypeError when `chains` is not an array of arrays
 * @throws RangeError when there is no chain or the lengths differ
 */
export function readChains(where: string, chains: Chains): Float64Array[] {
  const given: unknown = chains;
  if (!Array.isArray(given)) {
    throw new TypeError(
      `${where}: expected an array of chains (one array of numbers per chain), got ${describe(given)}. ` +
        'Wrap a single chain as [draws]; cut a flat [steps, chains, ...event] array with scalarChains.',
    );
  }
  if (chains.length === 0) {
    throw new RangeError(`${where}: expected at least one chain, got none. Pass one array of draws per chain.`);
  }
  const draws = chains[0]?.length;
  return chains.map((chain: unknown, index) => {
    if (!isNumberArray(chain)) {
      throw new TypeError(
        `${where}: expected chain ${index} to be an array of numbers, got ${describe(chain)}. ` +
          'Wrap a single chain as [draws].',
      );
    }
    if (chain.length !== draws) {
      throw new RangeError(
        `${where}: expected every chain to have ${draws} draws like chain 0, got ${chain.length} in chain ${index}. ` +
          'Cut all chains to one length.',
      );
    }
    return new Float64Array(chain);
  });
}

/**
 * Tells whether the chains suffice for a diagnostic; when they do not, the diagnostic is NaN, as in ArviZ.
 *
 * @param chains - the draws of one scalar
 * @param fewestChains - the number of chains that the diagnostic needs; every diagnostic needs 4 draws of each
 * @returns true when there are enough chains and draws and no draw is NaN
 */
export function sufficient(chains: readonly Float64Array[], fewestChains = 1): boolean {
  if (chains.length < fewestChains || (chains[0]?.length ?? 0) < 4) return false;
  return !chains.some((chain) => chain.some((draw) => Number.isNaN(draw)));
}

/**
 * Lays the draws of all chains end to end.
 *
 * @param chains - the draws of one scalar
 * @returns a new array with the draws of chain 0, then those of chain 1, and so on
 */
export function pool(chains: readonly Float64Array[]): Float64Array<ArrayBuffer> {
  const draws = chains[0]?.length ?? 0;
  const pooled = new Float64Array(chains.length * draws);
  chains.forEach((chain, index) => {
    pooled.set(chain, index * draws);
  });
  return pooled;
}

function isNumberArray(value: unknown): value is ArrayLike<number> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

function describe(value: unknown): string {
  if (value === null || typeof value !== 'object') return `${value === null ? 'null' : typeof value}`;
  const name = value.constructor?.name ?? 'object';
  return isNumberArray(value) ? `a flat ${name} of length ${value.length}` : `a value of type ${name}`;
}
