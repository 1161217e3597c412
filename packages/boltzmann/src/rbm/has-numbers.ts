import { add, isNaN, logicalNot, scoped, sum, type Tensor, tensorsOf } from '@ebmkit/tensor';

/** Whether no parameter is NaN, as a scalar: the conditionals of all chains depend on all parameters. */
export function hasNumbers(params: unknown): Tensor {
  return scoped<Tensor>(() => {
    const total = tensorsOf(params)
      .map((x) => sum(x))
      .reduce((a, b) => add(a, b));
    return logicalNot(isNaN(total));
  });
}
