import { describe, expect, it } from 'vitest';
import { bulkEss, type Chains, quantile, quantileEss, rHat, scalarChains, summarise, tailEss } from '../index.js';

describe('arguments', () => {
  it('says how to pass a single chain', () => {
    const flat = Float32Array.of(1, 2, 3, 4) as unknown as Chains;
    expect(() => bulkEss(flat)).toThrow(
      'bulkEss: expected an array of chains (one array of numbers per chain), got a flat Float32Array of length 4.',
    );
    expect(() => rHat([1, 2, 3, 4] as unknown as Chains)).toThrow('rHat: expected chain 0 to be an array of numbers');
    expect(() => rHat(null as unknown as Chains)).toThrow(TypeError);
  });

  it('refuses no chains and chains of different lengths', () => {
    expect(() => summarise([])).toThrow('summarise: expected at least one chain, got none.');
    expect(() => rHat([[1, 2, 3, 4], [1]])).toThrow(
      'rHat: expected every chain to have 4 draws like chain 0, got 1 in chain 1. Cut all chains to one length.',
    );
  });

  it('refuses what is not a probability', () => {
    for (const p of [-0.1, 5, Number.NaN]) {
      expect(() => quantile([1, 2], p)).toThrow('quantile: expected a probability between 0 and 1');
      expect(() => quantileEss([[1, 2, 3, 4]], p)).toThrow(RangeError);
      expect(() => tailEss([[1, 2, 3, 4]], [0.1, p])).toThrow(RangeError);
      expect(() => summarise([[1, 2, 3, 4]], { probabilities: [p] })).toThrow(RangeError);
    }
  });

  it('takes every kind of number array', () => {
    const draws = [3, 1, 2, 2, 0, 1];
    for (const chain of [Float32Array.from(draws), Int32Array.from(draws), Uint8Array.from(draws)]) {
      expect(bulkEss([chain])).toBe(bulkEss([draws]));
    }
  });
});

describe('scalarChains', () => {
  it('cuts [steps, chains, ...event] into one set of chains per scalar', () => {
    const [steps, chains, rows, columns] = [3, 2, 2, 2];
    const draws = Float32Array.from({ length: steps * chains * rows * columns }, (_, i) => i);
    const cut = scalarChains(draws, [steps, chains, rows, columns]);
    expect(cut.length).toBe(rows * columns);
    cut.forEach((scalar, index) => {
      expect(scalar.map((chain) => Array.from(chain))).toEqual([
        [index, 8 + index, 16 + index],
        [4 + index, 12 + index, 20 + index],
      ]);
    });
  });

  it('takes a scalar event', () => {
    expect(scalarChains([1, 2, 3, 4], [2, 2])).toEqual([[Float64Array.of(1, 3), Float64Array.of(2, 4)]]);
  });

  it('refuses a shape that does not fit', () => {
    expect(() => scalarChains([1, 2, 3], [2, 2])).toThrow(
      'scalarChains: expected 4 draws for the shape [2, 2], got 3. Check the order and the sizes of the axes.',
    );
    expect(() => scalarChains([1, 2], [2])).toThrow('scalarChains: expected a shape [steps, chains, ...event]');
    expect(() => scalarChains([1, 2], [0.5, 4])).toThrow(RangeError);
  });
});

describe('numbers that go bad', () => {
  it('are reported as NaN, not patched', () => {
    const summary = summarise([
      [1, 2, Number.NaN, 4, 5],
      [1, 2, 3, 4, 5],
    ]);
    expect(summary).toMatchObject({ mean: Number.NaN, sd: Number.NaN, bulkEss: Number.NaN, rHat: Number.NaN });
    expect(summary.quantiles[1]).toEqual({ probability: 0.5, value: Number.NaN, ess: Number.NaN, mcse: Number.NaN });
  });

  it('chains that are each constant but differ have infinite R-hat, whatever the rounding', () => {
    const stuck = [0.1, 0.7, 1 / 3].map((value) => new Array<number>(37).fill(value));
    expect(rHat(stuck)).toBe(Infinity);
  });

  it('chains that are too short still have a mean', () => {
    const summary = summarise([
      [1, 2],
      [3, 4],
    ]);
    expect(summary).toMatchObject({ chains: 2, draws: 2, mean: 2.5, bulkEss: Number.NaN, meanMcse: Number.NaN });
    expect(summary.quantiles[1]?.value).toBe(2.5);
  });
});
