import { chainsOfScalar, namedDraws, type SampledArray } from '@ebmkit/diagnostics';

/** The energies of each chain, or a clear error for what is not one energy for each step and chain. */
export function chainsOfEnergies(where: string, energies: SampledArray): Float64Array[] {
  const [leaf, ...others] = namedDraws(energies, 'energies');
  if (!leaf || others.length > 0 || leaf.scalars !== 1 || leaf.steps === 0 || leaf.chains === 0) {
    throw new RangeError(
      `${where}: energies must be one number for each step and chain, got the shape [${energies.shape?.join(', ')}]. Pass { data, shape: [steps, chains] }.`,
    );
  }
  return chainsOfScalar(leaf, 0);
}

/**
 * The mean square change of the energy from draw to draw over its variance: the E-BFMI of Betancourt 2016
 * (arXiv:1604.00695) when the energies are Hamiltonians.
 *
 * @param energies - the energies of one chain
 * @returns the fraction; NaN for fewer than two draws, a constant energy or one that is not finite
 */
export function energyFraction(energies: ArrayLike<number>): number {
  const n = energies.length;
  let mean = 0;
  for (let i = 0; i < n; i += 1) mean += (energies[i] as number) / n;
  let [changes, spread] = [0, 0];
  for (let i = 0; i < n; i += 1) {
    const energy = energies[i] as number;
    spread += (energy - mean) ** 2;
    if (i > 0) changes += (energy - (energies[i - 1] as number)) ** 2;
  }
  return spread > 0 ? changes / spread : Number.NaN;
}
