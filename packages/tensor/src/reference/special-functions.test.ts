import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { erf, erfinv, roundHalfEven, sigmoid, softplus } from './special-functions.js';

type Listed = number | string;

const { functions } = JSON.parse(
  readFileSync(new URL('../../fixtures/special-functions.json', import.meta.url), 'utf8'),
) as { readonly functions: Readonly<Record<string, { readonly x: readonly number[]; readonly y: readonly Listed[] }>> };

const ulp = 2 ** -52;

/** The largest relative error, in units of 2⁻⁵². */
function worst(f: (x: number) => number, name: string): number {
  const { x, y } = functions[name] as (typeof functions)[string];
  const errors = x.map((point, i) => {
    const want = Number(y[i]);
    const got = f(point);
    return got === want ? 0 : Math.abs(got - want) / Math.abs(want) / ulp;
  });
  return Math.max(...errors);
}

describe('against mpmath', () => {
  test.each<[string, (x: number) => number, number]>([
    ['erf', erf, 8],
    ['erfinv', erfinv, 16],
    ['softplus', softplus, 4],
    ['sigmoid', sigmoid, 4],
    ['logSigmoid', (x) => -softplus(-x), 4],
  ])('%s', (name, f, allowed) => {
    expect(worst(f, name)).toBeLessThanOrEqual(allowed);
  });
});

describe('at the ends', () => {
  test('erf and its inverse', () => {
    expect([erf(Infinity), erf(-Infinity), erf(NaN), erf(-0)]).toEqual([1, -1, NaN, -0]);
    expect([erfinv(1), erfinv(-1), erfinv(1.1), erfinv(NaN), erfinv(0)]).toEqual([Infinity, -Infinity, NaN, NaN, 0]);
  });

  test('erfinv undoes erf', () => {
    for (let x = -3.5; x <= 3.5; x += 0.01) expect(erfinv(erf(x))).toBeCloseTo(x, 9);
  });

  test('softplus and sigmoid pass NaN and infinities on', () => {
    expect([softplus(NaN), softplus(Infinity), softplus(-Infinity)]).toEqual([NaN, Infinity, 0]);
    expect([sigmoid(NaN), sigmoid(Infinity), sigmoid(-Infinity)]).toEqual([NaN, 1, 0]);
  });

  test('rounding to even', () => {
    const points = [0.5, 1.5, 2.5, -0.5, -1.5, 0.49, -2.51, 1e15 + 0.5, Infinity, -Infinity, NaN];
    expect(points.map((x) => roundHalfEven(x) + 0)).toEqual([0, 2, 2, 0, -2, 0, -3, 1e15, Infinity, -Infinity, NaN]);
  });
});
