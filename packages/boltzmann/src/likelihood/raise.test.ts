import { key, memory, reference, tensor, useBackend } from '@ebmkit/tensor';
import { wasm } from '@ebmkit/tensor-wasm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bits, jointTable, smallMachine, tensorsFor } from '../../fixtures/small-machine.js';
import { bernoulli, type RaiseLogLikelihood, raiseLogLikelihood, rbm, temperedLogZ } from '../index.js';

const [V, H] = [6, 4];
const machine = rbm({ visible: bernoulli(V), hidden: bernoulli(H) });
const small = smallMachine(5);
/** Stiff enough that a short ladder does not arrive. */
const plain = {
  weight: small.weight.map((row) => row.map((w) => 2.5 * w)),
  visibleBias: small.visibleBias.map((b) => 2.5 * b),
  hiddenBias: small.hiddenBias.map((b) => 2.5 * b),
};
const { p, logZ: truth } = jointTable(plain);
const total = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
const logistic = (x: number): number => 1 / (1 + Math.exp(-x));
const states = Array.from({ length: 2 ** V }, (_, v) => bits(v, V));
const allRows = Uint8Array.from(states.flat());

beforeAll(() => useBackend(wasm({ threads: 1 })));
afterAll(() => useBackend(reference()));

/** One Gibbs step of the machine at beta on the whole distribution over visible states. */
function moved(distribution: readonly number[], beta: number): number[] {
  const up = Array.from({ length: 2 ** H }, (_, h) => bits(h, H));
  const chance = (input: number, on: number): number => (on ? logistic(beta * input) : 1 - logistic(beta * input));
  const hiddenInput = (v: readonly number[], j: number): number =>
    (plain.hiddenBias[j] as number) + total(v.map((x, i) => x * ((plain.weight[i] as readonly number[])[j] as number)));
  const visibleInput = (h: readonly number[], i: number): number =>
    (plain.visibleBias[i] as number) +
    total(h.map((x, j) => x * ((plain.weight[i] as readonly number[])[j] as number)));
  const seen = up.map((h) =>
    total(states.map((v, s) => h.reduce((q, x, j) => q * chance(hiddenInput(v, j), x), distribution[s] as number))),
  );
  return states.map((v) =>
    total(up.map((h, t) => v.reduce((q, x, i) => q * chance(visibleInput(h, i), x), seen[t] as number))),
  );
}

