import type { Rbm } from '../rbm/rbm.js';
import type { RbmParameters } from '../rbm/rbm-parameters.js';
import { type RbmMagnetisations, type RbmMeanFieldOptions, solveMeans } from './rbm-fixed-point.js';

/**
 * Naive mean field of a machine of two-valued units on the backend: $`m^h = \mathbb{E}[h \mid m^v]`$,
 * $`m^v = \mathbb{E}[v \mid m^h]`$, layer after layer. `logZ` never exceeds the true one and, without damping, grows with every
 * iteration. Biased. Two matrix products of all rows each iteration; `meanField` is the same for any small graph, and `rbmTap` adds the
 * next terms.
 *
 * @param machine - A machine of two-valued units: `bernoulli`, `spin`, and mixtures of them.
 * @param params - Its parameters.
 * @param options - Start, clamped units, iterations, tolerance, damping (0 unless given), progress, abort.
 * @returns The means of both layers, the lower bound on $`\log Z`$ and the status of each row.
 * @throws EbmError when the units have other values or an option is wrong, or with code `aborted` when the signal fires.
 *
 * @example
 * ```ts
 * const { hidden, logZ, status } = await rbmMeanField(machine, params);
 * ```
 * @see Peterson and Anderson, "A mean field theory learning algorithm for neural networks", 1987
 */
export async function rbmMeanField<V extends string, H extends string>(
  machine: Rbm<V, H>,
  params: RbmParameters<V, H>,
  options: RbmMeanFieldOptions = {},
): Promise<RbmMagnetisations> {
  return solveMeans('rbmMeanField', machine, params, 1, options);
}
