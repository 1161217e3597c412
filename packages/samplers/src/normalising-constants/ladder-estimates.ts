import { EbmError } from '@ebmkit/tensor';
import type { LadderDraws } from './ladder-draws.js';
import { bennettRatio, logMeanWeight, meanOf } from './log-weights.js';
import { type LogZEstimate, symmetricEstimate } from './log-z-estimate.js';

/** Groups of chains that are left out in turn. */
const mostGroups = 20;

/** The numbers of the chains that are not left out. */
function without(values: Float64Array, chains: number, isLeftOut: (chain: number) => boolean): Float64Array {
  return values.filter((_, i) => !isLeftOut(i % chains));
}

/** An estimate from all chains, and its standard error by the jackknife: from all but one group of chains in turn. */
function jackknife(
  chains: number,
  estimate: (pick: (values: Float64Array) => Float64Array) => number,
): { readonly value: number; readonly standardError: number } {
  const groups = Math.min(chains, mostGroups);
  const value = estimate((values) => values);
  const others = Array.from({ length: groups }, (_, group) =>
    estimate((values) => without(values, chains, (chain) => chain % groups === group)),
  );
  const mean = others.reduce((a, b) => a + b, 0) / groups;
  const spread = others.reduce((sum, other) => sum + (other - mean) ** 2, 0);
  return { value, standardError: Math.sqrt(((groups - 1) / groups) * spread) };
}

function checkLadder(caller: string, { betas, slope }: LadderDraws): void {
  if (betas.length === slope.length && betas.length >= 2) return;
  throw new EbmError('argument', `${caller}: expected what sampleLadder gives. Pass it as it is.`);
}

function varianceOf(values: Float64Array): number {
  const mean = meanOf(values);
  return values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (values.length - 1);
}

/**
 * Thermodynamic integration: $`\log Z_1 - \log Z_0 = -\int_0^1 \mathbb{E}_\beta[\partial_\beta E_\beta] \, d\beta`$, by the trapezoid rule with the correction
 * that the variances of the slopes give for the curvature, $`\frac{h^2}{12} (\mathrm{Var}_{r+1} - \mathrm{Var}_r)`$ for each pair of rungs. It has
 * an error that more draws do not remove and more rungs do: a fifth of the change when every other rung is left out counts as one
 * more standard error. On paths that are not geometric the correction is a part of the right one only. It needs no overlap of
 * neighbours, so it suits long ladders; with few rungs `bridgeSampling` is better.
 *
 * @param ladder - What `sampleLadder` gives.
 * @returns The log normaliser at beta 1.
 *
 * @see Friel, Hurn and Wyse, "Improving power posterior estimation of statistical evidence", 2014,
 * https://doi.org/10.1007/s11222-013-9397-1
 */
export function thermodynamicIntegration(ladder: LadderDraws): LogZEstimate {
  checkLadder('thermodynamicIntegration', ladder);
  const { betas, slope, baseLogZ, chains, ess } = ladder;
  const all = betas.map((_, r) => r);
  const coarse = all.filter((r) => r % 2 === 0 || r === betas.length - 1);
  const moments = (pick: (values: Float64Array) => Float64Array) =>
    slope.map((values) => ({ mean: meanOf(pick(values)), variance: varianceOf(pick(values)) }));
  const { value, standardError } = jackknife(chains, (pick) => integrate(betas, moments(pick), all));
  const discretisation =
    (value -
      integrate(
        betas,
        moments((values) => values),
        coarse,
      )) /
    5;
  return symmetricEstimate(baseLogZ + value, Math.hypot(standardError, discretisation), ess);
}

/** The corrected trapezoid rule over some of the rungs. */
function integrate(
  betas: readonly number[],
  moments: readonly { readonly mean: number; readonly variance: number }[],
  rungs: readonly number[],
): number {
  let total = 0;
  for (const [i, r] of rungs.slice(0, -1).entries()) {
    const next = rungs[i + 1] as number;
    const h = (betas[next] as number) - (betas[r] as number);
    const [a, b] = [moments[r], moments[next]] as [(typeof moments)[number], (typeof moments)[number]];
    total -= (h / 2) * (a.mean + b.mean) + (h ** 2 / 12) * (b.variance - a.variance);
  }
  return total;
}

/**
 * Stepping stone: the product of the ratios of neighbouring normalisers, each the mean weight $`e^{E_r - E_{r+1}}`$ of draws at the
 * lower rung. The ratio of each pair is unbiased; its log is too low when few draws carry the weight. It uses the draws of one side;
 * `bridgeSampling` uses those of both.
 *
 * @param ladder - What `sampleLadder` gives.
 * @returns The log normaliser at beta 1; `ess` is the smallest effective number of weights of any pair.
 *
 * @see Xie, Lewis, Fan, Kuo and Chen, "Improving marginal likelihood estimation for Bayesian phylogenetic model selection", 2011,
 * https://doi.org/10.1093/sysbio/syq085
 */
export function steppingStone(ladder: LadderDraws): LogZEstimate {
  checkLadder('steppingStone', ladder);
  const { up, baseLogZ, chains, ess, steps } = ladder;
  const weightsOf = (values: Float64Array): Float64Array => values.map((change) => -change);
  const { value, standardError } = jackknife(chains, (pick) =>
    up.reduce((sum, values) => sum + logMeanWeight(weightsOf(pick(values))).logMean, 0),
  );
  const shares = up.map((values) => logMeanWeight(weightsOf(values)).ess / (chains * steps));
  return symmetricEstimate(baseLogZ + value, standardError, ess * Math.min(...shares));
}

/**
 * Bridge sampling: the ratio of each pair of neighbouring normalisers by Bennett's acceptance ratio, from the draws of both rungs;
 * of all estimates from these draws the one of least variance. The first choice among the three.
 *
 * @param ladder - What `sampleLadder` gives.
 * @returns The log normaliser at beta 1.
 *
 * @see Meng and Wong, "Simulating ratios of normalizing constants via a simple identity", 1996,
 * https://www3.stat.sinica.edu.tw/statistica/oldpdf/A6n41.pdf
 */
export function bridgeSampling(ladder: LadderDraws): LogZEstimate {
  checkLadder('bridgeSampling', ladder);
  const { up, down, baseLogZ, chains, ess } = ladder;
  const { value, standardError } = jackknife(chains, (pick) =>
    up.reduce((sum, values, r) => {
      const forward = pick(values).map((change) => -change);
      return sum + bennettRatio(forward, pick(down[r] as Float64Array)).logRatio;
    }, 0),
  );
  return symmetricEstimate(baseLogZ + value, standardError, ess);
}
