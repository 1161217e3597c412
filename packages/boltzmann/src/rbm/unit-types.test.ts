import { jit, key, mul, readSync, reference, tensor, useBackend } from '@ebmkit/tensor';
import { beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import { bits, smallMachine, tensorsFor } from '../../fixtures/small-machine.js';
import { bernoulli, exactLogZ, gaussian, pseudoLikelihood, rbm, spin } from '../index.js';

beforeAll(async () => {
  await useBackend(reference({ precision: 'float64' }));
});

const total = (numbers: readonly number[]) => numbers.reduce((s, x) => s + x, 0);

describe('a machine of any unit types', () => {
  it('names the parameters after layer and unit type', () => {
    const machine = rbm({ visible: gaussian(3, { learnVariance: true }), hidden: bernoulli(4) });
    const params = machine.init(key(1), { visibleMeans: [1, 2, 3] });
    expect(Object.keys(params)).toEqual(['weight', 'visibleBias', 'visibleLogVariance', 'hiddenBias']);
    expect([...readSync(params.visibleBias)]).toEqual([1, 2, 3]);
    expectTypeOf(machine.support).toEqualTypeOf<'continuous'>();
    expectTypeOf(rbm({ visible: bernoulli(3), hidden: bernoulli(4) }).support).toEqualTypeOf<'discrete'>();
    // @ts-expect-error Bernoulli units have no variance.
    expect(rbm({ visible: bernoulli(3), hidden: bernoulli(4) }).init(key(1)).visibleLogVariance).toBeUndefined();
  });

  it('sums Gaussian visible units out by formula and hidden states by enumeration', async () => {
    const plain = smallMachine(8, 3, 4);
    const machine = rbm({ visible: gaussian(3, { learnVariance: true }), hidden: bernoulli(4) });
    const logVariance = [0.3, -0.2, 0.1];
    const params = { ...tensorsFor(plain), visibleLogVariance: tensor(logVariance) };
    // Completing the square: the integral over x_i is sqrt(2 pi s) exp((a^2 / 2 + a b) / s) with a = (W h)_i and s the variance.
    const terms = Array.from({ length: 16 }, (_, index) => {
      const h = bits(index, 4);
      const own = total(h.map((x, j) => x * (plain.hiddenBias[j] as number)));
      const logs = plain.weight.map((row, i) => {
        const a = total(h.map((x, j) => x * (row[j] as number)));
        const s = Math.exp(logVariance[i] as number);
        return Math.log(2 * Math.PI * s) / 2 + ((a * a) / 2 + a * (plain.visibleBias[i] as number)) / s;
      });
      return Math.exp(own + total(logs));
    });
    expect(await exactLogZ(machine, params)).toBeCloseTo(Math.log(total(terms)), 10);
    await expect(exactLogZ(machine, params, { side: 'visible' })).rejects.toThrow('got 3 gaussian units');
    await expect(pseudoLikelihood(machine, params, new Float64Array(3))).rejects.toThrow('visible units of few values');
  });

  it('lists spins as well as bits, on either side', async () => {
    const plain = smallMachine(9, 5, 3);
    const params = tensorsFor(plain);
    const spins = (index: number, size: number) => bits(index, size).map((x) => 2 * x - 1);
    const sum = (asVisible: typeof bits, asHidden: typeof bits) =>
      total(
        Array.from({ length: 256 }, (_, index) => {
          const [v, h] = [asVisible(index >> 3, 5), asHidden(index & 7, 3)];
          const met = total(v.flatMap((x, i) => h.map((y, j) => x * y * ((plain.weight[i] as number[])[j] as number))));
          const own = total(v.map((x, i) => x * (plain.visibleBias[i] as number)));
          return Math.exp(met + own + total(h.map((y, j) => y * (plain.hiddenBias[j] as number))));
        }),
      );
    const layers = { bit: { units: bernoulli, states: bits }, spin: { units: spin, states: spins } };
    for (const v of ['bit', 'spin'] as const)
      for (const h of ['bit', 'spin'] as const) {
        const machine = rbm({ visible: layers[v].units(5), hidden: layers[h].units(3) });
        const expected = Math.log(sum(layers[v].states, layers[h].states));
        expect(await exactLogZ(machine, params, { side: 'hidden' })).toBeCloseTo(expected, 10);
        expect(await exactLogZ(machine, params, { side: 'visible' })).toBeCloseTo(expected, 10);
      }
  });

  it('counts extreme weights, which take the way with shifted exponents', async () => {
    const machine = rbm({ visible: bernoulli(6), hidden: bernoulli(4) });
    const { weight, ...biases } = tensorsFor(smallMachine(3));
    const hidden = await exactLogZ(machine, { weight: mul(weight, 1000), ...biases }, { side: 'hidden' });
    const visible = await exactLogZ(machine, { weight: mul(weight, 1000), ...biases }, { side: 'visible' });
    expect(hidden).toBeGreaterThan(1000);
    expect(Math.abs(hidden - visible)).toBeLessThan(1e-9);
  });

  it('is traced by jit with its own parameters', () => {
    const machine = rbm({ visible: gaussian(3, { learnVariance: true }), hidden: bernoulli(4) });
    const params = machine.init(key(1));
    const x = tensor([[0.1, -2, 3]]);
    expect([...readSync(jit(machine.freeEnergy)(params, x))]).toEqual([...readSync(machine.freeEnergy(params, x))]);
  });
});
