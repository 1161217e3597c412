import type { ContinuousEnergy } from '@ebmkit/energy';
import { add, exp, log1p, mul, reshape, slice, square, sub, sumEvent, tensor } from '@ebmkit/tensor';

/** Effects of coaching in eight schools and their standard errors (Rubin 1981). */
const effects = [28, 8, -3, 7, -1, 1, 18, 12];
const errors = [15, 10, 16, 11, 9, 11, 10, 18];

/** The prior of the mean is normal with this deviation, that of the deviation between schools half-Cauchy with this scale. */
const priorScale = 5;

/**
 * Eight schools: states `[mu, log tau, ...]` and either the effects of the schools themselves (centred) or those in units of
 * $`\tau`$ from $`\mu`$ (non-centred).
 */
export function eightSchools(centred: boolean): ContinuousEnergy {
  return {
    energy: (x) => {
      const n = x.shape[0] as number;
      const [mu, logTau, rest] = [slice(x, [0, 0], [n, 1]), slice(x, [0, 1], [n, 1]), slice(x, [0, 2], [n, 8])];
      const tau = exp(logTau);
      const theta = centred ? rest : add(mu, mul(tau, rest));
      const unit = centred ? mul(sub(rest, mu), exp(mul(logTau, -1))) : rest;
      const misfit = mul(sub(theta, tensor(effects)), tensor(errors.map((s) => 1 / s)));
      const squares = add(sumEvent(square(misfit)), sumEvent(square(unit)));
      const prior = add(mul(square(mul(mu, 1 / priorScale)), 0.5), log1p(square(mul(tau, 1 / priorScale))));
      const volume = mul(logTau, centred ? 7 : -1);
      return add(mul(squares, 0.5), reshape(add(prior, volume), [n]));
    },
  };
}

/** The posterior means of $`\mu`$ and $`\log \tau`$: $`\mu`$ integrated out by hand, $`\log \tau`$ by sums over a fine grid. */
export function eightSchoolsMeans(): { readonly mu: number; readonly logTau: number } {
  let [mass, mu, logTau] = [0, 0, 0];
  for (let t = -16; t < 8; t += 1e-3) {
    const tau = Math.exp(t);
    const precisions = errors.map((s) => 1 / (s * s + tau * tau));
    const total = 1 / priorScale ** 2 + precisions.reduce((a, b) => a + b, 0);
    const mean = precisions.reduce((s, p, i) => s + p * (effects[i] as number), 0) / total;
    const fit = precisions.reduce((s, p, i) => s + Math.log(p) - p * (effects[i] as number) ** 2, 0) / 2;
    const weight = Math.exp(fit + (total * mean * mean) / 2 - Math.log(total) / 2 + t) / (1 + (tau / priorScale) ** 2);
    mass += weight;
    mu += weight * mean;
    logTau += weight * t;
  }
  return { mu: mu / mass, logTau: logTau / mass };
}
