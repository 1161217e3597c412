import { key, memory, reference, tensor, useBackend } from '@ebmkit/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { bits, jointTable, smallMachine, tensorsFor } from '../../fixtures/small-machine.js';
import { bernoulli, fantasies, gaussian, inpaint, rbm } from '../index.js';

const [V, H] = [6, 4];
const machine = rbm({ visible: bernoulli(V), hidden: bernoulli(H) });
const plain = smallMachine(2);
const { p } = jointTable(plain);
const marginal = p.map((row) => row.reduce((s, x) => s + x, 0));

beforeAll(async () => {
  await useBackend(reference());
});

describe('fantasies', () => {
  it("have the model's distribution: all 64 states to 5 sigma", async () => {
    const chains = 8000;
    const { states, means, shape } = await fantasies(machine, tensorsFor(plain), { chains, steps: 60, key: key(1) });
    expect(shape).toEqual([chains, V]);
    expect(means.length).toBe(chains * V);
    const counts = new Float64Array(64);
    for (let r = 0; r < chains; r++) {
      let state = 0;
      for (let i = 0; i < V; i++) state |= (states[r * V + i] as number) << i;
      counts[state] = (counts[state] as number) + 1;
    }
    marginal.forEach((q, v) => {
      expect(Math.abs((counts[v] as number) / chains - q), `state ${v}`).toBeLessThan(
        5 * Math.sqrt((q * (1 - q)) / chains),
      );
    });
    for (let i = 0; i < V; i++) {
      const exact = marginal.reduce((s, q, v) => s + ((v >> i) & 1) * q, 0);
      let sum = 0;
      let squares = 0;
      for (let r = 0; r < chains; r++) {
        sum += means[r * V + i] as number;
        squares += (means[r * V + i] as number) ** 2;
      }
      const error = Math.sqrt((squares / chains - (sum / chains) ** 2) / chains);
      expect(Math.abs(sum / chains - exact)).toBeLessThan(5 * error);
    }
  });

  it('begin where they are told and leave no tensor behind', async () => {
    const params = tensorsFor(plain);
    const start = tensor([bits(5, V), bits(9, V)], undefined, 'bool');
    const before = memory().tensors;
    const once = await fantasies(machine, params, { start, steps: 3, key: key(1) });
    expect(
      await fantasies(machine, params, {
        start: Uint8Array.from([...bits(5, V), ...bits(9, V)]),
        steps: 3,
        key: key(1),
      }),
    ).toEqual(once);
    expect(memory().tensors).toBe(before);
  });

  it('say how many chains met numbers that are not finite, and do not move those', async () => {
    const start = Uint8Array.from([...bits(5, V), ...bits(9, V)]);
    const params = { ...tensorsFor(plain), hiddenBias: tensor([0, Number.NaN, 0, 0]) };
    const found = await fantasies(machine, params, { start, steps: 3, key: key(1) });
    expect(found.diverged).toBe(2);
    expect([...found.states]).toEqual([...start]);
    expect(found.means.every(Number.isNaN)).toBe(true);
    const sound = await fantasies(machine, tensorsFor(plain), { start, steps: 3, key: key(1) });
    expect([sound.diverged, sound.means.some(Number.isNaN)]).toEqual([0, false]);
    // One row that is no state holds back no other.
    const rows = Float32Array.from(start, (x, i) => (i === 1 ? Number.NaN : x));
    const one = await fantasies(machine, tensorsFor(plain), { start: rows, steps: 3, key: key(1) });
    expect(one.diverged).toBe(1);
    expect(Array.from(one.means, Number.isNaN)).toEqual(Array.from({ length: 2 * V }, (_, i) => i < V));
    expect(one.means.slice(V)).toEqual(sound.means.slice(V));
    // Real units that run away are refused too.
    const real = rbm({ visible: gaussian(2), hidden: bernoulli(3) });
    const wide = { ...real.init(key(1)), visibleBias: tensor([0, Number.POSITIVE_INFINITY]) };
    const far = await fantasies(real, wide, { start: new Float32Array(6), steps: 3, key: key(1) });
    expect([far.diverged, ...far.states]).toEqual([3, 0, 0, 0, 0, 0, 0]);
  });

  it('say what is wrong', async () => {
    const params = tensorsFor(plain);
    await expect(fantasies(machine, params, { steps: 1, key: key(1) })).rejects.toThrow('expected chains or start');
    await expect(fantasies(machine, params, { chains: 1, steps: 0, key: key(1) })).rejects.toThrow('steps must be');
    await expect(
      fantasies(machine, params, { chains: 3, start: new Uint8Array(V), steps: 1, key: key(1) }),
    ).rejects.toThrow('chains is 3, but start has 1 rows');
    await expect(
      fantasies(machine, params, { chains: 1, steps: 5, key: key(1), signal: AbortSignal.abort('enough') }),
    ).rejects.toMatchObject({
      code: 'aborted',
      message: 'fantasies: aborted after 0 of 5 steps.',
      cause: 'enough',
    });
  });
});

