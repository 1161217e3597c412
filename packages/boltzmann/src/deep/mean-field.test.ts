import {
  broadcastTo,
  EbmError,
  exp,
  key,
  log,
  neg,
  normal,
  readSync,
  reference,
  reshape,
  sum,
  type Tensor,
  tensor,
  useBackend,
  zeros,
} from '@ebmkit/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { deepTensors, smallDeepMachine } from '../../fixtures/small-deep-machine.js';
import {
  bernoulli,
  type DeepState,
  deepBoltzmannMachine,
  enumerateStates,
  gaussian,
  meanFieldBound,
  softmax,
  spin,
} from '../index.js';

const sizes = [4, 3, 3, 2];
const machine = deepBoltzmannMachine({ layers: [bernoulli(4), bernoulli(3), bernoulli(3), bernoulli(2)] });
const plain = smallDeepMachine(3, sizes, 1.5);
const visible = () => enumerateStates(bernoulli(4));

beforeAll(async () => {
  await useBackend(reference({ precision: 'float64' }));
});

describe('mean-field inference of three hidden layers', () => {
  it('never raises the variational free energy', () => {
    const params = deepTensors(plain);
    let before = readSync(machine.meanField(params, visible(), { steps: 1 }).freeEnergy);
    for (let steps = 2; steps < 12; steps++) {
      const after = readSync(machine.meanField(params, visible(), { steps }).freeEnergy);
      after.forEach((x, row) => {
        expect(x).toBeLessThan((before[row] as number) + 1e-12);
      });
      before = after;
    }
  });

  it('ends where every mean is that of its neighbours, and says which rows have come there', () => {
    const params = deepTensors(plain);
    const { state, converged, change } = machine.meanField(params, visible(), { steps: 400, tolerance: 1e-9 });
    expect(Math.max(...readSync(change))).toBeLessThan(1e-9);
    expect(Array.from(readSync(converged)).every(Boolean)).toBe(true);
    const [m1, m2, m3] = [state.hidden1, state.hidden2, state.hidden3].map((x) => readSync(x as Tensor));
    for (let row = 0; row < 16; row++)
      for (let j = 0; j < 3; j++) {
        let input = plain.biases[2]?.[j] as number;
        for (let i = 0; i < 3; i++) input += (m1?.[3 * row + i] as number) * (plain.weights[1]?.[i]?.[j] as number);
        for (let i = 0; i < 2; i++) input += (m3?.[2 * row + i] as number) * (plain.weights[2]?.[j]?.[i] as number);
        expect(m2?.[3 * row + j]).toBeCloseTo(1 / (1 + Math.exp(-input)), 8);
      }
    const early = machine.meanField(params, visible(), { steps: 2, tolerance: 1e-9 });
    expect(Array.from(readSync(early.converged)).some(Boolean)).toBe(false);
  });

  it('goes on from where a shorter call ended', () => {
    const params = deepTensors(plain);
    const { state } = machine.meanField(params, visible(), { steps: 3 });
    const rest = machine.meanField(params, visible(), { steps: 4, start: state });
    const whole = machine.meanField(params, visible(), { steps: 7 });
    expect(readSync(rest.freeEnergy)).toEqual(readSync(whole.freeEnergy));
    expect(readSync(rest.change)).toEqual(readSync(whole.change));
  });

  it('is exact where the hidden layers do not depend on each other', () => {
    const params = deepTensors(plain);
    const apart = { ...params, weights: [params.weights[0] as Tensor, zeros([3, 3]), zeros([3, 2])] };
    const { freeEnergy } = machine.meanField(apart, visible(), { steps: 1 });
    readSync(exactFreeEnergy(machine, apart, visible())).forEach((x, row) => {
      expect(readSync(freeEnergy)[row]).toBeCloseTo(x, 10);
    });
  });

  it('reports NaN', () => {
    const { hidden, ...rest } = deepTensors(plain);
    const params = { ...rest, hidden: [{ bias: tensor([0, Number.NaN, 0]) }, ...hidden.slice(1)] };
    expect(readSync(machine.meanField(params, visible()).freeEnergy).every(Number.isNaN)).toBe(true);
  });
});

type Machine = Pick<typeof machine, 'layers' | 'energy'>;

