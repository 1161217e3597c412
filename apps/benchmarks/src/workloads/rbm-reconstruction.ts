import { add, cast, free, matMul, mean, readSync, scoped, sigmoid, square, sub, type Tensor } from '@ebmkit/tensor';

/** The parameters of a restricted Boltzmann machine. */
export type Machine = {
  /** `[visible, hidden]`. */
  readonly weight: Tensor;
  /** `[visible]`. */
  readonly visibleBias: Tensor;
  /** `[hidden]`. */
  readonly hiddenBias: Tensor;
};

/** The mean square between data and what the machine makes of them, up and down once without chance. */
export function reconstruction({ weight, visibleBias, hiddenBias }: Machine, states: Tensor): number {
  const error = scoped<Tensor>(() => {
    const hidden = sigmoid(add(matMul(states, weight), hiddenBias));
    const visible = sigmoid(add(matMul(hidden, weight, { transposeB: true }), visibleBias));
    return mean(square(sub(cast(states, 'float32'), visible)));
  });
  const value = readSync(error)[0] as number;
  free(error);
  return value;
}
