import { key, memory, reference, tensor, useBackend } from '@ebmkit/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { bits, jointTable, smallMachine, tensorsFor } from '../../fixtures/small-machine.js';
import { bernoulli, pseudoLikelihood, rbm, stochasticPseudoLikelihood } from '../index.js';

const [V, H] = [6, 4];
const machine = rbm({ visible: bernoulli(V), hidden: bernoulli(H) });

beforeAll(async () => {
  await useBackend(reference({ precision: 'float64' }));
});

const plain = smallMachine(4);
const { p } = jointTable(plain);
const marginal = p.map((row) => row.reduce((s, x) => s + x, 0));
/** log p(v_i | rest) of every unit, from the table of probabilities. */
const conditionals = (v: number) =>
  Array.from({ length: V }, (_, i) => {
    const [a, b] = [marginal[v] as number, marginal[v ^ (1 << i)] as number];
    return Math.log(a / (a + b));
  });
const total = (numbers: readonly number[]) => numbers.reduce((s, x) => s + x, 0);
const states = Array.from({ length: 64 }, (_, v) => v);
const data = Uint8Array.from(states.flatMap((v) => bits(v, V)));

describe('pseudo-likelihood', () => {
  it('equals the sum of log conditionals from enumeration', async () => {
    const expected = total(states.map((v) => total(conditionals(v)))) / 64;
    const params = tensorsFor(plain);
    expect((await pseudoLikelihood(machine, params, data)).mean).toBeCloseTo(expected, 10);
    const asTensor = tensor(Float32Array.from(data), [64, V]);
    expect((await pseudoLikelihood(machine, params, asTensor)).mean).toBeCloseTo(expected, 10);
  });

  it('says after each batch what share is done, and stops at a signal', async () => {
    const params = tensorsFor(plain);
    const shares: number[] = [];
    const many = Uint8Array.from(Array.from({ length: 4 }, () => [...data]).flat());
    await pseudoLikelihood(machine, params, many, { onProgress: (share) => shares.push(share) });
    expect(shares).toEqual([100 / 256, 200 / 256, 1]);
    await expect(pseudoLikelihood(machine, params, many, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'aborted',
    });
  });

  it('leaves no tensor behind', async () => {
    const params = tensorsFor(plain);
    const before = memory().tensors;
    await pseudoLikelihood(machine, params, data);
    await stochasticPseudoLikelihood(machine, params, data, { key: key(1) });
    expect(memory().tensors).toBe(before);
  });

  it('is estimated without bias by one random unit a row', async () => {
    const params = tensorsFor(plain);
    const repeats = 200;
    const many = Uint8Array.from(Array.from({ length: repeats }, () => [...data]).flat());
    const expected = total(states.map((v) => total(conditionals(v)))) / 64;
    const variance =
      total(
        states.map((v) => {
          const c = conditionals(v);
          return total(c.map((x) => (V * x - total(c)) ** 2)) / V;
        }),
      ) / 64;
    for (const seed of [1, 2, 3]) {
      const { mean } = await stochasticPseudoLikelihood(machine, params, many, { key: key(seed) });
      expect(Math.abs(mean - expected)).toBeLessThan(5 * Math.sqrt(variance / (64 * repeats)));
    }
  });

  it('refuses data that are no states', async () => {
    const params = tensorsFor(plain);
    await expect(pseudoLikelihood(machine, params, new Float32Array(V).fill(0.5))).rejects.toThrow(
      'pseudoLikelihood: expected states of 0 or 1, got 0.5. Draw or round the data to states first.',
    );
    await expect(pseudoLikelihood(machine, params, new Float32Array(V + 1))).rejects.toThrow(
      'expected rows of 6 values',
    );
  });
});
