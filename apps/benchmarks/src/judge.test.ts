import { expect, it } from 'vitest';
import { judge, judgeAgreement } from './judge.js';

const exactly = (mean: number) => ({ mean, error: 0 });

it('allows five standard errors of both sides together', () => {
  const quality = { variance: { mean: 1.04, error: 0.006 } };
  expect(judge(quality, { variance: { mean: 1, error: 0.008 } })).toEqual([]);
  expect(judge(quality, { variance: { mean: 0.98, error: 0.008 } })).toEqual(['variance is 1.04, not 0.98 ± 0.05001']);
});

it('finds what is missing, is no number, or is on the wrong side', () => {
  expect(judge({}, { loss: exactly(1) })).toEqual(['loss is missing']);
  expect(judge({ loss: exactly(Number.NaN) }, { loss: exactly(1) })).toEqual(['loss is NaN']);
  expect(judge({ loss: exactly(2) }, { loss: { ...exactly(1), side: 'atMost' } })).toEqual(['loss is 2, above 1']);
  expect(judge({ rate: exactly(0.9) }, { rate: { ...exactly(0.99), side: 'atLeast' } })).toEqual([
    'rate is 0.9, below 0.99',
  ]);
});

it('marks who disagrees with an independent peer, and says nothing of one alone', () => {
  const qualities = new Map([
    ['ebmkit wasm-1', { loss: exactly(1.2) }],
    ['ebmkit tfjs-wasm', { loss: exactly(1.0001) }],
    ['torch', { loss: exactly(1) }],
  ]);
  expect([...judgeAgreement(qualities, { loss: 1e-3 }).keys()]).toEqual(['ebmkit wasm-1']);
  expect(judgeAgreement(new Map([['torch', { loss: exactly(1) }]]), { loss: 1e-3 }).size).toBe(0);
});
