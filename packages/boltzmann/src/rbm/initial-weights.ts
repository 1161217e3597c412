import { type Key, mul, normal, type Shape, type Tensor } from '@ebmkit/tensor';

/** Initial weights have this standard deviation: small enough that units begin nearly independent. */
const deviation = 0.01;

/** Weights to begin with, from $`N(0, 0.01^2)`$. */
export function initialWeights(key: Key, shape: Shape): Tensor {
  return mul(normal(key, shape), deviation);
}
