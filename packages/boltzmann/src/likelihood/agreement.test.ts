import { readFileSync } from 'node:fs';
import { grad, mean, readSync, reference, tensor, useBackend } from '@ebmkit/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { readSafetensors } from '../../fixtures/safetensors.js';
import { bernoulli, freeEnergies, rbm } from '../index.js';

interface Agreement {
  readonly visible: number;
  readonly hidden: number;
  readonly weight: number[];
  readonly visibleBias: number[];
  readonly hiddenBias: number[];
  readonly rows: number[];
  readonly scikitLearn: { readonly freeEnergy: number[]; readonly hiddenMean: number[] };
  readonly pytorch: {
    readonly freeEnergy: number[];
    readonly weightGradient: number[];
    readonly visibleBiasGradient: number[];
    readonly hiddenBiasGradient: number[];
  };
}

const fixture = (name: string) => new URL(`../../fixtures/${name}`, import.meta.url);
const { machines } = JSON.parse(readFileSync(fixture('agreement.json'), 'utf8')) as { machines: Agreement[] };

beforeAll(async () => {
  await useBackend(reference({ precision: 'float64' }));
});

/** Fixtures hold 12 digits. */
function expectEqual(actual: ArrayLike<number>, expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  expected.forEach((x, i) => {
    expect(Math.abs((actual[i] as number) - x), `number ${i}`).toBeLessThan(1e-9 * Math.max(1, Math.abs(x)));
  });
}

describe.each(machines)('a $visible-$hidden machine', (known) => {
  const { visible, hidden } = known;
  const machine = rbm({ visible: bernoulli(visible), hidden: bernoulli(hidden) });
  const params = () => ({
    weight: tensor(known.weight, [visible, hidden]),
    visibleBias: tensor(known.visibleBias),
    hiddenBias: tensor(known.hiddenBias),
  });
  const rows = () => tensor(known.rows, [8, visible], 'bool');

  it('has the free energies and hidden means of scikit-learn', () => {
    expectEqual(readSync(machine.freeEnergy(params(), rows())), known.scikitLearn.freeEnergy);
    expectEqual(readSync(machine.hiddenMean(params(), rows())), known.scikitLearn.hiddenMean);
  });

  it('has the free energies and gradients of PyTorch', () => {
    expectEqual(readSync(machine.freeEnergy(params(), rows())), known.pytorch.freeEnergy);
    const slope = grad((p: ReturnType<typeof params>) => mean(machine.freeEnergy(p, rows())))(params());
    expectEqual(readSync(slope.weight), known.pytorch.weightGradient);
    expectEqual(readSync(slope.visibleBias), known.pytorch.visibleBiasGradient);
    expectEqual(readSync(slope.hiddenBias), known.pytorch.hiddenBiasGradient);
  });
});

describe('the 784-20 machine trained on MNIST with NumPy', () => {
  it('gives the 96 digits the free energies that NumPy gives', async () => {
    const { weight, visibleBias, hiddenBias, digits } = readSafetensors(fixture('mnist-784-20.safetensors')) as Record<
      string,
      Float32Array
    >;
    const known = JSON.parse(readFileSync(fixture('mnist-784-20.json'), 'utf8')) as { freeEnergies: number[] };
    const machine = rbm({ visible: bernoulli(784), hidden: bernoulli(20) });
    const params = {
      weight: tensor(weight as Float32Array, [784, 20]),
      visibleBias: tensor(visibleBias as Float32Array),
      hiddenBias: tensor(hiddenBias as Float32Array),
    };
    const rows = Uint8Array.from(
      { length: 96 * 784 },
      (_, i) => (((digits as Float32Array)[i >> 3] as number) >> (7 - (i & 7))) & 1,
    );
    expectEqual(await freeEnergies(machine, params, rows), known.freeEnergies);
  });
});
