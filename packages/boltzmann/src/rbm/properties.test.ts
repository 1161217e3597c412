import { key, less, normal, read, reference, sub, tensor, uniform, useBackend } from '@ebmkit/tensor';
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { smallMachine, tensorsFor } from '../../fixtures/small-machine.js';
import { bernoulli, exactLogZ, freeEnergies, rbm } from '../index.js';

beforeAll(async () => {
  await useBackend(reference({ precision: 'float64' }));
});

const shapes = { visible: fc.integer({ min: 1, max: 7 }), hidden: fc.integer({ min: 1, max: 7 }), seed: fc.nat(1e6) };

it('both sides give one log Z, whatever the sizes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.record(shapes), async ({ visible, hidden, seed }) => {
      const machine = rbm({ visible: bernoulli(visible), hidden: bernoulli(hidden) });
      const params = tensorsFor(smallMachine(seed, visible, hidden));
      const fromHidden = await exactLogZ(machine, params, { side: 'hidden' });
      expect(Math.abs(fromHidden - (await exactLogZ(machine, params, { side: 'visible' })))).toBeLessThan(1e-10);
    }),
    { numRuns: 40 },
  );
});

it('the joint energy minus the free energy is minus the log-probability of the hidden state', async () => {
  await fc.assert(
    fc.asyncProperty(fc.record(shapes), async ({ visible, hidden, seed }) => {
      const machine = rbm({ visible: bernoulli(visible), hidden: bernoulli(hidden) });
      const params = tensorsFor(smallMachine(seed, visible, hidden));
      const v = less(uniform(key(seed), [3, visible]), 0.5);
      const h = less(uniform(key(seed + 1), [3, hidden]), 0.5);
      const surprise = await read(
        sub(machine.jointEnergy(params, { visible: v, hidden: h }), machine.freeEnergy(params, v)),
      );
      const means = await read(machine.hiddenMean(params, v));
      const on = await read(h);
      surprise.forEach((s, row) => {
        let log = 0;
        for (let j = 0; j < hidden; j++) {
          const p = means[row * hidden + j] as number;
          log += Math.log(on[row * hidden + j] ? p : 1 - p);
        }
        expect(s).toBeCloseTo(-log, 8);
      });
    }),
    { numRuns: 40 },
  );
});

it('free energies of many rows are those of the rows, however they are cut and given', async () => {
  const machine = rbm({ visible: bernoulli(5), hidden: bernoulli(3) });
  const params = tensorsFor(smallMachine(1, 5, 3));
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 2300 }), fc.nat(1e6), async (count, seed) => {
      const rows = less(normal(key(seed), [count, 5]), 0);
      const bits = (await read(rows)) as Uint8Array;
      const expected = await read(machine.freeEnergy(params, rows));
      expect(await freeEnergies(machine, params, bits)).toEqual(Float64Array.from(expected));
      expect(await freeEnergies(machine, params, rows)).toEqual(Float64Array.from(expected));
      expect(await freeEnergies(machine, params, tensor(Float32Array.from(bits), [count, 5]))).toEqual(
        Float64Array.from(expected),
      );
    }),
    {
      numRuns: 10,
      examples: [
        [0, 1],
        [1000, 1],
        [1001, 1],
      ],
    },
  );
});
