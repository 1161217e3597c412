import { readFileSync } from 'node:fs';
import { readSync, reference, tensor, withBackend } from '@ebmkit/tensor';
import { expectCloseTo } from '@ebmkit/test-kit';
import { describe, expect, test } from 'vitest';
import {
  type AnalyticEnergy,
  ackley,
  banana,
  type ExactEnergy,
  funnel,
  harmonic,
  hybridRosenbrock,
  manyWell,
  muellerBrown,
  rastrigin,
  ring,
  rosenbrock,
  twoMoons,
} from '../index.js';

interface Landscape {
  readonly name: string;
  readonly options: { readonly eventShape?: readonly number[] };
  readonly points: readonly (readonly number[])[];
  readonly energies: readonly number[];
  readonly gradients: readonly (readonly number[])[];
  readonly logZ?: number;
  readonly mean?: readonly number[];
  readonly covariance?: readonly (readonly number[])[];
}

const makers: Readonly<Record<string, (options: object) => AnalyticEnergy>> = {
  ackley,
  banana,
  funnel,
  harmonic,
  hybridRosenbrock,
  manyWell,
  muellerBrown,
  rastrigin,
  ring,
  rosenbrock,
  twoMoons,
};
const path = new URL('../../fixtures/landscapes.json', import.meta.url);
const { landscapes } = JSON.parse(readFileSync(path, 'utf8')) as { readonly landscapes: readonly Landscape[] };
const make = ({ name, options }: Landscape): AnalyticEnergy => (makers[name] as (o: object) => AnalyticEnergy)(options);
const titled = landscapes.map((l) => ({ title: `${l.name} ${JSON.stringify(l.options)}`, ...l }));

describe('equal to SciPy and JAX', () => {
  test.each(titled)('values and gradients of $title', (landscape) => {
    withBackend(reference({ precision: 'float64' }), () => {
      const e = make(landscape);
      const { points, energies, gradients } = landscape;
      const x = tensor(Float64Array.from(points.flat()), [points.length, ...e.eventShape]);
      const close = { relative: 1e-9, absolute: 1e-9 };
      expectCloseTo(readSync(e.energy(x)), energies, close);
      expectCloseTo(readSync(e.gradient(x)), gradients.flat(), close);
    });
  });

  test.each(titled.filter(({ logZ }) => logZ !== undefined))('normaliser and moments of $title', (landscape) => {
    const e = make(landscape) as ExactEnergy;
    const { logZ = 0, mean = [], covariance = [] } = landscape;
    expect(Math.abs(e.logZ - logZ)).toBeLessThan(1e-9 * Math.max(1, Math.abs(logZ)));
    const scale = Math.max(...covariance.flat());
    expectCloseTo(e.mean, mean, { relative: 1e-8, absolute: 1e-8 * Math.sqrt(scale) });
    expectCloseTo(e.covariance, covariance.flat(), { relative: 1e-8, absolute: 1e-8 * scale });
  });
});

describe('known from the literature', () => {
  test('the many well of 32 dimensions', () => {
    // Midgley et al. give the normaliser of the tilted double well as 11784.50927.
    const block = Math.log(11784.50927) + 0.5 * Math.log(2 * Math.PI);
    expect(Math.abs(manyWell().logZ - 16 * block)).toBeLessThan(1e-8);
  });

  test('minima of the functions of optimisation', () => {
    const zero = (e: AnalyticEnergy, at: number): void => {
      const x = tensor(new Float32Array(3).fill(at), [1, 3]);
      expect(Math.abs(readSync(e.energy(x))[0] as number)).toBeLessThan(1e-5);
      expectCloseTo(readSync(e.gradient(x)), [0, 0, 0], { relative: 0, absolute: 1e-5 });
    };
    zero(rosenbrock({ eventShape: [3] }), 1);
    zero(ackley({ eventShape: [3] }), 0);
    zero(rastrigin({ eventShape: [3] }), 0);
  });

  test('wells and saddles of Müller and Brown', () => {
    const e = muellerBrown({ beta: 1 });
    const stationary = [
      [-0.558224, 1.441726, -146.6995],
      [0.623499, 0.028038, -108.1667],
      [-0.050011, 0.466694, -80.7678],
      [-0.822002, 0.624313, -40.6648],
      [0.212487, 0.292988, -72.2489],
    ] as const;
    withBackend(reference({ precision: 'float64' }), () => {
      const x = tensor(stationary.map(([a, b]) => [a, b]));
      expectCloseTo(
        readSync(e.energy(x)),
        stationary.map(([, , v]) => v),
        { relative: 0, absolute: 1e-4 },
      );
      expectCloseTo(readSync(e.gradient(x)), new Float64Array(10), { relative: 0, absolute: 5e-3 });
    });
  });
});

