import { gaussian } from '@ebmkit/energy';

/** The correlation of neighbours in the Gaussian target. */
const correlation = 0.9;

/** A Gaussian whose covariances are $`0.9^{|i-j|}`$, with its own gradient: energy and gradient take one product with the precision. */
export function correlatedGaussian(size: number) {
  const covariance = Array.from({ length: size }, (_, i) =>
    Float64Array.from({ length: size }, (__, j) => correlation ** Math.abs(i - j)),
  );
  return gaussian({ mean: new Float64Array(size), covariance });
}
