import {
  free,
  grad,
  type Key,
  key,
  memory,
  read,
  readSync,
  reference,
  scoped,
  sizeOf,
  sum,
  type Tensor,
  tensor,
  useBackend,
  withBackend,
} from '@ebmkit/tensor';
import { describe, expect, test } from 'vitest';
import { expectCloseTo } from './close-to.js';
import { integrateOverBox } from './integrate-over-box.js';
import { onEach, type SuiteBackend } from './on-backend.js';

/** An energy of which everything is known, by structure. */
export interface AnalyticEnergy {
  /** From states `[n, ...event]` to `[n]`. */
  readonly energy: (x: Tensor) => Tensor;
  /** From states to gradients of the same shape. */
  readonly gradient: (x: Tensor) => Tensor;
  /** The log of the integral of $`e^{-E}`$. */
  readonly logZ: number;
  /** The mean, flattened. */
  readonly mean: Float64Array;
  /** The covariance over the flattened event, row by row. */
  readonly covariance: Float64Array;
  /** The shape of one state. */
  readonly eventShape: readonly number[];
  /** Independent draws. */
  readonly draw: (key: Key, count: number) => Tensor;
}

/** What the suite is told of an energy. */
export interface EnergyCase {
  /** Makes the energy. */
  readonly make: () => AnalyticEnergy;
  /** Points of the grid on each axis for quadrature in one or two dimensions; 4001 and 361 unless given. */
  readonly points?: number;
  /** False where the density has a kink, which the trapezoid rule cannot integrate closely: other tests compare the integrals. */
  readonly smooth?: boolean;
  /** Draws whose moments are compared; 20,000 unless given. */
  readonly draws?: number;
  /** Backends to run on; the reference backend unless given. Quadrature runs in double precision in any case. */
  readonly backends?: readonly SuiteBackend[];
}

const seed = 20250102;
const oracle = reference({ precision: 'float64' });

/** Points to evaluate at: the mean, and others around it at several distances. */
function somePoints({ mean, covariance }: AnalyticEnergy): number[][] {
  const scales = Array.from(mean, (_, i) => Math.sqrt(covariance[i * mean.length + i] as number));
  return [0, 0.3, -1, 2.5, -6].map((distance, row) =>
    Array.from(mean, (m, i) => m + distance * (scales[i] as number) * Math.cos(row + 3 * i)),
  );
}

function describeFunctions({ make }: EnergyCase): void {
  test('gives one finite number for each state, whatever the other states are', async () => {
    const e = make();
    const points = somePoints(e);
    const batch = tensor(Float64Array.from(points.flat()), [points.length, ...e.eventShape]);
    const together = await read(e.energy(batch));
    expect(together.length).toBe(points.length);
    expect(Array.from(together).every(Number.isFinite)).toBe(true);
    for (const [i, point] of points.entries()) {
      const alone = await read(e.energy(tensor(Float64Array.from(point), [1, ...e.eventShape])));
      expectCloseTo(alone, [together[i] as number], { relative: 1e-5, absolute: 1e-5 });
    }
    expect(() => e.energy(tensor(new Float32Array(6), [1, 2, 3, 1]))).toThrow(/expected \[n, /);
  });

  test('its gradient is the derivative of its energy', async () => {
    const e = make();
    const points = somePoints(e);
    const x = tensor(Float64Array.from(points.flat()), [points.length, ...e.eventShape]);
    const own = e.gradient(x);
    expect(own.shape).toEqual(x.shape);
    const automatic = await read(grad((y: Tensor) => sum(e.energy(y)))(x));
    const scale = Array.from(automatic).reduce((a, b) => Math.max(a, Math.abs(b)), 1);
    expectCloseTo(await read(own), automatic, { relative: 1e-4, absolute: 1e-5 * scale });
  });

  test('frees what it makes on the way', () => {
    const e = make();
    const x = tensor(new Float32Array(3 * sizeOf(e.eventShape)), [3, ...e.eventShape]);
    const before = memory().tensors;
    const made = [e.energy(x), e.gradient(x), e.draw(key(seed), 10)];
    expect(memory().tensors).toBe(before + 3);
    free([made, x]);
  });
}

/** The mean over draws of some function of a state must be within 5 standard errors of a number. */
function expectAverage(values: readonly number[], expected: number, name: string): void {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / (values.length - 1);
  const error = Math.sqrt(variance / values.length);
  expect(Math.abs(mean - expected), `${name}: ${mean}, expected ${expected}, standard error ${error}`).toBeLessThan(
    5 * error,
  );
}

function describeDraws({ make, draws = 20_000 }: EnergyCase): void {
  test('its draws have its mean and covariance, within 5 standard errors', async () => {
    const e = make();
    const x = e.draw(key(seed), draws);
    expect(x.shape).toEqual([draws, ...e.eventShape]);
    const values = await read(x);
    const size = e.mean.length;
    const centred = (n: number, i: number): number => (values[n * size + i] as number) - (e.mean[i] as number);
    const over = (f: (n: number) => number): number[] => Array.from({ length: draws }, (_, n) => f(n));
    for (let i = 0; i < size; i++) {
      expectAverage(
        over((n) => centred(n, i)),
        0,
        `mean ${i}`,
      );
      for (let j = 0; j <= i; j++)
        expectAverage(
          over((n) => centred(n, i) * centred(n, j)),
          e.covariance[i * size + j] as number,
          `covariance ${i}, ${j}`,
        );
    }
  });

  test('its draws follow from the key', async () => {
    const e = make();
    const first = await read(e.draw(key(1), 7));
    expect(await read(e.draw(key(1), 7))).toEqual(first);
    expect(await read(e.draw(key(2), 7))).not.toEqual(first);
  });
}

function describeQuadrature(name: string, { make, points }: EnergyCase): void {
  describe(`${name} in double precision`, () => {
    test('its normaliser, mean and covariance are those of quadrature, and its draws have the mean energy', async () => {
      const e = make();
      const size = e.mean.length;
      const grid = points ?? (size === 1 ? 4001 : 361);
      const found = withBackend(oracle, () => integrateOverBox((x) => scoped<Tensor>(() => e.energy(x)), e, grid));
      expect(Math.abs(found.logZ - e.logZ)).toBeLessThan(1e-9 * Math.max(1, Math.abs(e.logZ)));
      expectCloseTo(found.mean, e.mean, { relative: 1e-8, absolute: 1e-8 });
      expectCloseTo(found.covariance, e.covariance, { relative: 1e-8, absolute: 1e-8 });
      const energies = withBackend(oracle, () => readSync(e.energy(e.draw(key(seed), 20_000))));
      expectAverage(Array.from(energies), found.meanEnergy, 'mean energy');
      await useBackend(reference());
    });
  });
}

/**
 * Declares the tests that every analytic energy must pass: batches, gradient against automatic differentiation, memory,
 * moments of its draws, and in one or two dimensions normaliser and moments by quadrature.
 *
 * @param name - The energy's name in the report.
 * @param energyCase - How to make it.
 */
export function describeEnergy(name: string, energyCase: EnergyCase): void {
  onEach(name, energyCase.backends, () => {
    describeFunctions(energyCase);
    describeDraws(energyCase);
  });
  if (energyCase.smooth !== false && energyCase.make().mean.length <= 2) describeQuadrature(name, energyCase);
}