describe('raiseLogLikelihood', () => {
  it('estimates the probabilities at which annealing arrives, without bias', async () => {
    const params = tensorsFor(plain);
    const betas = [0, 0.5, 1];
    // Annealing begins at fair coins (no means were given), moves at 0.5, then at 1.
    let arrived: readonly number[] = states.map(() => 2 ** -V);
    for (const beta of betas.slice(1)) arrived = moved(arrived, beta);
    expect(total(arrived)).toBeCloseTo(1, 12);
    // The machine itself is elsewhere, so that only the right order of moves and weights fits.
    const furthest = Math.max(
      ...states.map((_, s) => Math.abs(Math.log((arrived[s] as number) / total(p[s] as number[])))),
    );
    expect(furthest).toBeGreaterThan(0.3);
    const draws = 40;
    const chains = 400;
    const found: RaiseLogLikelihood[] = [];
    for (let run = 0; run < draws; run++)
      found.push(await raiseLogLikelihood(machine, params, allRows, { betas, chains, key: key(run) }));
    const runs = found.map(({ rows }) => rows);
    states.forEach((_, s) => {
      const values = runs.map((rows) => Math.exp(rows[s] as number));
      const mean = total(values) / draws;
      const error = Math.sqrt(total(values.map((x) => (x - mean) ** 2)) / (draws - 1) / draws);
      expect(Math.abs(mean - (arrived[s] as number)), `state ${s}`).toBeLessThan(5 * error);
    });
    // What the chains say of their own error is the spread between runs: 39 degrees of freedom for each of 64 rows.
    const spreads = states.map((_, s) => {
      const logs = runs.map((rows) => rows[s] as number);
      const mean = total(logs) / draws;
      return total(logs.map((x) => (x - mean) ** 2)) / (draws - 1);
    });
    const claimed = total(found.map(({ annealingError }) => annealingError ** 2)) / draws;
    const uneven = total(spreads.map((x) => x ** 2)) / total(spreads) ** 2;
    const ratio = claimed / (total(spreads) / states.length ** 2);
    expect(Math.abs(ratio - 1)).toBeLessThan(5 * Math.sqrt((2 / (draws - 1)) * uneven));
    for (const { mean, lower, upper, annealingError, ess } of found) {
      expect(ess).toBeGreaterThan(20);
      expect(ess).toBeLessThan(chains);
      expect(lower).toBeCloseTo(mean - 3 * annealingError, 12);
      expect(upper).toBe(Number.POSITIVE_INFINITY);
    }
  });

  it('counts effective chains, which is what the error of one row comes from', async () => {
    const options = { betas: 5, chains: 50, key: key(1) };
    const { ess, annealingError } = await raiseLogLikelihood(machine, tensorsFor(plain), new Uint8Array(V), options);
    expect(ess).toBeGreaterThan(5);
    expect(ess).toBeCloseTo(50 / (1 + 49 * annealingError ** 2), 8);
  });

  it('knows no error of a single chain', async () => {
    const { mean, annealingError, lower, ess } = await raiseLogLikelihood(machine, tensorsFor(plain), allRows, {
      betas: 5,
      chains: 1,
      key: key(1),
    });
    expect([Number.isFinite(mean), annealingError, lower, ess]).toEqual([true, Number.NaN, Number.NaN, 1]);
  });

  it('is low on average, and close with a long ladder', async () => {
    const params = tensorsFor(plain);
    // Averaged over the machine's own distribution no other distribution is more likely.
    const averaged = (logs: ArrayLike<number>): number =>
      total(states.map((_, s) => total(p[s] as number[]) * (logs[s] as number)));
    const best = averaged(states.map((_, s) => Math.log(total(p[s] as number[]))));
    const of = async (betas: number, chains: number): Promise<number> =>
      averaged((await raiseLogLikelihood(machine, params, allRows, { betas, chains, key: key(3) })).rows);
    const short = await of(3, 2);
    const long = await of(400, 20);
    expect(short).toBeLessThan(best);
    expect(best - long).toBeLessThan(0.02);
    expect(long - best).toBeLessThan(0.02);
    expect(short).toBeLessThan(long);
  });

  it('takes tensors, leaves nothing behind, and says what is wrong', async () => {
    const params = tensorsFor(plain);
    const rows = tensor(allRows, [2 ** V, V]);
    const before = memory().tensors;
    const shares: number[] = [];
    const options = { betas: 5, chains: 20, key: key(1), onProgress: (done: number) => shares.push(done) };
    const fromTensor = await raiseLogLikelihood(machine, params, rows, options);
    expect(memory().tensors).toBe(before);
    expect(shares.at(-1)).toBe(1);
    expect(fromTensor.rows).toEqual((await raiseLogLikelihood(machine, params, allRows, options)).rows);
    await expect(raiseLogLikelihood(machine, params, rows, { ...options, chains: 0 })).rejects.toThrow(
      'raiseLogLikelihood: chains must be a whole number of at least 1, got 0.',
    );
    await expect(raiseLogLikelihood(machine, params, rows, { ...options, betas: [0, 0.5] })).rejects.toThrow(
      'raiseLogLikelihood: expected betas that rise from 0 to 1 or a number of steps of at least 1, got 2 from 0 to 0.5.',
    );
    await expect(raiseLogLikelihood(machine, params, rows, { ...options, visibleMeans: [0.5] })).rejects.toThrow(
      'bernoulli: expected 6 means, got 1.',
    );
    expect(fromTensor.diverged).toBe(0);
    await expect(
      raiseLogLikelihood(machine, params, rows, { ...options, signal: AbortSignal.abort() }),
    ).rejects.toMatchObject({ code: 'aborted' });
  });
});

describe('raiseLogLikelihood of a machine with a bias that is not a number', () => {
  it('says how many moves failed, and makes no number of it', async () => {
    const params = { ...tensorsFor(plain), visibleBias: tensor([Number.NaN, 0, 0, 0, 0, 0]) };
    const { diverged, rows, lower, ess } = await raiseLogLikelihood(machine, params, new Uint8Array(2 * V), {
      betas: 3,
      chains: 4,
      key: key(1),
    });
    expect(diverged).toBeGreaterThan(0);
    expect([...rows, lower, ess].every(Number.isNaN)).toBe(true);
  });
});

describe('temperedLogZ', () => {
  it('tells of an abort under its own name', async () => {
    const options = { betas: 3, chains: 8, steps: 10, key: key(2), signal: AbortSignal.abort('enough') };
    await expect(temperedLogZ(machine, tensorsFor(plain), options)).rejects.toMatchObject({
      code: 'aborted',
      message: 'temperedLogZ: aborted after 0 of 13 steps.',
      cause: 'enough',
    });
  });

  it('finds the normaliser within its bracket, and leaves nothing behind', async () => {
    const params = tensorsFor(plain);
    const before = memory().tensors;
    const { logZ, standardError, lower, upper } = await temperedLogZ(machine, params, {
      betas: 6,
      chains: 16,
      steps: 100,
      key: key(2),
    });
    expect(memory().tensors).toBe(before);
    expect(Math.abs(logZ - truth)).toBeLessThan(3 * standardError);
    expect(standardError).toBeLessThan(0.1);
    expect([lower < truth, truth < upper]).toEqual([true, true]);
  });
});
