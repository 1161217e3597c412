import { fourierTransform } from '../numerics/fourier.js';
import { centre } from '../numerics/moments.js';

/**
 * The mean over chains of the autocovariance at every lag, each chain centred at its own mean.
 *
 * Two chains share one Fourier transform as its real and imaginary parts, and one inverse serves the sum of all power
 * spectra. Zero padding to twice the length makes the convolution linear. Cost: order `chains * n log n`.
 *
 * @param chains - arrays of one length `n`
 * @returns the autocovariance at lags 0 to `n - 1`, with divisor `n` at every lag
 */
export function meanAutocovariance(chains: readonly Float64Array[]): Float64Array {
  const draws = chains[0]?.length ?? 0;
  const size = 2 ** Math.ceil(Math.log2(Math.max(2 * draws, 2)));
  const power = new Float64Array(size);
  for (let chain = 0; chain < chains.length; chain += 2) {
    const real = new Float64Array(size);
    const imaginary = new Float64Array(size);
    real.set(centre(chains[chain] as Float64Array));
    const partner = chains[chain + 1];
    if (partner) imaginary.set(centre(partner));
    fourierTransform(real, imaginary);
    for (let k = 0; k < size; k++) {
      const square = (real[k] as number) ** 2 + (imaginary[k] as number) ** 2;
      power[k] = (power[k] as number) + square / 2;
      const mirror = (size - k) % size;
      power[mirror] = (power[mirror] as number) + square / 2;
    }
  }
  fourierTransform(power, new Float64Array(size));
  return power.subarray(0, draws).map((sum) => sum / (size * draws * chains.length));
}

/**
 * The autocovariance of one chain: how strongly a draw varies together with the draw `t` steps later.
 *
 * ```math
 * c_t = \frac{1}{n} \sum_{i=1}^{n-t} (x_i - \bar x)(x_{i+t} - \bar x)
 * ```
 *
 * The divisor is `n` at every lag (biased, positive semi-definite), as in ArviZ's `autocov`. A NaN among the draws makes
 * every lag NaN. Cost: order `n log n`.
 *
 * @param draws - the draws of one scalar in one chain, of length `n`
 * @returns `n` numbers in squared units of the draws, for lags 0 to `n - 1`
 */
export function autocovariance(draws: ArrayLike<number>): Float64Array {
  return meanAutocovariance([new Float64Array(draws)]);
}

/**
 * The autocorrelation of one chain: its autocovariance divided by that at lag 0, so that lag 0 is 1.
 *
 * $`\rho_t = c_t / c_0`$ with the autocovariance of {@link autocovariance}. Equal to ArviZ's `autocorr`; NaN at every
 * lag for a constant chain. Cost: order `n log n`.
 *
 * @param draws - the draws of one scalar in one chain, of length `n`
 * @returns `n` numbers without unit, for lags 0 to `n - 1`
 * @example
 * ```ts
 * const rho = autocorrelation([1, 2, 3, 4]); // [1, 0.25, -0.3, -0.45]
 * ```
 */
export function autocorrelation(draws: ArrayLike<number>): Float64Array {
  const covariance = autocovariance(draws);
  const atZero = covariance[0] ?? Number.NaN;
  return covariance.map((value) => value / atZero);
}