describe('at the edges', () => {
  test('energies and gradients of far states are numbers', () => {
    const size = 4;
    const energies: Record<string, AnalyticEnergy> = {
      harmonic: harmonic({ eventShape: [size] }),
      manyWell: manyWell({ eventShape: [size] }),
      rosenbrock: rosenbrock({ eventShape: [size] }),
      hybridRosenbrock: hybridRosenbrock({ blocks: 3 }),
      ackley: ackley({ eventShape: [size] }),
      rastrigin: rastrigin({ eventShape: [size] }),
      banana: banana({ eventShape: [size] }),
      ring: ring({ eventShape: [size] }),
      twoMoons: twoMoons(),
    };
    for (const [name, e] of Object.entries(energies)) {
      const count = e.eventShape[0] as number;
      const far = [1e4, -1e4, 3e8, -3e8].flatMap((v) => Array.from({ length: count }, (_, i) => (i === 1 ? -v : v)));
      const x = tensor(Float32Array.from(far), [4, count]);
      const [values, slopes] = [readSync(e.energy(x)), readSync(e.gradient(x))];
      expect([name, [...values, ...slopes].some(Number.isNaN)]).toEqual([name, false]);
      expect([name, [...values.slice(0, 2), ...slopes.slice(0, 2 * count)].every(Number.isFinite)]).toEqual([
        name,
        true,
      ]);
    }
    const wide = tensor([
      [80, 10],
      [-80, 10],
      [-80, 0],
    ]);
    for (const values of [funnel({ eventShape: [2] }).energy(wide), funnel({ eventShape: [2] }).gradient(wide)])
      expect(readSync(values).every(Number.isFinite)).toBe(true);
    const distant = tensor([[100, 100]]);
    expect(readSync(muellerBrown().energy(distant))[0]).toBe(Number.POSITIVE_INFINITY);
  });

  test('kinks at the origin have gradient 0', () => {
    const origin = tensor([[0, 0]]);
    for (const e of [ackley(), ring(), twoMoons()])
      expectCloseTo(readSync(e.gradient(origin)), [0, 0], { relative: 0, absolute: 1e-4 });
  });

  test('what is not known is not there', () => {
    for (const e of [
      ackley(),
      ackley({ confinement: 1, eventShape: [3] as readonly number[] as readonly [2] }),
      rosenbrock({ eventShape: [3] }),
    ])
      for (const field of ['logZ', 'mean', 'covariance', 'draw']) expect(e).not.toHaveProperty(field);
    // @ts-expect-error nothing is known of the distribution in ten dimensions
    expect(rosenbrock({ eventShape: [10] }).logZ).toBeUndefined();
    // @ts-expect-error without confinement there is no distribution
    expect(ackley().draw).toBeUndefined();
    expect(rosenbrock().logZ).toBeCloseTo(Math.log(Math.PI / 10), 12);
  });
});

describe('wrong arguments say what is right', () => {
  test.each([
    [() => harmonic({ stiffness: [1, -1] }), /harmonic: stiffness must be a positive number, got -1/],
    [() => harmonic({ stiffness: [1, 1], mean: [0, 0, 0] }), /harmonic: mean: .*holds 3 numbers, got \[2\]/],
    [() => harmonic({ mean: Number.NaN }), /harmonic: mean must be a finite number/],
    [() => manyWell({ eventShape: [3] }), /manyWell: expected an even number of coordinates, got \[3\]/],
    [() => manyWell({ quartic: 0 }), /manyWell: quartic must be a positive number/],
    [() => manyWell({ tilt: Number.NaN }), /manyWell: tilt must be a finite number/],
    [() => rosenbrock({ b: 0 }), /rosenbrock: b must be a positive number/],
    [
      () => rosenbrock({ eventShape: [1] as readonly number[] }),
      /rosenbrock: the size of eventShape must be a whole number of at least 2/,
    ],
    [() => hybridRosenbrock({ blocks: 0 }), /hybridRosenbrock: blocks must be a whole number of at least 1, got 0/],
    [
      () => hybridRosenbrock({ blockLength: 1.5 }),
      /hybridRosenbrock: blockLength must be a whole number of at least 2/,
    ],
    [() => ackley({ confinement: -1 }), /ackley: confinement must be a positive number/],
    [() => ackley({ decay: 0 }), /ackley: decay must be/],
    [() => rastrigin({ amplitude: -1 }), /rastrigin: amplitude must be/],
    [() => rastrigin({ eventShape: [0] }), /rastrigin: expected an eventShape/],
    [() => funnel({ scale: -1 }), /funnel: scale must be/],
    [() => funnel({ eventShape: [1] }), /funnel: the size of eventShape/],
    [() => banana({ curvature: Number.POSITIVE_INFINITY }), /banana: curvature must be a finite number/],
    [() => ring({ radius: 0 }), /ring: radius must be/],
    [() => twoMoons({ spread: 0 }), /twoMoons: spread must be/],
    [() => muellerBrown({ beta: 0 }), /muellerBrown: beta must be/],
    [() => muellerBrown().energy(tensor([[1, 2, 3]])), /muellerBrown.energy: expected \[n, 2\], got \[1, 3\]/],
  ])('%#', (make, message) => {
    expect(make).toThrow(message);
  });
});
