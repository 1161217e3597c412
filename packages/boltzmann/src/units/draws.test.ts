import { broadcastTo, jit, key, readSync, type Tensor, tensor } from '@ebmkit/tensor';
import { tfjs } from '@ebmkit/tensor-tfjs';
import { wasm } from '@ebmkit/tensor-wasm';
import { onEach } from '@ebmkit/test-kit';
import { describe, expect, it } from 'vitest';
import {
  givenInput,
  type PlainLayer,
  plainBernoulli,
  plainCentred,
  plainCount,
  plainGaussian,
  plainMixed,
  plainRelu,
  plainSoftmax,
  plainSpin,
  plainVariance,
} from '../../fixtures/unit-oracle.js';
import { bernoulli, centred, count, gaussian, mixed, relu, softmax, spin, type Units } from '../index.js';

const draws = 20_000;
const length = 7;
const bias = [0.4, -0.3, 0.1, 0.2];
const logVariance = [-1, 0.5, 1, -0.2];
const input = [-1.4, 0.9, 0.2, 1.3];

interface DrawCase {
  readonly units: unknown;
  readonly plain: PlainLayer;
  readonly dtype: 'bool' | 'float32';
  readonly own?: Readonly<Record<string, readonly number[]>>;
  readonly input?: readonly number[];
}

const cases: Readonly<Record<string, DrawCase>> = {
  bernoulli: { units: bernoulli(4), plain: plainBernoulli(4), dtype: 'bool' },
  spin: { units: spin(4), plain: plainSpin(4), dtype: 'float32' },
  'gaussian of variance 1': { units: gaussian(4), plain: plainGaussian(4), dtype: 'float32' },
  'gaussian of any variance': {
    units: gaussian(4, { learnVariance: true }),
    plain: plainVariance(4),
    dtype: 'float32',
    own: { bias, logVariance },
  },
  softmax: { units: softmax(2, { units: 2 }), plain: plainSoftmax(2, 2), dtype: 'bool' },
  relu: { units: relu(4), plain: plainRelu(4), dtype: 'float32' },
  'relu far from 0': { units: relu(4), plain: plainRelu(4), dtype: 'float32', input: [-3, -1.2, -0.5, 5] },
  count: { units: count(4, { length }), plain: plainCount(4), dtype: 'float32' },
  centred: {
    units: centred(bernoulli(4), 0.3),
    plain: plainCentred(4, 0.3),
    dtype: 'bool',
    own: { bias, offset: Array(4).fill(0.3) },
  },
  mixed: {
    units: mixed([spin(1), gaussian(1, { learnVariance: true }), softmax(2)]),
    plain: plainMixed([plainSpin(1), plainVariance(1), plainSoftmax(2, 1)]),
    dtype: 'float32',
    own: { bias, logVariance: [-1] },
  },
};

/** The first and second moment of every number of a state, by sums or quadrature. Words of a document are independent. */
function momentsOf({ plain, own = { bias }, input: a = input }: DrawCase) {
  const { mean } = givenInput(plain, own, a, length);
  const sites = plain.sites(own, length);
  const squares = mean.map((m, column) => {
    const ofColumn = sites.filter(({ columns }) => columns.includes(column));
    const squared = ofColumn.map((site) => {
      const values = site.columns.map((i) => a[i] as number);
      const logs = site.points.map((x) =>
        site.statistic(x).reduce((sum, s, i) => sum + s * (values[i] as number), -site.energy(x)),
      );
      const weights = logs.map((log, q) => Math.exp(log) * (site.weights[q] as number));
      const at = site.columns.indexOf(column);
      const moment = (power: number) =>
        weights.reduce((sum, w, q) => sum + w * (site.points[q]?.[at] as number) ** power, 0);
      return moment(2) / moment(0) - (moment(1) / moment(0)) ** 2;
    });
    return squared.reduce((x, y) => x + y, 0) + m * m;
  });
  return { mean, squares };
}

const wasmBackend = { name: 'wasm', make: () => wasm({ threads: 1 }) };
const tfjsBackend = { name: 'tfjs wasm', make: () => tfjs('wasm') };