describe('inpainting', () => {
  const known = [true, false, true, false, false, true];
  const image = [1, 0, 0, 1, 0, 1];

  it('keeps known pixels exactly and gives the posterior means of the others', async () => {
    const rows = 400;
    const images = Uint8Array.from(Array.from({ length: rows }, () => image).flat());
    const before = memory().tensors;
    const params = tensorsFor(plain);
    const { states, means } = await inpaint(machine, params, images, known, { steps: 50, warmup: 50, key: key(3) });
    const fits = (v: number) => known.every((k, i) => !k || ((v >> i) & 1) === image[i]);
    const z = marginal.reduce((s, q, v) => s + (fits(v) ? q : 0), 0);
    for (let i = 0; i < V; i++) {
      const column = Array.from({ length: rows }, (_, r) => means[r * V + i] as number);
      if (known[i]) {
        expect(column.every((x) => x === image[i])).toBe(true);
        expect(Array.from({ length: rows }, (_, r) => states[r * V + i]).every((x) => x === image[i])).toBe(true);
        continue;
      }
      const exact = marginal.reduce((s, q, v) => s + (fits(v) ? ((v >> i) & 1) * q : 0), 0) / z;
      const mean = column.reduce((s, x) => s + x, 0) / rows;
      // Rows are independent chains, so their spread gives the error of their mean.
      const error = Math.sqrt(column.reduce((s, x) => s + (x - mean) ** 2, 0) / (rows - 1) / rows);
      expect(Math.abs(mean - exact)).toBeLessThan(5 * error);
    }
    expect(memory().tensors).toBe(before + 3);
  });

  it('says how many images met numbers that are not finite, whose unknown pixels have no means', async () => {
    const params = { ...tensorsFor(plain), hiddenBias: tensor([0, Number.NaN, 0, 0]) };
    const images = Uint8Array.from([...image, ...image]);
    const { means, diverged } = await inpaint(machine, params, images, known, { steps: 3, key: key(3) });
    expect(diverged).toBe(2);
    expect([...means]).toEqual([...image, ...image].map((x, i) => (known[i % V] ? x : Number.NaN)));
    const sound = await inpaint(machine, tensorsFor(plain), images, known, { steps: 3, key: key(3) });
    expect(sound.diverged).toBe(0);
  });

  it('keeps grey values of known pixels and takes masks as tensors, rows of their own too', async () => {
    const grey = new Float32Array([0.3, 0, 0.7, 0, 0, 0.1, 0.2, 0, 0.5, 0, 0, 0.9]);
    const params = tensorsFor(plain);
    const mask = tensor([known, known.map((k) => !k)]);
    const { means } = await inpaint(machine, params, tensor(grey, [2, V]), mask, { steps: 2, warmup: 0, key: key(1) });
    grey.forEach((x, i) => {
      if (i < V ? known[i] : !known[i - V]) expect(means[i]).toBe(x);
    });
  });

  it('says what is wrong', async () => {
    const params = tensorsFor(plain);
    const options = { steps: 1, key: key(1) };
    await expect(inpaint(machine, params, new Uint8Array(V), [true], options)).rejects.toThrow(
      'expected a mask of 6 values',
    );
    await expect(inpaint(machine, params, new Uint8Array(V), tensor([1, 0, 1, 0, 0, 0]), options)).rejects.toThrow(
      'must be bool',
    );
    await expect(inpaint(machine, params, new Uint8Array(0), known, options)).rejects.toThrow('at least one image');
  });
});
