import { key, normal, read, readSync, reference, type Tensor, tensor, useBackend } from '@ebmkit/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { smallMachine, tensorsFor } from '../../fixtures/small-machine.js';
import {
  bernoulli,
  centred,
  enumerateStates,
  exactLogLikelihood,
  exactLogZ,
  gaussian,
  mixed,
  pseudoLikelihood,
  rbm,
  relu,
  type Site,
  softmax,
  spin,
  stochasticPseudoLikelihood,
  type Units,
} from '../index.js';

beforeAll(async () => {
  await useBackend(reference({ precision: 'float64' }));
});

const rowsOf = (x: Tensor): number[][] => {
  const [count, size] = x.shape as [number, number];
  const numbers = [...readSync(x)];
  return Array.from({ length: count }, (_, i) => numbers.slice(i * size, (i + 1) * size));
};

describe('enumerateStates', () => {
  it('lists choices as one-hot groups, the first group fastest', () => {
    const states = enumerateStates(softmax(3, { units: 2 }));
    expect([states.dtype, states.shape]).toEqual(['bool', [9, 6]]);
    expect(rowsOf(states).map((row) => row.join(''))).toEqual([
      '100100',
      '010100',
      '001100',
      '100010',
      '010010',
      '001010',
      '100001',
      '010001',
      '001001',
    ]);
  });

  it('lists mixed layers, in parts as well, as float32 where a part needs it', () => {
    const units = mixed([spin(1), softmax(3), bernoulli(1)]);
    const states = enumerateStates(units);
    expect([states.dtype, states.shape]).toEqual(['float32', [12, 5]]);
    expect(new Set(rowsOf(states).map(String)).size).toBe(12);
    expect(rowsOf(enumerateStates(units, 5, 3))).toEqual(rowsOf(states).slice(5, 8));
    expect(enumerateStates(mixed([bernoulli(1), softmax(2)])).dtype).toBe('bool');
  });

  it('goes up to 2^24 states', () => {
    expect(enumerateStates(softmax(16, { units: 6 }), 2 ** 24 - 1, 1).shape).toEqual([1, 96]);
    expect(() => enumerateStates(softmax(16, { units: 7 }))).toThrow('got 112 softmax units');
    expect(() => enumerateStates(mixed([bernoulli(2), relu(1)]))).toThrow('got 3 mixed units');
  });
});

const visibleLayers: Readonly<Record<string, unknown>> = {
  bernoulli: bernoulli(6),
  spin: spin(6),
  softmax: softmax(3, { units: 2 }),
  centred: centred(spin(6), 0.2),
  mixed: mixed([bernoulli(2), softmax(3), spin(1)]),
};
const hiddenLayers: Readonly<Record<string, unknown>> = {
  bernoulli: bernoulli(3),
  gaussian: gaussian(3),
  softmax: softmax(3),
  relu: relu(3),
};

/** The average log pseudo-likelihood by its definition: the free energies of all states that differ in one site. */
function byFreeEnergies(
  sites: readonly Site[],
  freeEnergy: (rows: number[][]) => ArrayLike<number>,
  rows: readonly number[][],
): number {
  const logs = rows.map((row) => {
    let column = 0;
    return sites.reduce((total, site) => {
      const begin = column;
      const width = site[0]?.length ?? 0;
      column += width;
      const others = site.map((vector) => [...row.slice(0, begin), ...vector, ...row.slice(begin + width)]);
      const weights = Array.from(freeEnergy([row, ...others]), (f) => Math.exp(-f));
      return total + Math.log((weights[0] as number) / weights.slice(1).reduce((a, b) => a + b));
    }, 0);
  });
  return logs.reduce((a, b) => a + b) / rows.length;
}

describe.each(Object.keys(visibleLayers))('%s visible units', (name) => {
  it.each(Object.keys(hiddenLayers))(
    'have the pseudo-likelihood of their definition beside %s hidden units',
    async (other) => {
      const visible = visibleLayers[name] as Units;
      const machine = rbm({ visible, hidden: hiddenLayers[other] as Units });
      const plain = tensorsFor(smallMachine(4, 6, 3));
      const params = name === 'centred' ? { ...plain, visibleOffset: tensor([0.1, 0.3, -0.2, 0.5, 0, 0.2]) } : plain;
      const states = enumerateStates(visible, 1, 7);
      const rows = rowsOf(states);
      const expected = byFreeEnergies(
        visible.sites ?? [],
        (x) => readSync(machine.freeEnergy(params, tensor(x))),
        rows,
      );
      const { mean } = await pseudoLikelihood(machine, params, states);
      expect(Math.abs(mean - expected)).toBeLessThan(1e-10);
      const typed = Float64Array.from(rows.flat());
      expect(Math.abs((await pseudoLikelihood(machine, params, typed)).mean - expected)).toBeLessThan(1e-10);
      if (name === 'mixed')
        await expect(stochasticPseudoLikelihood(machine, params, states, { key: key(1) })).rejects.toThrow(
          'of one kind, got 3 kinds',
        );
      else {
        const repeated = Float64Array.from(Array.from({ length: 700 }, () => rows.flat()).flat());
        const estimate = await stochasticPseudoLikelihood(machine, params, repeated, { key: key(2) });
        expect(Math.abs(estimate.mean - expected)).toBeLessThan(5 * estimate.standardError);
      }
    },
  );

  it('have likelihoods that add up to 1', async () => {
    const visible = visibleLayers[name] as Units;
    const machine = rbm({ visible, hidden: relu(3) });
    const plain = tensorsFor(smallMachine(4, 6, 3));
    const params = name === 'centred' ? { ...plain, visibleOffset: tensor([0.1, 0.3, -0.2, 0.5, 0, 0.2]) } : plain;
    const states = enumerateStates(visible);
    const logZ = await exactLogZ(machine, params);
    const energies = [...(await read(machine.freeEnergy(params, states)))];
    expect(energies.reduce((total, f) => total + Math.exp(-f - logZ), 0)).toBeCloseTo(1, 10);
    const { mean } = await exactLogLikelihood(machine, params, states);
    expect(mean).toBeCloseTo(-energies.reduce((a, b) => a + b) / energies.length - logZ, 10);
  });
});

describe('pseudoLikelihood', () => {
  const machine = rbm({ visible: mixed([bernoulli(2), softmax(3)]), hidden: bernoulli(2) });

  it('refuses groups that are not in one state, and layers without sites', async () => {
    const params = machine.init(key(1));
    await expect(pseudoLikelihood(machine, params, new Float32Array([1, 0, 1, 1, 0]))).rejects.toThrow(
      'pseudoLikelihood: expected one of 1,0,0 or 0,1,0 or 0,0,1 at 2, got 1,1,0. Draw states first.',
    );
    await expect(pseudoLikelihood(machine, params, new Float32Array([1, 0.5, 1, 0, 0]))).rejects.toThrow('got 0.5');
    const real = rbm({ visible: gaussian(2), hidden: bernoulli(2) });
    await expect(pseudoLikelihood(real, real.init(key(1)), normal(key(1), [3, 2]))).rejects.toThrow(
      'got gaussian units',
    );
  });
});