onEach('draws of units', [wasmBackend, tfjsBackend], () => {
  it.each(Object.entries(cases))('%s have their first and second moments, to 5 sigma', (_, drawCase) => {
    const units = drawCase.units as Units;
    const own = Object.fromEntries(
      Object.entries(drawCase.own ?? { bias }).map(([name, x]) => [name, tensor([...x])]),
    ) as unknown as { bias: Tensor };
    const inputs = broadcastTo(tensor([[...(drawCase.input ?? input)]]), [draws, 4]);
    const states = jit((x: Tensor) => units.sample(key(3), own, x))(inputs);
    expect([states.dtype, states.shape]).toEqual([drawCase.dtype, [draws, 4]]);
    const { mean, squares } = momentsOf(drawCase);
    const numbers = readSync(states);
    [mean, squares].forEach((expected, power) => {
      expected.forEach((want, i) => {
        const values = Float64Array.from(
          { length: draws },
          (__, row) => (numbers[4 * row + i] as number) ** (power + 1),
        );
        const found = values.reduce((a, b) => a + b) / draws;
        const variance = values.reduce((sum, x) => sum + (x - found) ** 2, 0) / (draws - 1);
        expect(Math.abs(found - want), `moment ${power + 1} of ${i}`).toBeLessThanOrEqual(
          5 * Math.sqrt(variance / draws) + 1e-9,
        );
      });
    });
  });

  it('rectified units follow their distribution far out in the tail', () => {
    // Far below 0 the excess over 0 is exponential of rate |m|, up to terms of relative size 1 / m².
    const m = [-10, -100, -1e4];
    const states = readSync(relu(3).sample(key(5), { bias: tensor([0, 0, 0]) }, broadcastTo(tensor([m]), [draws, 3])));
    m.forEach((t, i) => {
      const scaled = Array.from({ length: draws }, (_, row) => -t * (states[3 * row + i] as number)).sort(
        (a, b) => a - b,
      );
      expect(scaled[0]).toBeGreaterThanOrEqual(0);
      // The largest distance between the distribution functions: above 1.95 / sqrt(n) with probability 0.001.
      const exact = (x: number) => 1 - Math.exp(-x - (x * x) / (2 * t * t)) * millsShare(-t, x / -t);
      const distance = Math.max(...scaled.map((x, k) => Math.abs(exact(x) - (k + 0.5) / draws)));
      expect(distance, `at ${t}`).toBeLessThan(1.95 / Math.sqrt(draws));
    });
  });
});

/** The Mills ratio at t + x as a share of that at t, by the asymptotic series, for t of 10 and more. */
function millsShare(t: number, x: number): number {
  const ratio = (y: number) => (1 - 1 / y ** 2 + 3 / y ** 4 - 15 / y ** 6 + 105 / y ** 8) / y;
  return ratio(t + x) / ratio(t);
}

describe('draws of documents', () => {
  it('keep the length of each document, and are NaN where it is too long', () => {
    const units = count(5, { longest: 8 });
    const own = units.init();
    const current = tensor([
      [1, 0, 0, 0, 0],
      [0, 0, 2, 3, 3],
      [0, 0, 0, 0, 0],
      [9, 0, 0, 0, 0],
    ]);
    const states = [...readSync(units.sample(key(1), own, broadcastTo(tensor([[0, 1, 2, 0, 1]]), [4, 5]), current))];
    const lengths = [0, 1, 2].map((row) => states.slice(5 * row, 5 * row + 5).reduce((a, b) => a + b));
    expect(lengths).toEqual([1, 8, 0]);
    expect(states.slice(15)).toEqual(Array(5).fill(Number.NaN));
  });

  it('never hold a word of probability 0, also of many words', () => {
    const vocabulary = 300;
    const logits = Array.from({ length: vocabulary }, (_, k) => (k % 7 === 3 ? Number.NEGATIVE_INFINITY : Math.sin(k)));
    const units = count(vocabulary, { length: 500 });
    const states = readSync(units.sample(key(2), units.init(), broadcastTo(tensor([logits]), [40, vocabulary])));
    const weights = logits.map(Math.exp);
    const whole = weights.reduce((a, b) => a + b);
    for (let k = 0; k < vocabulary; k++) {
      const found = Array.from({ length: 40 }, (_, row) => states[row * vocabulary + k] as number).reduce(
        (a, b) => a + b,
      );
      const p = (weights[k] as number) / whole;
      expect(Math.abs(found - 20_000 * p), `word ${k}`).toBeLessThanOrEqual(5 * Math.sqrt(20_000 * p * (1 - p)));
    }
  });
});
