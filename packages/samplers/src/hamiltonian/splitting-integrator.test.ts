import type { ContinuousEnergy } from '@ebmkit/energy';
import {
  abs,
  add,
  key,
  mapTree,
  max,
  mul,
  neg,
  normal,
  read,
  readSync,
  reference,
  reshape,
  slice,
  square,
  sub,
  sumEvent,
  type Tensor,
  tensor,
  useBackend,
} from '@ebmkit/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { evaluate } from '../kernel/evaluate.js';
import { denseMetric } from './dense-metric.js';
import { diagonalMetric } from './diagonal-metric.js';
import { identityMetric, type Metric } from './metric.js';
import {
  checkIntegrator,
  consecutive,
  integrate,
  leapfrog,
  mcLachlan,
  type PhasePoint,
  type SplittingIntegrator,
  yoshida,
} from './splitting-integrator.js';
import { followTrajectory } from './trajectory.js';

/** Coupled and anharmonic: $`\sum x^4 / 4 + x_0 x_1`$ and a bowl. */
const target: ContinuousEnergy = {
  energy: (x) => {
    const n = x.shape[0] as number;
    const coupling = mul(reshape(slice(x, [0, 0], [n, 1]), [n]), reshape(slice(x, [0, 1], [n, 1]), [n]));
    return add(add(mul(sumEvent(square(square(x))), 0.25), mul(sumEvent(square(x)), 0.5)), coupling);
  },
};
const metrics: Readonly<Record<string, Metric<Tensor>>> = {
  'unit masses': identityMetric(),
  'a diagonal metric': diagonalMetric([2, 0.3]),
  'a dense metric': denseMetric([
    [1.4, 0.5],
    [0.5, 0.4],
  ]),
};
const schemes = { leapfrog, mcLachlan, yoshida };
const orders = { leapfrog: 2, mcLachlan: 2, yoshida: 4 };

function pointOf(position: Tensor, momentum: Tensor): PhasePoint<Tensor> {
  return { ...evaluate('test', target, position, position.shape[0] as number), momentum };
}

/** The slope of log y over log x, by least squares. */
function slope(xs: readonly number[], ys: readonly number[]): number {
  const [u, v] = [xs.map(Math.log), ys.map(Math.log)];
  const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
  const [mu, mv] = [mean(u), mean(v)];
  const top = u.reduce((total, x, i) => total + (x - mu) * ((v[i] as number) - mv), 0);
  return top / u.reduce((total, x) => total + (x - mu) ** 2, 0);
}

const combinations = Object.keys(schemes).flatMap((scheme) =>
  Object.keys(metrics).map((metric) => [scheme as keyof typeof schemes, metric] as const),
);

