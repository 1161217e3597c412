import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  autocorrelation,
  autocorrelationTime,
  autocovariance,
  bulkEss,
  bulkRHat,
  type Chains,
  foldedEss,
  foldedRHat,
  localEss,
  madEss,
  meanEss,
  meanMcse,
  medianEss,
  medianMcse,
  plainEss,
  plainRHat,
  quantile,
  quantileEss,
  quantileMcse,
  rHat,
  sdEss,
  sdMcse,
  splitRHat,
  summarise,
  tailEss,
} from '../index.js';

type Written = number | 'NaN' | 'Infinity' | '-Infinity';

interface Expected {
  readonly mean: Written;
  readonly sd: Written;
  readonly quantile: readonly Written[];
  readonly ess: Readonly<Record<'bulk' | 'tail' | 'mean' | 'sd' | 'median' | 'mad' | 'folded' | 'identity', Written>>;
  readonly essQuantile: readonly Written[];
  readonly essTail10: Written;
  readonly essLocal: Written;
  readonly rhat: Readonly<Record<'rank' | 'split' | 'folded' | 'z_scale' | 'identity', Written>>;
  readonly mcse: Readonly<Record<'mean' | 'sd' | 'median', Written>>;
  readonly mcseQuantile: readonly Written[];
  readonly autocovariance: readonly Written[];
  readonly autocorrelation: readonly Written[];
}

interface Fixture {
  readonly versions: Readonly<Record<string, string>>;
  readonly probabilities: readonly number[];
  readonly cases: readonly { name: string; chains: readonly Written[][]; expected: Expected }[];
}

const fixture = JSON.parse(readFileSync(new URL('../../fixtures/arviz.json', import.meta.url), 'utf8')) as Fixture;

function expectEqual(what: string, got: number, written: Written, scale = 0): void {
  const wanted = Number(written);
  if (!Number.isFinite(wanted)) {
    expect(got, what).toBe(wanted);
    return;
  }
  expect(Math.abs(got - wanted), `${what}: got ${got}, ArviZ ${wanted}`).toBeLessThanOrEqual(
    1e-6 * Math.max(Math.abs(wanted), scale),
  );
}

describe(`equal to ArviZ ${fixture.versions.arviz} to 1e-6`, () => {
  for (const { name, chains: written, expected } of fixture.cases) {
    const chains: Chains = written.map((chain) => chain.map(Number));
    const first = chains[0] as ArrayLike<number>;

    it(`effective sample sizes: ${name}`, () => {
      expectEqual('bulk', bulkEss(chains), expected.ess.bulk);
      expectEqual('tail', tailEss(chains), expected.ess.tail);
      expectEqual('mean', meanEss(chains), expected.ess.mean);
      expectEqual('sd', sdEss(chains), expected.ess.sd);
      expectEqual('median', medianEss(chains), expected.ess.median);
      expectEqual('mad', madEss(chains), expected.ess.mad);
      expectEqual('folded', foldedEss(chains), expected.ess.folded);
      expectEqual('identity', plainEss(chains), expected.ess.identity);
      expectEqual('tail of 10%', tailEss(chains, [0.1, 0.9]), expected.essTail10);
      expectEqual('local', localEss(chains, [0.25, 0.5]), expected.essLocal);
      const splitDraws = 2 * Math.floor(first.length / 2) * chains.length;
      expectEqual('autocorrelation time', autocorrelationTime(chains), splitDraws / Number(expected.ess.mean));
      fixture.probabilities.forEach((p, i) => {
        expectEqual(`quantile ${p}`, quantileEss(chains, p), expected.essQuantile[i] as Written);
      });
    });

    it(`R-hat: ${name}`, () => {
      expectEqual('rank', rHat(chains), expected.rhat.rank);
      expectEqual('split', splitRHat(chains), expected.rhat.split);
      expectEqual('folded', foldedRHat(chains), expected.rhat.folded);
      expectEqual('z_scale', bulkRHat(chains), expected.rhat.z_scale);
      expectEqual('identity', plainRHat(chains), expected.rhat.identity);
    });

    it(`Monte Carlo standard errors and quantiles: ${name}`, () => {
      expectEqual('mean', meanMcse(chains), expected.mcse.mean);
      expectEqual('sd', sdMcse(chains), expected.mcse.sd);
      expectEqual('median', medianMcse(chains), expected.mcse.median);
      const pooled = chains.flatMap((chain) => Array.from(chain));
      fixture.probabilities.forEach((p, i) => {
        expectEqual(`mcse of quantile ${p}`, quantileMcse(chains, p), expected.mcseQuantile[i] as Written);
        expectEqual(`quantile ${p}`, quantile(pooled, p), expected.quantile[i] as Written);
      });
    });

    it(`autocorrelation: ${name}`, () => {
      const covariance = autocovariance(first);
      const correlation = autocorrelation(first);
      const scale = Math.abs(Number(expected.autocovariance[0]));
      expected.autocovariance.forEach((value, lag) => {
        expectEqual(`autocovariance ${lag}`, covariance[lag] as number, value, scale);
        expectEqual(`autocorrelation ${lag}`, correlation[lag] as number, expected.autocorrelation[lag] as Written, 1);
      });
    });

    it(`summary: ${name}`, () => {
      const summary = summarise(chains, { probabilities: fixture.probabilities });
      expectEqual('mean', summary.mean, expected.mean);
      expectEqual('sd', summary.sd, expected.sd);
      expectEqual('bulk', summary.bulkEss, expected.ess.bulk);
      expectEqual('tail', summary.tailEss, expected.ess.tail);
      expectEqual('mean ess', summary.meanEss, expected.ess.mean);
      expectEqual('sd ess', summary.sdEss, expected.ess.sd);
      expectEqual('mcse mean', summary.meanMcse, expected.mcse.mean);
      expectEqual('mcse sd', summary.sdMcse, expected.mcse.sd);
      expectEqual('R-hat', summary.rHat, expected.rhat.rank);
      summary.quantiles.forEach(({ value, ess, mcse }, i) => {
        expectEqual('quantile', value, expected.quantile[i] as Written);
        expectEqual('quantile ess', ess, expected.essQuantile[i] as Written);
        expectEqual('quantile mcse', mcse, expected.mcseQuantile[i] as Written);
      });
    });
  }
});
