import { mean, readSync, reference, tensor, useBackend } from '@ebmkit/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { bernoulli, centred, convolutionalRbm, gaussian, mixed, rbm, recentre } from '../index.js';
import type { Units } from './units.js';

beforeAll(async () => {
  await useBackend(reference({ precision: 'float64' }));
});

const rows = [
  [2, -1],
  [3, 0.5],
  [7, -0.1],
];
const logVariance = [0.9, -0.7];

describe('centred units that learn their variances', () => {
  const units = centred(gaussian(2, { learnVariance: true }), [4, -0.2]);
  const own = () => ({ bias: tensor([0.3, -0.4]), logVariance: tensor(logVariance), offset: tensor([4, -0.2]) });

  it('show other layers a statistic of mean 0 when the offset is the mean of the data', () => {
    const statistic = units.statistic(own(), tensor(rows));
    for (const x of readSync(mean(statistic, 0))) expect(Math.abs(x)).toBeLessThan(1e-12);
    expect(readSync(statistic)[0]).toBeCloseTo((2 - 4) / Math.exp(0.9), 12);
  });

  it('have the log-partition that their energy and statistic integrate to', () => {
    const input = [0.8, -0.6];
    const points = Array.from({ length: 1201 }, (_, k) => (k - 600) * 0.02);
    const integral = [0, 1].map((unit) => {
      const states = tensor(points.map((x) => (unit === 0 ? [x, 0] : [0, x])));
      const [energies, statistic] = [readSync(units.energy(own(), states)), readSync(units.statistic(own(), states))];
      return points.reduce(
        (sum, _, k) =>
          sum +
          0.02 *
            Math.exp(
              (statistic[2 * k] as number) * (input[0] as number) +
                (statistic[2 * k + 1] as number) * (input[1] as number) -
                (energies[k] as number),
            ),
        0,
      );
    });
    // The integrand is a product of one factor a unit; the other unit was held at 0.
    const [at0] = readSync(units.energy(own(), tensor([[0, 0]])));
    const held = readSync(units.statistic(own(), tensor([[0, 0]])));
    const both = (held[0] as number) * 0.8 + (held[1] as number) * -0.6 - (at0 as number);
    const expected = Math.log(integral[0] as number) + Math.log(integral[1] as number) - both;
    expect(readSync(units.logPartition(own(), tensor([input])))[0]).toBeCloseTo(expected, 9);
  });

  it('are recentred in units of the state: energies change by one constant', () => {
    const machine = rbm({ visible: units, hidden: bernoulli(2) });
    const params = {
      weight: tensor([
        [0.5, -0.3],
        [0.2, 0.7],
      ]),
      visibleBias: tensor([0.3, -0.4]),
      visibleLogVariance: tensor(logVariance),
      visibleOffset: tensor([0, 0]),
      hiddenBias: tensor([0.1, -0.2]),
    };
    const moved = recentre(machine, params, { visible: tensor([4, -0.2]) });
    expect([...readSync(moved.visibleOffset)]).toEqual([4, -0.2]);
    const [before, after] = [params, moved].map((p) => readSync(machine.freeEnergy(p, tensor(rows))));
    const constant = (after?.[0] as number) - (before?.[0] as number);
    before?.forEach((f, i) => {
      expect((after?.[i] as number) - f).toBeCloseTo(constant, 12);
    });
    expect(readSync(moved.hiddenBias)[0]).toBeCloseTo(
      0.1 + (4 * 0.5) / Math.exp(0.9) - (0.2 * 0.2) / Math.exp(-0.7),
      12,
    );
  });

  it('may be one part of a mixed layer, and are centred once', () => {
    const layer = mixed([bernoulli(1), units]);
    const state = layer.statistic(
      { bias: tensor([0, 0.3, -0.4]), logVariance: tensor(logVariance), offset: tensor([4, -0.2]) },
      tensor([[1, 4, -0.2]]),
    );
    expect([...readSync(state)]).toEqual([1, 0, 0]);
    expect(() => centred(units, 0)).toThrow('centred: expected units without an offset, got gaussian units');
  });
});

describe('centred pixels', () => {
  const image = <V extends string>(visible: Units<V>, padding?: 'valid' | 'same') =>
    convolutionalRbm({ visible, size: [3, 3], filters: 1, filterSize: [2, 2], ...(padding && { padding }) });
  const filter = () => tensor([0.3, -0.7, 1.1, 0.4], [2, 2, 1, 1]);
  const images = () =>
    tensor(
      Array.from({ length: 36 }, (_, i) => ((i * 7) % 5) % 2),
      [4, 3, 3, 1],
    );

  it('change no distribution inside an image: energies move by a constant', () => {
    const moved = image(centred(bernoulli(1), 0.5)).energy(
      { weight: filter(), visibleBias: tensor([0.2]), visibleOffset: tensor([0.5]), hiddenBias: tensor([0.25]) },
      images(),
    );
    // Every filter sees half the sum of its weights less.
    const plain = image(bernoulli(1)).energy(
      { weight: filter(), visibleBias: tensor([0.2]), hiddenBias: tensor([0.25 - 0.55]) },
      images(),
    );
    const constants = [...readSync(moved)].map((energy, i) => energy - (readSync(plain)[i] as number));
    for (const constant of constants) expect(constant).toBeCloseTo(9 * 0.2 * 0.5, 12);
  });

  it('are refused where zeros are around it, which are not the offset', () => {
    const message =
      "convolutionalRbm: expected visible units that are not centred with padding 'same', because the zeros around an image would stand for the offset. Use padding 'valid' or units without an offset.";
    expect(() => image(centred(bernoulli(1), 0.5), 'same')).toThrow(message);
    expect(() => image(mixed([bernoulli(1), centred(bernoulli(1), 0)]), 'same')).toThrow(message);
    expect(image(bernoulli(1), 'same').hiddenShape).toEqual([3, 3, 1]);
  });
});
