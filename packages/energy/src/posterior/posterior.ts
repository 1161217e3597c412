import {
  EbmError,
  isTensor,
  mul,
  ShapeError,
  sub,
  sum,
  type Tensor,
  type TensorLike,
  type Tree,
  tensorsOf,
} from '@ebmkit/tensor';
import type { ContinuousEnergy } from '../energy.js';
import { scopedTree } from '../scoped-tree.js';

/** What a posterior is made of. */
export interface PosteriorOptions<X extends Tree, D extends Tree> {
  /** Minus the logarithm of the prior density, an energy of parameters. What it holds fixed (see `clamp`) stays fixed. */
  readonly prior: ContinuousEnergy<X>;
  /**
   * The log-likelihood of every datum under every chain's parameters: parameters `[chains, ...event]` and data `[rows, ...]` to
   * `[chains, rows]`. The data may be a batch of them, so it must not depend on how many there are.
   */
  readonly logLikelihood: (params: X, data: D) => Tensor;
  /** The data: a tensor `[rows, ...]`, or a tree of tensors that share their first axis. Borrowed: keep it alive. */
  readonly data: D;
  /** The inverse temperature of the likelihood, a number of at least 0 or a scalar tensor; 1 unless given. 0 leaves the prior. */
  readonly beta?: TensorLike;
}

/** An energy over parameters, with what it was made of. */
export interface Posterior<X extends Tree = Tensor, D extends Tree = Tree>
  extends ContinuousEnergy<X>,
    Required<PosteriorOptions<X, D>> {
  /** How many data there are. */
  readonly rows: number;
}

/** The rows of data: the first axis that all its tensors share. */
export function dataRows(where: string, data: Tree): number {
  const tensors = tensorsOf(data);
  const rows = tensors[0]?.shape[0];
  if (!rows || tensors.some(({ shape }) => shape[0] !== rows))
    throw new ShapeError(
      `${where}: expected data [rows, ...] that share their first axis, got ${tensors.map(({ shape }) => `[${shape.join(', ')}]`).join(', ') || 'no tensor'}. Put the data on the first axis.`,
    );
  return rows;
}

/** The log-likelihood of data, summed over them: `[chains]`. */
export function summedLogLikelihood<X extends Tree, D extends Tree>(
  { logLikelihood }: Pick<PosteriorOptions<X, D>, 'logLikelihood'>,
  params: X,
  data: D,
): Tensor {
  const pointwise = logLikelihood(params, data);
  const [chains, rows] = [tensorsOf(params)[0]?.shape[0], dataRows('posterior', data)];
  if (pointwise.shape.length !== 2 || pointwise.shape[0] !== chains || pointwise.shape[1] !== rows)
    throw new ShapeError(
      `posterior: expected logLikelihood to give [chains, rows], here [${chains}, ${rows}], got [${pointwise.shape.join(', ')}]. Sum over the parts of a datum only.`,
    );
  return sum(pointwise, 1);
}

/**
 * A Bayesian posterior as an energy of the parameters: with a prior $`e^{-E_0}`$ and data $`x_1, \dots, x_N`$,
 *
 * ```math
 * E(\theta) = E_0(\theta) - \beta \sum_{i=1}^{N} \log p(x_i \mid \theta).
 * ```
 *
 * Exact; costs a pass over all data. For estimates from a batch see `stochasticEnergy`. With $`\beta`$ below 1 it is a tempered (power) posterior, on the path from the
 * prior to the posterior that thermodynamic integration and annealing walk. The maximum a posteriori is `minimise` of it.
 *
 * @param options - The prior, the log-likelihood of each datum, the data, and the inverse temperature.
 * @returns An energy over parameters `[chains, ...event]`, or trees of them, that also carries what it was made of.
 * @throws EbmError when `beta` is negative, the prior is over discrete states, or the data are none.
 *
 * @example
 * ```ts
 * const target = posterior({
 *   prior: gaussian({ mean: [0, 0], scale: 10 }),
 *   logLikelihood: logisticLikelihood,
 *   data: { inputs, outcomes },
 * });
 * const { positions } = await minimise(target, zeros([1, 2]));
 * ```
 * @see Friel and Pettitt, "Marginal likelihood estimation via power posteriors", 2008, https://doi.org/10.1111/j.1467-9868.2007.00650.x
 */
export function posterior<X extends Tree, D extends Tree>(options: PosteriorOptions<X, D>): Posterior<X, D> {
  const { prior, data, beta = 1 } = options;
  const isScalar = isTensor(beta) ? beta.shape.length === 0 : Number.isFinite(beta) && beta >= 0;
  if (!isScalar)
    throw new EbmError(
      'argument',
      `posterior: beta must be a finite number of at least 0 or a scalar tensor, got ${isTensor(beta) ? `[${beta.shape.join(', ')}]` : beta}.`,
    );
  if ((prior.support as string | undefined) === 'discrete')
    throw new EbmError('argument', 'posterior: expected a prior over real parameters, got one over discrete states.');
  return {
    ...options,
    beta,
    rows: dataRows('posterior', data),
    support: 'continuous',
    energy: (params) =>
      scopedTree(() => sub(prior.energy(params), mul(summedLogLikelihood(options, params, data), beta))),
    ...(prior.constrain && { constrain: prior.constrain }),
  };
}
