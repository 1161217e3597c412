/** What the log weights of independent chains say about a ratio of normalisers. */
export interface WeightEstimate {
  /** The log of the mean weight. */
  readonly logMean: number;
  /** The standard error of `logMean`. */
  readonly standardError: number;
  /** The effective number of chains. */
  readonly ess: number;
}

/** The largest of some numbers; NaN if any is. */
function largest(values: Float64Array): number {
  return values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
}

/**
 * The log of the mean of weights that are given as logs, without overflow.
 *
 * The standard error is that of the mean by the delta method, $`\sqrt{\mathrm{var}(w) / n} / \bar w`$; the effective sample size is
 * $`(\sum w)^2 / \sum w^2`$. Both are too good to be true when the effective sample size is a handful.
 *
 * @param logWeights - One for each chain. NaN makes everything NaN.
 */
export function logMeanWeight(logWeights: Float64Array): WeightEstimate {
  const n = logWeights.length;
  const top = largest(logWeights);
  if (!Number.isFinite(top)) return { logMean: top, standardError: Number.NaN, ess: Number.NaN };
  let [total, squares] = [0, 0];
  for (const w of logWeights) {
    const scaled = Math.exp(w - top);
    total += scaled;
    squares += scaled * scaled;
  }
  const share = squares / total ** 2;
  const variance = (n / (n - 1)) * Math.max(0, share - 1 / n);
  return { logMean: top + Math.log(total / n), standardError: Math.sqrt(variance), ess: 1 / share };
}

/** The root of a falling function within a bracket, by Newton's steps where they stay inside and bisection where not. */
function fallingRoot(
  bracket: { readonly low: number; readonly high: number },
  f: (x: number) => { readonly value: number; readonly slope: number },
): number {
  let { low, high } = bracket;
  let x = (low + high) / 2;
  for (let i = 0; i < 200 && high - low > 1e-12 * Math.max(1, Math.abs(low)); i++) {
    const { value, slope } = f(x);
    if (value > 0) low = x;
    else high = x;
    const next = x - value / slope;
    const isInside = next > low && next < high;
    const previous = x;
    x = isInside ? next : (low + high) / 2;
    if (Math.abs(x - previous) <= 1e-13 * Math.max(1, Math.abs(x))) break;
  }
  return x;
}

/** A log ratio of normalisers and its standard error. */
export interface BennettEstimate {
  /** $`\log (Z_1 / Z_0)`$. */
  readonly logRatio: number;
  /** Its asymptotic standard error. */
  readonly standardError: number;
}

const fermi = (x: number): number => 1 / (1 + Math.exp(x));
/** The mean of numbers. */
export const meanOf = (values: Float64Array): number => values.reduce((a, b) => a + b, 0) / values.length;

/**
 * Bennett's acceptance ratio: of all estimates from work done both ways the one of least variance.
 *
 * With forward log weights $`f_i`$ (mean weight $`Z_1 / Z_0`$) and reverse ones $`r_j`$ (mean weight $`Z_0 / Z_1`$) it is the root $`c`$ of
 * $`\sum_i s(f_i - c - m) = \sum_j s(r_j + c + m)`$ where $`s(x) = 1 / (1 + e^{-x})`$ and $`m = \log(n_f / n_r)`$.
 *
 * @param forward - Log weights from 0 to 1.
 * @param reverse - Log weights from 1 to 0, of the reversed process.
 * @see Bennett, "Efficient estimation of free energy differences from Monte Carlo data", 1976,
 * https://doi.org/10.1016/0021-9991(76)90078-4
 */
export function bennettRatio(forward: Float64Array, reverse: Float64Array): BennettEstimate {
  const m = Math.log(forward.length / reverse.length);
  const up = (c: number): Float64Array => forward.map((f) => fermi(-(f - c - m)));
  const down = (c: number): Float64Array => reverse.map((r) => fermi(-(r + c + m)));
  const ends = [...forward, ...reverse.map((r) => -r)];
  if (!ends.every(Number.isFinite)) return { logRatio: Number.NaN, standardError: Number.NaN };
  const bracket = {
    low: ends.reduce((a, b) => Math.min(a, b)) - 2 * Math.abs(m) - 2,
    high: ends.reduce((a, b) => Math.max(a, b)) + 2 * Math.abs(m) + 2,
  };
  const c = fallingRoot(bracket, (at) => {
    const [f, r] = [up(at), down(at)];
    const slope = (values: Float64Array): number => values.reduce((sum, s) => sum + s * (1 - s), 0);
    return { value: meanOf(f) * f.length - meanOf(r) * r.length, slope: -slope(f) - slope(r) };
  });
  const spread = (values: Float64Array): number =>
    (meanOf(values.map((v) => v * v)) / meanOf(values) ** 2 - 1) / values.length;
  return { logRatio: c, standardError: Math.sqrt(spread(up(c)) + spread(down(c))) };
}
