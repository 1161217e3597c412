import { scalarChains } from '@ebmkit/diagnostics';
import { describe, expect, it } from 'vitest';
import { autoregressive } from '../../fixtures/draws-for-tests.js';
import { averageRanks } from '../draws/average-ranks.js';
import { rankCounts } from './rank-counts.js';

describe('averageRanks', () => {
  it('ranks all chains together; equal draws share the mean, NaN comes last', () => {
    expect(
      averageRanks([
        [3, 1, 2],
        [2, 5, Number.NaN],
      ]),
    ).toEqual([Float64Array.of(3, 0, 1.5), Float64Array.of(1.5, 4, 5)]);
  });
});

describe('rankCounts', () => {
  it('counts the ranks of each chain in equal bins', () => {
    const { counts, mean } = rankCounts(
      [
        [0, 1, 2, 3],
        [4, 5, 6, 7],
      ],
      2,
    );
    expect(counts).toEqual([
      [4, 0],
      [0, 4],
    ]);
    expect(mean).toBe(2);
  });

  it('spreads equal draws over the ranks that they share', () => {
    const { counts } = rankCounts(
      [
        [0, 0, 0, 1],
        [0, 1, 1, 1],
      ],
      4,
    );
    expect(counts).toEqual([
      [1.5, 1.5, 0.5, 0.5],
      [0.5, 0.5, 1.5, 1.5],
    ]);
  });

  it('keeps all draws of each chain', () => {
    const chains = scalarChains(autoregressive(5, [0.5], 3, 101).data, [101, 3, 1])[0] ?? [];
    for (const list of rankCounts(chains, 7).counts) {
      expect(list.reduce((sum, count) => sum + count, 0)).toBeCloseTo(101, 9);
    }
  });

  it('has the band of the hypergeometric distribution for independent draws', () => {
    const chains = [
      [0, 3, 4, 7, 9],
      [1, 2, 5, 6, 8],
    ];
    const { band } = rankCounts(chains, 5);
    const half = 2.5758 * Math.sqrt((1 * (4 / 5) * 5) / 9);
    expect(band[0]).toBe(0);
    expect(band[1]).toBeGreaterThanOrEqual(1 + half - 1e-9);
  });

  // 40 sets of 4 chains and 20 bins: 3,200 bars, of which 32 are outside on average. Bars of one set depend on each other, at
  // most as much as if each set had 1 in 4 of them free: 5 standard errors are then 5 sqrt(0.01 × 0.99 / 800) = 0.0176.
  it.each([0, 0.6, 0.9])('holds 99 of 100 bars of chains that agree, phi = %d', (phi) => {
    let [outside, bars] = [0, 0];
    const { data, shape } = autoregressive(77, new Array<number>(40).fill(phi), 4, 1000);
    for (const chains of scalarChains(data, shape)) {
      const { counts, band } = rankCounts(chains, 20);
      for (const count of counts.flat()) {
        bars += 1;
        if (count < band[0] || count > band[1]) outside += 1;
      }
    }
    expect(bars).toBe(3200);
    expect(Math.abs(outside / bars - 0.01)).toBeLessThan(0.0176);
  });

  it('does not hold bars of a chain that is shifted', () => {
    const [chains = []] = scalarChains(autoregressive(9, [0.5], 4, 1000).data, [1000, 4, 1]);
    const { counts, band } = rankCounts(
      chains.map((chain, i) => Array.from(chain, (x) => x + (i === 3 ? 1 : 0))),
      20,
    );
    expect(Math.max(...(counts[3] ?? []))).toBeGreaterThan(2 * band[1]);
    expect(counts[3]?.[0]).toBeLessThan(band[0]);
  });

  it('has no band for a single chain, whose bars are equal', () => {
    const { counts, band } = rankCounts([[5, 1, 4, 2]], 2);
    expect(counts).toEqual([[2, 2]]);
    expect(band).toEqual([2, 2]);
  });
});
