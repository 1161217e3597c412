import {
  free,
  grad,
  key,
  mapTree,
  readSync,
  reference,
  scoped,
  type Tensor,
  tensor,
  tensorsOf,
  useBackend,
} from '@ebmkit/tensor';
import { tfjs } from '@ebmkit/tensor-tfjs';
import { wasm } from '@ebmkit/tensor-wasm';
import { describeObjective } from '@ebmkit/test-kit';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  beliefTensors,
  logGenerated,
  logRecognised,
  logTop,
  type SmallLayer,
  smallBeliefNetwork,
} from '../../fixtures/small-belief-network.js';
import { bernoulli, type DeepState, deepBeliefNetwork, gaussian, upDown } from '../index.js';
import { upDownLosses, upDownPhases } from './up-down.js';

const network = deepBeliefNetwork({ layers: [bernoulli(4), bernoulli(3), bernoulli(2), bernoulli(3)] });
const plain = smallBeliefNetwork(1, [4, 3, 2, 3]);
const batch = () =>
  tensor(
    [
      [1, 0, 1, 1],
      [0, 0, 1, 0],
      [1, 1, 0, 0],
    ],
    undefined,
    'bool',
  );

describeObjective('upDown', {
  make: () => upDown(network, { k: 2 }),
  params: () => beliefTensors(plain),
  batch,
  backends: [
    { name: 'reference', make: () => reference() },
    { name: 'wasm', make: () => wasm({ threads: 1 }) },
    { name: 'tfjs wasm', make: () => tfjs('wasm') },
  ],
});

describe('the losses of up-down', () => {
  beforeAll(async () => {
    await useBackend(reference({ precision: 'float64' }));
  });

  const rowsOf = (state: DeepState): number[][][] =>
    (['visible', 'hidden1', 'hidden2'] as const).map((name) => {
      const x = state[name] as Tensor;
      const numbers = Array.from(readSync(x), Number);
      return Array.from({ length: 3 }, (_, row) =>
        numbers.slice((row * numbers.length) / 3, ((row + 1) * numbers.length) / 3),
      );
    });
  const meanOf = (f: (row: number) => number): number => (f(0) + f(1) + f(2)) / 3;

  it('are those of their definition', () => {
    const params = beliefTensors(plain);
    const phases = upDownPhases(network, key(4), params, batch(), 3);
    const { wake, sleep, energyGap } = upDownLosses(network, params, phases);
    const [awake, asleep] = [rowsOf(phases.wake), rowsOf(phases.sleep)];
    const at = (x: number[][][], k: number, row: number): number[] => x[k]?.[row] as number[];
    const sum = (layers: readonly SmallLayer[], f: typeof logGenerated, x: number[][][]): number =>
      -meanOf((row) => layers.reduce((a, layer, k) => a + f(layer, at(x, k, row), at(x, k + 1, row)), 0));
    expect(readSync(wake)[0]).toBeCloseTo(sum(plain.generation, logGenerated, awake), 10);
    expect(readSync(sleep)[0]).toBeCloseTo(sum(plain.recognition, logRecognised, asleep), 10);
    const gap = meanOf((row) => logTop(plain.top, at(asleep, 2, row)) - logTop(plain.top, at(awake, 2, row)));
    expect(readSync(energyGap)[0]).toBeCloseTo(gap, 10);
    expect(rowsOf({ ...phases.wake, visible: batch() })[0]).toEqual(awake[0]);
  });

  it('have the gradient of finite differences at the states that were drawn', () => {
    const params = beliefTensors(plain);
    const objective = upDown(network, { k: 3 });
    const slope = grad((q: typeof params) => objective.loss(key(4), q, batch(), null).loss)(params);
    const phases = upDownPhases(network, key(4), params, batch(), 3);
    const lossOf = (q: typeof params): number => {
      const { wake, sleep, energyGap } = upDownLosses(network, q, phases);
      return [wake, sleep, energyGap].reduce((a, x) => a + (readSync(x)[0] as number), 0);
    };
    const [parts, slopes] = [tensorsOf(params), tensorsOf(slope)];
    for (const [n, part] of parts.entries()) {
      const numbers = Array.from(readSync(part));
      const found = readSync(slopes[n] as Tensor);
      numbers.forEach((x, i) => {
        const moved = (by: number): number => {
          const changed = tensor(
            numbers.map((y, j) => (j === i ? x + by : y)),
            part.shape,
          );
          return lossOf(mapTree((y) => (y === part ? changed : y), params));
        };
        expect(found[i]).toBeCloseTo((moved(1e-4) - moved(-1e-4)) / 2e-4, 6);
      });
    }
  });

  it('send each part of the parameters the gradient of its own loss only', () => {
    // The statistic of Gaussian units depends on their variance, which belongs to generation and not to recognition.
    const real = deepBeliefNetwork({ layers: [gaussian(4, { learnVariance: true }), bernoulli(3), bernoulli(3)] });
    const params = real.init(key(1));
    const data = tensor([[0.3, -1, 0.5, 2]]);
    const phases = upDownPhases(real, key(4), params, data, 1);
    const sleepOnly = grad((q: typeof params) => upDownLosses(real, q, phases).sleep)(params);
    const wakeOnly = grad((q: typeof params) => upDownLosses(real, q, phases).wake)(params);
    const size = (tree: unknown): number => Math.hypot(...tensorsOf(tree).flatMap((x) => Array.from(readSync(x))));
    expect(size(sleepOnly.generation)).toBe(0);
    expect(size(sleepOnly.recognition)).toBeGreaterThan(0);
    expect(size(wakeOnly.recognition) + size(wakeOnly.top)).toBe(0);
    expect(size(wakeOnly.generation)).toBeGreaterThan(0);
  });

  it('refuses a chain of no steps', () => {
    expect(() => upDown(network, { k: 0 })).toThrow('upDown: k must be a whole number of at least 1, got 0.');
    free(scoped<Tensor>(() => batch()));
  });
});
