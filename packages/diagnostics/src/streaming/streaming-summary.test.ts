import { describe, expect, it } from 'vitest';
import { autoregressiveChains } from '../../fixtures/chains-for-tests.js';
import { meanAutocovariance as autocovarianceOf } from '../convergence/autocorrelation.js';
import {
  autocorrelationTime,
  autocovariance,
  type Chains,
  meanEss,
  meanMcse,
  plainEss,
  type StreamingSummary,
  splitRHat,
  streamingSummary,
  summarise,
} from '../index.js';
import { mean, variance } from '../numerics/moments.js';
import { type LagLevel, levelCovariance } from './lag-level.js';
import { truncatedSum } from './streaming-ess.js';

/** Feeds the draws of several scalars, step by step. */
function feed(stream: StreamingSummary, scalars: readonly Chains[], from: number, to: number): void {
  const [size, chains] = [scalars.length, scalars[0]?.length ?? 0];
  const row = new Float64Array(chains * size);
  for (let t = from; t < to; t++) {
    scalars.forEach((scalar, component) => {
      for (let chain = 0; chain < chains; chain++) row[chain * size + component] = scalar[chain]?.[t] as number;
    });
    stream.add(row);
  }
}

function streamOf(scalars: readonly Chains[], draws: number): StreamingSummary {
  const stream = streamingSummary({ chains: scalars[0]?.length ?? 0, size: scalars.length });
  feed(stream, scalars, 0, draws);
  return stream;
}

function close(got: number | undefined, wanted: number, tolerance = 1e-9): void {
  expect(Math.abs((got as number) - wanted), `${got} against ${wanted}`).toBeLessThanOrEqual(
    tolerance * Math.abs(wanted),
  );
}

const head = (chains: Chains, draws: number): Chains => chains.map((chain) => Array.from(chain).slice(0, draws));
const cases = [0.9, 0, -0.6].map((phi, i) => autoregressiveChains(20 + i, phi, 3, 2048));

describe('exact', () => {
  it.each([4, 5, 17, 63])('everything equals the batch diagnostics for %d draws', (draws) => {
    const summary = streamOf(cases, draws).summary();
    expect(summary).toMatchObject({ chains: 3, steps: draws });
    cases.forEach((chains, component) => {
      const cut = head(chains, draws);
      const { mean, sd } = summarise(cut);
      close(summary.mean[component], mean);
      close(summary.sd[component], sd);
      close(summary.meanEss[component], meanEss(cut));
      close(summary.meanMcse[component], meanMcse(cut));
      close(summary.autocorrelationTime[component], autocorrelationTime(cut));
      close(summary.splitRHat[component], splitRHat(cut));
    });
  });

  it.each([64, 100, 1000, 2047])('mean and standard deviation stay exact for %d draws', (draws) => {
    const summary = streamOf(cases, draws).summary();
    cases.forEach((chains, component) => {
      const { mean, sd } = summarise(head(chains, draws));
      close(summary.mean[component], mean);
      close(summary.sd[component], sd);
    });
  });

  it.each([64, 256, 1536, 2048])('split R-hat is exact where the middle is the end of a block: %d draws', (draws) => {
    const summary = streamOf(cases, draws).summary();
    cases.forEach((chains, component) => {
      close(summary.splitRHat[component], splitRHat(head(chains, draws)));
    });
  });

  it('every level holds the autocovariance of the block means', () => {
    const draws = 300;
    const { levels, blocks } = streamOf(cases, draws).save();
    expect(levels.length).toBe(Math.log2(blocks.length));
    cases.forEach((chains, component) => {
      levels.forEach((level, index) => {
        const length = 2 ** index;
        const each = chains.map((chain) =>
          autocovariance(
            Float64Array.from({ length: Math.floor(draws / length) }, (_, block) => {
              const part = new Float64Array(chain).subarray(block * length, (block + 1) * length);
              return part.reduce((sum, x) => sum + x, 0) / length;
            }),
          ),
        );
        expect(level.seen).toBe(each[0]?.length);
        levelCovariance(level, component).forEach((value, lag) => {
          const wanted = each.reduce((sum, covariance) => sum + (covariance[lag] as number), 0) / each.length;
          expect(Math.abs(value - wanted)).toBeLessThan(1e-12);
        });
      });
    });
  });

  it('a level at which the sequence ends gives the effective sample size of whole chains, plainEss', () => {
    let [compared, levelled] = [0, 0];
    for (let seed = 1; seed <= 60; seed++) {
      const chains = autoregressiveChains(seed, 0.3, 2, 150);
      const sum = truncatedSum(
        streamOf([chains], 150).save().levels[0] as LagLevel,
        0,
        Float64Array.from(chains, mean),
      );
      if (sum === undefined) continue;
      const covariance = autocovarianceOf(chains);
      const between = variance(Float64Array.from(chains, mean));
      close((300 * ((covariance[0] as number) + between)) / sum, plainEss(chains));
      compared++;
      const pairs = [2, 4, 6].map((lag) => (covariance[lag] as number) + (covariance[lag + 1] as number));
      if ((pairs[0] as number) > 0 && (pairs[1] as number) > (pairs[0] as number)) levelled++;
    }
    expect(compared).toBeGreaterThan(30);
    expect(levelled).toBeGreaterThan(0);
  });

  it.each([1, 63, 64, 777])('a stream saved after %d steps continues bit for bit', (cut) => {
    const whole = streamOf(cases, 1500);
    const saved = structuredClone(streamOf(cases, cut).save());
    const continued = streamingSummary({ chains: 3, size: 3, saved });
    feed(continued, cases, cut, 1500);
    expect(continued.save()).toEqual(whole.save());
    expect(continued.summary()).toEqual(whole.summary());
  });
});

