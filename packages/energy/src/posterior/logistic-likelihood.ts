import { cast, logSigmoid, matMul, mul, ShapeError, sub, type Tensor } from '@ebmkit/tensor';

/** Data of a binary regression. */
export type BinaryOutcomes = {
  /** What the outcomes depend on, `[rows, features]`. For an intercept, make one of them 1. */
  readonly inputs: Tensor;
  /** What happened, `[rows]`: true or 1, false or 0. */
  readonly outcomes: Tensor;
};

/**
 * The log-likelihood of logistic regression, datum by datum, for `posterior`: with coefficients $`w`$, $`P(y = 1 \mid x) = \sigma(w \cdot x)`$ and
 *
 * ```math
 * \log p(y \mid x, w) = \log \sigma\bigl((2 y - 1)\, w \cdot x\bigr).
 * ```
 *
 * Exact and without overflow. Costs one product of the coefficients with the inputs.
 *
 * @param coefficients - The coefficients of every chain, `[chains, features]`.
 * @param data - Inputs and outcomes.
 * @returns `[chains, rows]`.
 * @throws ShapeError when the features do not agree.
 * @see Gelman and others, "Bayesian data analysis", 2013, chapter 16, https://doi.org/10.1201/b16018
 *
 * @example
 * ```ts
 * const target = posterior({ prior: gaussian({ mean: [0, 0], scale: 5 }), logLikelihood: logisticLikelihood, data: { inputs, outcomes } });
 * ```
 */
export function logisticLikelihood(coefficients: Tensor, { inputs, outcomes }: BinaryOutcomes): Tensor {
  if (coefficients.shape.length !== 2 || inputs.shape.length !== 2 || coefficients.shape[1] !== inputs.shape[1])
    throw new ShapeError(
      `logisticLikelihood: expected coefficients [chains, features] beside inputs [rows, features], got [${coefficients.shape.join(', ')}] and [${inputs.shape.join(', ')}].`,
    );
  const side = sub(mul(cast(outcomes, 'float32'), 2), 1);
  return logSigmoid(mul(matMul(coefficients, inputs, { transposeB: true }), side));
}
