import { EbmError } from '@ebmkit/tensor';
import type { Rbm } from '../rbm/rbm.js';
import type { RbmParameters } from '../rbm/rbm-parameters.js';
import { type RbmMagnetisations, type RbmMeanFieldOptions, solveMeans } from './rbm-fixed-point.js';

/** Settings of `rbmTap`. */
export interface RbmTapOptions extends RbmMeanFieldOptions {
  /** How many orders in the weights are kept: 2 unless given. */
  readonly order?: 2 | 3;
}

/**
 * The equations of Thouless, Anderson and Palmer of a machine of two-valued units on the backend, to second or third order in its
 * weights. With the means $`m`$, variances $`v`$ and third cumulants $`\kappa`$ of the units, $`\log Z`$ is about the largest value of
 * $`\sum_i S_i - U(m) + \sum_{ij} [W_{ij} m_i m_j + \tfrac12 W_{ij}^2 v_i v_j + \tfrac16 W_{ij}^3 \kappa_i \kappa_j]`$. Biased,
 * with an error of either sign; for weights that are not too strong, and the status says where the iteration does not converge. Two
 * matrix products of all rows for each order and iteration. `tap` is the same for any small pairwise graph.
 *
 * @param machine - A machine of two-valued units: `bernoulli`, `spin`, and mixtures of them.
 * @param params - Its parameters.
 * @param options - Order, start, clamped units, iterations, tolerance, damping (0.5 unless given), progress, abort.
 * @returns The means of both layers, the estimate of $`\log Z`$ and the status of each row.
 * @throws EbmError when the units have other values or an option is wrong, or with code `aborted` when the signal fires.
 *
 * @example
 * ```ts
 * const { visible, logZ, status } = await rbmTap(machine, params, { order: 3 });
 * ```
 * @see Gabrié, Tramel and Krzakala, "Training restricted Boltzmann machines via the Thouless-Anderson-Palmer free energy", 2015, https://arxiv.org/abs/1506.02914
 */
export async function rbmTap<V extends string, H extends string>(
  machine: Rbm<V, H>,
  params: RbmParameters<V, H>,
  options: RbmTapOptions = {},
): Promise<RbmMagnetisations> {
  const { order = 2, ...rest } = options;
  if (order !== 2 && order !== 3)
    throw new EbmError('argument', `rbmTap: order must be 2 or 3, got ${String(order)}. Order 1 is rbmMeanField.`);
  return solveMeans('rbmTap', machine, params, order, rest);
}
