/** What a normaliser needs of an even one-dimensional density $`e^{-E(x)}`$. */
export interface EvenMoments {
  /** The logarithm of its integral. */
  readonly logZ: number;
  /** The mean of $`x^2`$. */
  readonly secondMoment: number;
}

/**
 * The normaliser and the variance of an even density by the trapezoid rule, whose error falls exponentially with the number of
 * points for an analytic function that vanishes at the ends.
 *
 * @param energy - The even energy, at least 0 everywhere.
 * @param end - Where $`e^{-E}`$ is 0 for all purposes.
 * @param spacing - A small part of the width of the narrowest peak.
 */
export function integrateEven(energy: (x: number) => number, end: number, spacing: number): EvenMoments {
  const points = Math.ceil(end / spacing);
  const step = end / points;
  let [total, squares] = [0, 0];
  for (let i = points; i >= 0; i--) {
    const x = i * step;
    const density = Math.exp(-energy(x)) * (i === 0 ? 1 : 2);
    total += density;
    squares += density * x * x;
  }
  return { logZ: Math.log(total * step), secondMoment: squares / total };
}
