import {
  isTensor,
  key,
  memory,
  read,
  readSync,
  reference,
  scoped,
  sum,
  tensor,
  uniform,
  useBackend,
  valueAndGrad,
  withBackend,
  zeros,
} from '@ebmkit/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { smallMachine, tensorsFor } from '../../fixtures/small-machine.js';
import { bernoulli, enumerateStates, exactLogZ, rbm, visibleBiasFrom } from '../index.js';

beforeAll(async () => {
  await useBackend(reference());
});

const machine = rbm({ visible: bernoulli(6), hidden: bernoulli(4) });

describe('init', () => {
  it('draws small weights and starts biases at 0, or where the data has its means', () => {
    const big = rbm({ visible: bernoulli(100), hidden: bernoulli(80) });
    const { weight, visibleBias, hiddenBias } = big.init(key(1));
    expect([weight.shape, visibleBias.shape, hiddenBias.shape]).toEqual([[100, 80], [100], [80]]);
    const weights = readSync(weight) as Float32Array;
    const deviation = Math.sqrt(weights.reduce((s, w) => s + w * w, 0) / weights.length);
    // The standard error of a standard deviation from n draws is sigma / sqrt(2 n).
    expect(Math.abs(deviation - 0.01)).toBeLessThan((5 * 0.01) / Math.sqrt(2 * weights.length));
    expect([...readSync(visibleBias), ...readSync(hiddenBias)].every((x) => x === 0)).toBe(true);

    const means = [0, 0.2, 0.5, 0.9, 1, 0.3];
    const params = machine.init(key(1), { visibleMeans: means });
    const flat = { ...params, weight: zeros([6, 4]) };
    const shown = readSync(machine.visibleMean(flat, zeros([1, 4])));
    [0.01, 0.2, 0.5, 0.9, 0.99, 0.3].forEach((mean, i) => {
      expect(shown[i]).toBeCloseTo(mean, 6);
    });
  });

  it('takes equal keys to equal parameters', () => {
    expect(readSync(machine.init(key(5)).weight)).toEqual(readSync(machine.init(key(5)).weight));
    expect(readSync(machine.init(key(5)).weight)).not.toEqual(readSync(machine.init(key(6)).weight));
  });

  it('refuses means that are none', () => {
    expect(() => visibleBiasFrom([0.5, 128])).toThrow('expected means in [0, 1], got 128 at unit 1. Scale pixels');
    expect(() => visibleBiasFrom([0.5], { floor: 0 })).toThrow('floor must be above 0 and below 0.5, got 0');
    expect(() => machine.init(key(1), { visibleMeans: [0.5] })).toThrow('bernoulli: expected 6 means, got 1.');
  });
});

describe('numbers at the limits', () => {
  it.each([1e4, -1e4])('free energies and slopes are finite at inputs of %s', (size) => {
    const params = {
      weight: tensor(Array.from({ length: 6 }, () => Array.from({ length: 4 }, () => size / 6))),
      visibleBias: zeros([6]),
      hiddenBias: zeros([4]),
    };
    const on = tensor([[1, 1, 1, 1, 1, 1]], undefined, 'bool');
    const { value, grad } = valueAndGrad((p: typeof params) => sum(machine.freeEnergy(p, on)))(params);
    expect(Math.abs((readSync(value)[0] as number) - (size > 0 ? -4e4 : 0))).toBeLessThan(0.02);
    expect([...readSync(grad.weight)].every(Number.isFinite)).toBe(true);
    expect([...readSync(machine.hiddenMean(params, on))]).toEqual(Array(4).fill(size > 0 ? 1 : 0));
  });

  it('NaN parameters give NaN energies and are reported to samplers, not hidden', () => {
    const params = { ...machine.init(key(1)), hiddenBias: tensor([0, Number.NaN, 0, 0]) };
    const visible = zeros([3, 6], 'bool');
    expect([...readSync(machine.freeEnergy(params, visible))].every(Number.isNaN)).toBe(true);
    const { finite } = machine.conditional(params);
    expect(readSync(finite?.({ visible }) ?? zeros([]))[0]).toBe(0);
    const sound = machine.conditional(machine.init(key(1))).finite;
    expect(readSync(sound?.({ visible }) ?? zeros([]))[0]).toBe(1);
  });
});