describe('splitting integrators in float64', () => {
  beforeAll(() => useBackend(reference({ precision: 'float64' })));
  afterAll(() => useBackend(reference()));
  const starts = () => pointOf(normal(key(5), [16, 2]), normal(key(6), [16, 2]));

  test('a leapfrog step with masses is half a kick, a drift by M⁻¹ p, half a kick', () => {
    const [x, p, h] = [[0.4, -1.1], [0.7, 0.2], 0.3] as const;
    const slopeAt = ([a, b]: readonly [number, number]) => [a ** 3 + a + b, b ** 3 + b + a] as const;
    const [g, half] = [slopeAt(x), p.map((v, i) => v - (h / 2) * (slopeAt(x)[i] as number))];
    expect(g).toHaveLength(2);
    const moved = x.map((v, i) => v + h * [2, 0.3][i]! * (half[i] as number)) as [number, number];
    const kicked = half.map((v, i) => v - (h / 2) * (slopeAt(moved)[i] as number));
    const end = integrate(
      target,
      metrics['a diagonal metric']!,
      leapfrog,
      pointOf(tensor([[...x]]), tensor([[...p]])),
      h,
    );
    Array.from(readSync(end.position)).forEach((v, i) => {
      expect(v).toBeCloseTo(moved[i] as number, 13);
    });
    Array.from(readSync(end.momentum)).forEach((v, i) => {
      expect(v).toBeCloseTo(kicked[i] as number, 13);
    });
  });

  test.each(combinations)('the energy error of %s with %s falls by its order', (name, metric) => {
    const [scheme, order] = [schemes[name], orders[name]];
    const sizes = [0.1, 0.05, 0.025, 0.0125];
    const errors = sizes.map((stepSize) => {
      const steps = Math.round(0.8 / stepSize);
      const { energyError } = followTrajectory(
        target,
        metrics[metric]!,
        consecutive(scheme, steps),
        starts(),
        stepSize,
      );
      const values = Array.from(readSync(abs(energyError)));
      return values.reduce((a, b) => a + b, 0) / values.length;
    });
    expect(slope(sizes, errors)).toBeGreaterThan(order - 0.15);
    expect(slope(sizes, errors)).toBeLessThan(order + 0.15);
  });

  test('McLachlan has a smaller error than the leapfrog for as many gradients', () => {
    const error = (scheme: SplittingIntegrator, steps: number, stepSize: number): number => {
      const whole = consecutive(scheme, steps);
      return readSync(
        max(abs(followTrajectory(target, identityMetric(), whole, starts(), stepSize).energyError)),
      )[0] as number;
    };
    expect(error(mcLachlan, 8, 0.1)).toBeLessThan(error(leapfrog, 16, 0.05) / 2);
  });

  test.each(combinations)('%s with %s is reversible to 1e-10', async (name, metric) => {
    expect(await reversalError(schemes[name], metrics[metric]!, starts())).toBeLessThan(1e-10);
  });

  test.each(combinations)('%s with %s conserves volume', (name, metric) => {
    const h = 1e-5;
    const ends = (shift: number): number[] => {
      const [x, p] = [
        [0.3, -0.8],
        [1.1, 0.4],
      ];
      const rows = [0, 1, 2, 3].map((i) => [...x, ...p].map((v, j) => v + (i === j ? shift : 0)));
      const at = (from: number): Tensor => tensor(rows.map((row) => row.slice(from, from + 2)));
      const { position, momentum } = integrate(
        target,
        metrics[metric]!,
        consecutive(schemes[name], 3),
        pointOf(at(0), at(2)),
        0.4,
      );
      return [0, 1, 2, 3].flatMap((i) =>
        [position, momentum].flatMap((t) => Array.from(readSync(t)).slice(2 * i, 2 * i + 2)),
      );
    };
    const [up, down] = [ends(h), ends(-h)];
    expect(
      determinant(
        up.map((v, i) => (v - (down[i] as number)) / (2 * h)),
        4,
      ),
    ).toBeCloseTo(1, 7);
  });

  test('several steps as one equal them one by one', () => {
    let point = starts();
    for (let i = 0; i < 5; i++) point = integrate(target, identityMetric(), yoshida, point, 0.1);
    const once = integrate(target, identityMetric(), consecutive(yoshida, 5), starts(), 0.1);
    expect(readSync(max(abs(sub(point.position, once.position))))[0]).toBeLessThan(1e-13);
    expect(readSync(max(abs(sub(point.momentum, once.momentum))))[0]).toBeLessThan(1e-13);
  });

  test('a step size for each chain moves each by its own', () => {
    const own = integrate(
      target,
      identityMetric(),
      leapfrog,
      starts(),
      tensor(Array.from({ length: 16 }, (_, i) => i / 40)),
    );
    const third = integrate(target, identityMetric(), leapfrog, starts(), 3 / 40);
    const rowOf = (x: Tensor): number[] => Array.from(readSync(x)).slice(6, 8);
    rowOf(own.position).forEach((v, i) => {
      expect(v).toBeCloseTo(rowOf(third.position)[i] as number, 13);
    });
    expect(Array.from(readSync(own.position)).slice(0, 2)).toEqual(Array.from(readSync(starts().position)).slice(0, 2));
  });
});

describe('splitting integrators in float32', () => {
  test.each(combinations)('%s with %s is reversible to 1e-5', async (name, metric) => {
    const start = pointOf(normal(key(5), [16, 2]), normal(key(6), [16, 2]));
    expect(await reversalError(schemes[name], metrics[metric]!, start)).toBeLessThan(1e-5);
  });
});

test('an integrator that is not symmetric, or does not sum to 1, is refused', () => {
  const bad = [
    { kicks: [0.3, 0.7], drifts: [1] },
    { kicks: [0.5, 0.6, 0.5], drifts: [0.5, 0.5] },
    { kicks: [0.25, 0.5, 0.25], drifts: [1] },
  ];
  for (const scheme of bad)
    expect(() => checkIntegrator('hmc', scheme)).toThrow(/hmc: expected an integrator of kicks/);
});

/** Goes forward, turns round, goes forward, turns round: how far from the start that ends. */
async function reversalError(
  scheme: SplittingIntegrator,
  metric: Metric<Tensor>,
  start: PhasePoint<Tensor>,
): Promise<number> {
  const turned = (point: PhasePoint<Tensor>): PhasePoint<Tensor> => ({ ...point, momentum: neg(point.momentum) });
  const there = integrate(target, metric, consecutive(scheme, 6), start, 0.15);
  const back = turned(integrate(target, metric, consecutive(scheme, 6), turned(there), 0.15));
  const moved = await read(max(abs(sub(there.position, start.position))));
  expect(moved[0]).toBeGreaterThan(0.5);
  const ends = mapTree((a, b) => max(abs(sub(a, b))), [back.position, back.momentum], [start.position, start.momentum]);
  return Math.max(...ends.map((x) => readSync(x)[0] as number));
}

/** The determinant of a square matrix, by elimination with pivoting. */
function determinant(values: readonly number[], size: number): number {
  const rows = Array.from({ length: size }, (_, i) => values.slice(i * size, (i + 1) * size));
  let product = 1;
  for (let k = 0; k < size; k++) {
    const order = rows.slice(k).sort((a, b) => Math.abs(b[k] as number) - Math.abs(a[k] as number));
    if (order[0] !== rows[k]) product *= -1;
    const pivot = order[0] as number[];
    const at = rows.indexOf(pivot);
    rows[at] = rows[k] as number[];
    rows[k] = pivot;
    product *= pivot[k] as number;
    for (const row of rows.slice(k + 1)) {
      const factor = (row[k] as number) / (pivot[k] as number);
      row.forEach((v, j) => {
        row[j] = v - factor * (pivot[j] as number);
      });
    }
  }
  return product;
}