/** The free energy of visible states with all hidden layers summed out one state after another. */
function exactFreeEnergy(model: Machine, params: Parameters<Machine['energy']>[0], v: Tensor): Tensor {
  const rows = v.shape[0] as number;
  let states: Readonly<Record<string, readonly number[]>>[] = [{}];
  for (const [k, layer] of model.layers.slice(1).entries()) {
    const all = enumerateStates(layer);
    const numbers = Array.from(readSync(all));
    const list = Array.from({ length: all.shape[0] as number }, (_, i) =>
      numbers.slice(i * layer.size, (i + 1) * layer.size),
    );
    states = states.flatMap((state) => list.map((x) => ({ ...state, [`hidden${k + 1}`]: x })));
  }
  const weights = states.map((state) => {
    const hidden = Object.entries(state).map(([name, x]) => [
      name,
      broadcastTo(tensor([x as number[]]), [rows, x.length]),
    ]);
    return exp(neg(model.energy(params, { visible: v, ...Object.fromEntries(hidden) } as DeepState)));
  });
  return neg(log(weights.reduce((a, b) => reshape(sum(tensor([[...readSync(a)], [...readSync(b)]]), 0), [rows]))));
}

describe('other units', () => {
  it('bounds the free energy of a Gaussian layer under spins and choices of three', () => {
    const mixed = deepBoltzmannMachine({ layers: [gaussian(3), spin(2), softmax(3)] });
    const start = mixed.init(key(1));
    const params = { ...start, weights: start.weights.map((w, k) => normal(key(k), w.shape)) };
    const data = normal(key(9), [6, 3]);
    const { freeEnergy } = mixed.meanField(params, data, { steps: 100 });
    const exact = readSync(exactFreeEnergy(mixed as unknown as Machine, params, data));
    exact.forEach((x, row) => {
      expect(readSync(freeEnergy)[row] as number).toBeGreaterThan(x - 1e-10);
      expect(readSync(freeEnergy)[row] as number).toBeLessThan(x + 1.5);
    });
    const apart = { ...params, weights: [params.weights[0] as Tensor, zeros([2, 3])] };
    const once = readSync(mixed.meanField(apart, data, { steps: 1 }).freeEnergy);
    readSync(exactFreeEnergy(mixed as unknown as Machine, apart, data)).forEach((x, row) => {
      expect(once[row]).toBeCloseTo(x, 10);
    });
  });
});

describe('meanFieldBound', () => {
  it('averages the bound over rows, with both errors, and says whether the mean fields converged', async () => {
    const params = deepTensors(plain);
    const data = Uint8Array.from(readSync(visible()));
    const bounds = Array.from(readSync(machine.meanField(params, visible(), { steps: 400 }).freeEnergy), (x) => -x - 2);
    const mean = bounds.reduce((a, b) => a + b) / 16;
    const deviation = Math.sqrt(bounds.reduce((a, b) => a + (b - mean) ** 2, 0) / 15 / 16);
    const found = await meanFieldBound(
      machine,
      params,
      data,
      { logZ: 2, standardError: 0.5, lower: 1, upper: 4 },
      { batchSize: 5, steps: 400, tolerance: 1e-9 },
    );
    expect(found.mean).toBeCloseTo(mean, 7);
    expect(found.standardError).toBeCloseTo(Math.hypot(deviation, 0.5), 7);
    expect([found.logZError, found.lower, found.upper]).toEqual([
      0.5,
      expect.closeTo(mean - 2, 6),
      expect.closeTo(mean + 1, 6),
    ]);
    expect([found.status, found.unconverged]).toEqual(['converged', 0]);
    const early = await meanFieldBound(machine, params, data, 2, { steps: 2, tolerance: 1e-9 });
    expect([early.status, early.unconverged]).toEqual(['unconverged', 16]);
    expect(early.mean).toBeLessThan(mean);
  });
});

describe('wrong arguments', () => {
  it('are told at construction', async () => {
    const params = deepTensors(plain);
    const layers = (...units: unknown[]) => ({ layers: units }) as never;
    expect(() => deepBoltzmannMachine(layers(bernoulli(4), bernoulli(3)))).toThrow(/at least two hidden layers, got 2/);
    expect(() => deepBoltzmannMachine(layers(bernoulli(4), gaussian(3), bernoulli(2)))).toThrow(
      /few values each, such as bernoulli\(500\), got gaussian units in hidden1/,
    );
    expect(() => deepBoltzmannMachine(layers(bernoulli(4), 3, bernoulli(2)))).toThrow(EbmError);
    expect(() => machine.meanField(params, visible(), { steps: 0 })).toThrow(
      /steps must be a whole number of at least 1/,
    );
    expect(() => machine.meanField(params, zeros([2, 5]))).toThrow(/expected \[batch, 4\], got \[2, 5\]/);
    expect(() => machine.energy(params, { visible: visible() })).toThrow(/states of hidden1 are required/);
    expect(() => machine.conditional(params).sampleBlock(key(1), 'hidden7', {})).toThrow(/got hidden7/);
    await expect(meanFieldBound(machine, params, new Uint8Array(8), 0, { batchSize: 0 })).rejects.toThrow(/batchSize/);
  });
});