describe('block conditionals', () => {
  it('draw bool states with the conditional means, to 5 sigma', () => {
    const params = tensorsFor(smallMachine(1));
    const { sampleBlock, blocks } = machine.conditional(params);
    expect(blocks).toEqual(['hidden', 'visible']);
    const draws = 20_000;
    const visible = tensor(
      Array.from({ length: draws }, () => [1, 0, 1, 1, 0, 0]),
      undefined,
      'bool',
    );
    const hidden = sampleBlock(key(2), 'hidden', { visible });
    expect([hidden.dtype, hidden.shape]).toEqual(['bool', [draws, 4]]);
    const bits = readSync(hidden);
    const means = readSync(machine.hiddenMean(params, visible));
    for (let j = 0; j < 4; j++) {
      let count = 0;
      for (let r = 0; r < draws; r++) count += bits[4 * r + j] as number;
      const p = means[j] as number;
      expect(Math.abs(count / draws - p)).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / draws));
    }
    const shown = sampleBlock(key(3), 'visible', { hidden });
    expect([shown.dtype, shown.shape]).toEqual(['bool', [draws, 6]]);
  });

  it('are pure and take float states for probabilities', () => {
    const params = tensorsFor(smallMachine(1));
    const { sampleBlock } = machine.conditional(params);
    const visible = uniform(key(1), [5, 6]);
    const once = readSync(sampleBlock(key(2), 'hidden', { visible }));
    expect(readSync(sampleBlock(key(2), 'hidden', { visible }))).toEqual(once);
  });
});

describe('contract', () => {
  it('is plain data and functions', () => {
    expect(Object.getPrototypeOf(machine)).toBe(Object.prototype);
    expect(machine.support).toBe('discrete');
    expect(machine.energy).toBe(machine.freeEnergy);
    expect(Object.values(machine).some(isTensor)).toBe(false);
  });

  it('reconstructs by going up and down with means', () => {
    const params = tensorsFor(smallMachine(1));
    const rows = enumerateStates(bernoulli(6));
    const up = machine.hiddenMean(params, rows);
    expect(readSync(machine.reconstruct(params, rows))).toEqual(readSync(machine.visibleMean(params, up)));
  });

  it('leaves no tensor behind', async () => {
    const params = tensorsFor(smallMachine(1));
    const before = memory().tensors;
    await exactLogZ(machine, params);
    const kept = scoped(() => machine.freeEnergy(params, enumerateStates(bernoulli(6))));
    expect(memory().tensors).toBe(before + 1);
    await read(kept);
  });

  it('draws on the backend of its parameters, whichever is active', () => {
    const elsewhere = reference({ precision: 'float32' });
    const params = withBackend(elsewhere, () => machine.init(key(1)));
    const visible = withBackend(elsewhere, () => zeros([2, 6]));
    const hidden = machine.conditional(params).sampleBlock(key(2), 'hidden', { visible });
    expect(machine.conditional(params).sampleBlock(key(3), 'visible', { hidden }).shape).toEqual([2, 6]);
  });

  it('says what is wrong with an argument', async () => {
    const digits = rbm({ visible: bernoulli(784), hidden: bernoulli(30) });
    const params = digits.init(key(1));
    expect(() => digits.freeEnergy(params, zeros([64, 28, 28]))).toThrow(
      'rbm.freeEnergy: expected [batch, 784], got [64, 28, 28]. Flatten the images first.',
    );
    expect(() => digits.freeEnergy(params, zeros([784]))).toThrow('got [784]. Reshape one state to a batch of one.');
    expect(() => digits.hiddenMean(params, zeros([2, 30]))).toThrow(
      'rbm.hiddenMean: expected [batch, 784], got [2, 30].',
    );
    expect(() => digits.visibleMean(params, zeros([2, 784]))).toThrow('rbm.visibleMean: expected [batch, 30]');
    expect(() => digits.freeEnergy(params, [0] as never)).toThrow('expected a tensor [batch, 784], got object.');
    expect(() => digits.conditional(params).sampleBlock(key(1), 'hidden', {})).toThrow('visible states are required');
    expect(() => bernoulli(0)).toThrow('bernoulli: size must be a whole number above 0, got 0.');
    expect(() => rbm({ visible: bernoulli(3), hidden: 4 as never })).toThrow('rbm: hidden: expected units');
    const incomplete = { weight: params.weight, visibleBias: params.visibleBias };
    expect(() => digits.freeEnergy(incomplete as never, zeros([1, 784]))).toThrow('expected the parameter hiddenBias');
    await expect(exactLogZ(digits, params)).rejects.toThrow(
      'exactLogZ: the smaller layer must have at most 2^24 states (24 binary units), got 30 bernoulli units.',
    );
    await expect(exactLogZ(machine, machine.init(key(1)), { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'aborted',
    });
  });
});
