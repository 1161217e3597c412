import { EbmError, key, normal, readSync } from '@ebmkit/tensor';
import { expect, test } from 'vitest';
import { dualAveraging } from './dual-averaging.js';

test('three updates follow the formulas', () => {
  const averaging = dualAveraging({ targetAcceptance: 0.8 });
  const [mu, gamma, t0, kappa] = [Math.log(10 * 0.5), 0.05, 10, 0.75];
  let state = averaging.init(0.5);
  expect(averaging.stepSizes(state)).toEqual({ next: 0.5, averaged: 0.5 });
  let [h, average] = [0, 0];
  for (const [i, alpha] of [0.3, 1, 0.65].entries()) {
    const m = i + 1;
    h = (1 - 1 / (m + t0)) * h + (0.8 - alpha) / (m + t0);
    const x = mu - (Math.sqrt(m) / gamma) * h;
    average = m ** -kappa * x + (1 - m ** -kappa) * average;
    state = averaging.update(state, alpha);
    const { next, averaged } = averaging.stepSizes(state);
    expect(next).toBeCloseTo(Math.exp(x), 12);
    expect(averaged).toBeCloseTo(Math.exp(average), 12);
  }
});

test.each([0.5, 0.574, 0.8, 0.95])('reaches an acceptance of %d from afar, through noise', (targetAcceptance) => {
  const averaging = dualAveraging({ targetAcceptance });
  const noise = readSync(normal(key(4), [2000]));
  for (const first of [0.01, 100]) {
    let state = averaging.init(first);
    noise.forEach((z) => {
      const { next } = averaging.stepSizes(state);
      state = averaging.update(state, Math.exp(-(next ** 2)) + 0.1 * z);
    });
    const reached = Math.exp(-(averaging.stepSizes(state).averaged ** 2));
    expect(Math.abs(reached - targetAcceptance)).toBeLessThan(0.02);
  }
});

test('an acceptance that is no number counts as none', () => {
  const averaging = dualAveraging();
  const state = averaging.init(1);
  expect(averaging.update(state, Number.NaN)).toEqual(averaging.update(state, 0));
});

test.each([{ targetAcceptance: 1 }, { targetAcceptance: 0 }, { shrinkage: 0 }, { delay: -1 }, { decay: 0.5 }])(
  'refuses %o',
  (options) => {
    expect(() => dualAveraging(options)).toThrow(EbmError);
  },
);