describe('invariant', () => {
  it('the diagnostics do not depend on the unit, on an offset, or on the order of chains', () => {
    const changed = cases.map((chains) => chains.map((chain) => chain.map((x) => 1e6 - 8 * x)).reverse());
    const [plain, other] = [streamOf(cases, 2000).summary(), streamOf(changed, 2000).summary()];
    for (let component = 0; component < 3; component++) {
      close(other.meanEss[component], plain.meanEss[component] as number, 1e-6);
      close(other.splitRHat[component], plain.splitRHat[component] as number, 1e-9);
      close(other.meanMcse[component], 8 * (plain.meanMcse[component] as number), 1e-6);
    }
  });

  it('a save is a copy, and looking changes nothing', () => {
    const stream = streamOf(cases, 200);
    const saved = stream.save();
    const copy = structuredClone(saved);
    stream.summary();
    feed(stream, cases, 200, 300);
    expect(saved).toEqual(copy);
  });
});

describe('statistical', () => {
  it.each([-0.9, -0.5, 0, 0.5, 0.9, 0.99])(
    'is within a tenth of the batch diagnostics on 1e5 steps, phi = %d',
    (phi) => {
      const chains = autoregressiveChains(31, phi, 4, 100_000);
      const summary = streamOf([chains], 100_000).summary();
      close(summary.meanEss[0], meanEss(chains), 0.1);
      close(summary.autocorrelationTime[0], autocorrelationTime(chains), 0.1);
      close(summary.meanMcse[0], meanMcse(chains), 0.05);
      close(summary.splitRHat[0], splitRHat(chains), 1e-3);
    },
  );

  it('is within a tenth of the batch diagnostics at other lengths', () => {
    const chains = autoregressiveChains(32, 0.8, 4, 50_000);
    const stream = streamingSummary({ chains: 4, size: 1 });
    let fed = 0;
    for (const draws of [3000, 10_000, 33_333, 50_000]) {
      feed(stream, [chains], fed, draws);
      fed = draws;
      close(stream.summary().meanEss[0], meanEss(head(chains, draws)), 0.1);
    }
  });

  it('sees chains that disagree and chains that drift', () => {
    const apart = autoregressiveChains(33, 0, 4, 4096).map((chain, i) => chain.map((x) => x + (i === 3 ? 2 : 0)));
    const drift = autoregressiveChains(34, 0, 4, 4096).map((chain) => chain.map((x, t) => x + t / 1000));
    const { meanEss: ess, splitRHat: reduction } = streamOf([apart, drift], 4096).summary();
    close(reduction[0], splitRHat(apart), 1e-9);
    close(reduction[1], splitRHat(drift), 1e-9);
    expect(ess[0]).toBeLessThan(100);
    expect(ess[1]).toBeLessThan(100);
  });
});

describe('contract', () => {
  it('equal draws give what the batch diagnostics give, before and after blocks are merged', () => {
    const stuck = [1, 1, 1].map((value) => new Array<number>(200).fill(value));
    const apart = [1, 2, 3].map((value) => new Array<number>(200).fill(value));
    const { meanEss: ess, splitRHat: reduction, sd } = streamOf([stuck, apart], 200).summary();
    expect(ess[0]).toBe(meanEss(stuck));
    expect(reduction[0]).toBeNaN();
    expect(sd[0]).toBe(0);
    expect(reduction[1]).toBe(Infinity);
    expect(ess[1]).toBeLessThan(10);
  });

  it.each([Number.NaN, Infinity])('a draw that is %d makes its component NaN and no other', (bad) => {
    const broken = autoregressiveChains(35, 0, 3, 300);
    (broken[1] as Float64Array)[70] = bad;
    const { meanEss: ess, splitRHat: reduction } = streamOf([broken, cases[1] as Chains], 300).summary();
    expect(ess[0]).toBeNaN();
    expect(reduction[0]).toBeNaN();
    expect(ess[1]).toBeGreaterThan(100);
  });

  it('is NaN for too few draws, and R-hat for one chain', () => {
    const few = streamOf(cases, 3).summary();
    expect(few.meanEss[0]).toBeNaN();
    expect(few.splitRHat[0]).toBeNaN();
    expect(streamingSummary({ chains: 1, size: 1 }).summary().mean[0]).toBeNaN();
    expect(streamOf([(cases[1] as Chains).slice(0, 1)], 500).summary().splitRHat[0]).toBeNaN();
  });

  it('takes Float32Array, and refuses wrong sizes', () => {
    const stream = streamingSummary({ chains: 2, size: 2 });
    stream.add(Float32Array.of(1, 2, 3, 4));
    expect(stream.summary().mean).toEqual(Float64Array.of(2, 3));
    expect(() => {
      stream.add([1, 2]);
    }).toThrow('streamingSummary.add: expected 4 numbers ([chains, size] = [2, 2]), got 2.');
    expect(() => streamingSummary({ chains: 0, size: 1 })).toThrow('expected chains to be a positive whole number');
    expect(() => streamingSummary({ chains: 2, size: 1, saved: stream.save() })).toThrow('got 2 chains and size 2');
  });
});
