import { describe, expect, it } from 'vitest';
import { axisScale, axisSpan, formatPower } from './axis-scale.js';

const labels = (domain: readonly [number, number], log: boolean) =>
  axisScale({ domain, log }, 0, 600, 80).ticks.map(({ label }) => label);

describe('axisScale', () => {
  it('labels round values', () => {
    expect(labels([0, 60_000], false)).toEqual(['0', '10,000', '20,000', '30,000', '40,000', '50,000', '60,000']);
    expect(labels([-1, 1], false)).toContain('−0.6');
  });

  it('writes very large and very small values with exponents', () => {
    expect(labels([0, 3e8], false).at(-1)).toBe('3.0×10⁸');
    expect(labels([0, 3e-7], false).at(-1)).toBe('3.0×10⁻⁷');
  });

  it('labels powers of ten on a logarithmic axis', () => {
    expect(labels([1e-6, 1e6], true)).toEqual(expect.arrayContaining(['10⁻⁶', '0.01', '1', '100', '10⁶']));
    expect(labels([2, 9], true).length).toBeGreaterThan(2);
  });

  it('never writes two ticks alike', () => {
    for (const [domain, log] of [
      [[1.01e6, 1.2e6], true],
      [[2e-9, 7e-9], true],
      [[1e7, 1e7 + 20], false],
      [[0.1, 0.1000001], false],
    ] as const) {
      const written = labels(domain, log);
      expect(new Set(written).size).toBe(written.length);
    }
  });
});

describe('axisSpan', () => {
  it('makes room around a single value', () => {
    expect(axisSpan([5, 5], { log: false, padding: 0 }).domain).toEqual([2.5, 7.5]);
    expect(axisSpan([0, 0], { log: false, padding: 0 }).domain).toEqual([-0.5, 0.5]);
    const [low, high] = axisSpan([100, 100], { log: true, padding: 0 }).domain;
    expect(low).toBeLessThan(100);
    expect(high).toBeGreaterThan(100);
  });
});

describe('formatPower', () => {
  it.each([
    [1, '1'],
    [0.001, '0.001'],
    [10_000, '10,000'],
    [1e5, '10⁵'],
    [2e-8, '2×10⁻⁸'],
    [1.15e6, '1.15×10⁶'],
  ])('writes %d as %s', (value, label) => {
    expect(formatPower(value)).toBe(label);
  });
});
