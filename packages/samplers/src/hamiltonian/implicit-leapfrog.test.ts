import { type ContinuousEnergy, clamp, gaussian } from '@ebmkit/energy';
import {
  abs,
  add,
  concat,
  div,
  exp,
  key,
  mapTree,
  max,
  mul,
  neg,
  normal,
  ones,
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
import { implicitLeapfrog } from './implicit-leapfrog.js';
import { denseRiemannianMetric, diagonalRiemannianMetric, type RiemannianMetric } from './riemannian-metric.js';
import type { PhasePoint } from './splitting-integrator.js';

const target: ContinuousEnergy = {
  energy: (x) => add(mul(sumEvent(square(square(x))), 0.25), mul(sumEvent(square(x)), 0.5)),
};
/** A matrix that is positive definite everywhere: [[1 + x0², x1 / 2], [x1 / 2, 1 + x1²]]. */
const matrix = (x: Tensor): Tensor => {
  const n = x.shape[0] as number;
  const [a, b] = [slice(x, [0, 0], [n, 1]), slice(x, [0, 1], [n, 1])];
  const off = mul(b, 0.5);
  return reshape(concat([add(square(a), 1), off, off, add(square(b), 1)], 1), [n, 2, 2]);
};
const metrics: Readonly<Record<string, RiemannianMetric<Tensor>>> = {
  'a diagonal metric': diagonalRiemannianMetric((x: Tensor) => add(square(x), 1)),
  'a dense metric': denseRiemannianMetric(matrix),
};
const names = Object.keys(metrics);
const pointOf = (position: Tensor, momentum: Tensor): PhasePoint<Tensor> => ({
  ...evaluate('test', target, position, position.shape[0] as number),
  momentum,
});

describe.each([
  ['float64', 1e-10, 30, 1e-12],
  ['float32', 1e-5, 15, 1e-6],
] as const)('the implicit leapfrog in %s', (precision, reversal, iterations, tolerance) => {
  beforeAll(() => useBackend(reference({ precision })));
  afterAll(() => useBackend(reference()));
  const follow = (metric: RiemannianMetric<Tensor>, start: PhasePoint<Tensor>, steps: number, stepSize: number) => {
    let point = start;
    for (let i = 0; i < steps; i++) {
      const next = implicitLeapfrog(target, metric, point, stepSize, { iterations, tolerance });
      expect(Array.from(readSync(next.converged), Boolean)).not.toContain(false);
      point = next.point;
    }
    return point;
  };
  const starts = () => pointOf(normal(key(5), [4, 2]), normal(key(6), [4, 2]));

  test.each(names)('with %s is reversible', (name) => {
    const metric = metrics[name] as RiemannianMetric<Tensor>;
    const turned = (point: PhasePoint<Tensor>) => ({ ...point, momentum: neg(point.momentum) });
    const there = follow(metric, starts(), 4, 0.1);
    const back = turned(follow(metric, turned(there), 4, 0.1));
    const begin = starts();
    const away = mapTree(
      (a, b) => max(abs(sub(a, b))),
      [back.position, back.momentum],
      [begin.position, begin.momentum],
    );
    for (const error of away) expect(readSync(error)[0]).toBeLessThan(reversal);
    expect(readSync(max(abs(sub(there.position, begin.position))))[0]).toBeGreaterThan(0.2);
  });

  if (precision === 'float32') return;

  test.each(names)('with %s has an energy error that falls as the square of the step size', (name) => {
    const metric = metrics[name] as RiemannianMetric<Tensor>;
    const total = ({ position, momentum, energy }: PhasePoint<Tensor>) =>
      add(energy, metric.kineticEnergy(position, momentum));
    const error = (stepSize: number): number => {
      const end = follow(metric, starts(), Math.round(0.4 / stepSize), stepSize);
      return Array.from(readSync(abs(sub(total(end), total(starts()))))).reduce((a, b) => a + b, 0);
    };
    const errors = [0.1, 0.05, 0.025].map(error);
    for (const [i, next] of errors.slice(1).entries())
      expect(Math.abs(Math.log2((errors[i] as number) / next) - 2)).toBeLessThan(0.1);
  });

  test.each(names)('with %s conserves volume', (name) => {
    const h = 1e-5;
    const ends = (shift: number): number[][] => {
      const rows = [0, 1, 2, 3].map((i) => [0.3, -0.8, 1.1, 0.4].map((v, j) => v + (i === j ? shift : 0)));
      const at = (from: number): Tensor => tensor(rows.map((row) => row.slice(from, from + 2)));
      const { position, momentum } = follow(metrics[name] as RiemannianMetric<Tensor>, pointOf(at(0), at(2)), 2, 0.2);
      const [x, p] = [position, momentum].map((t) => Array.from(readSync(t)));
      return rows.map((_, i) => [x, p].flatMap((values) => values?.slice(2 * i, 2 * i + 2) ?? []));
    };
    const [up, down] = [ends(h), ends(-h)];
    const jacobian = up.map((row, i) => row.map((v, j) => (v - (down[i]?.[j] as number)) / (2 * h)));
    // Symplectic, which is more than conserving volume: Jᵀ Ω J = Ω.
    const omega = (a: readonly number[], b: readonly number[]): number =>
      [0, 1].reduce((s, k) => s + (a[k] as number) * (b[k + 2] as number) - (a[k + 2] as number) * (b[k] as number), 0);
    for (const [i, a] of jacobian.entries())
      for (const [j, b] of jacobian.entries())
        expect(omega(a, b)).toBeCloseTo(j - i === 2 ? 1 : i - j === 2 ? -1 : 0, 7);
  });

  test('a dense metric has the kinetic energy ½ pᵀ G⁻¹ p + ½ log det G', () => {
    const metric = metrics['a dense metric'] as RiemannianMetric<Tensor>;
    const [[x, y], [p, q]] = [
      [0.7, -1.2],
      [0.5, 2],
    ] as const;
    const [a, b, c] = [1 + x * x, y / 2, 1 + y * y];
    const determinant = a * c - b * b;
    const quadratic = (c * p * p - 2 * b * p * q + a * q * q) / determinant;
    const kinetic = metric.kineticEnergy(tensor([[x, y]]), tensor([[p, q]]));
    expect(readSync(kinetic)[0]).toBeCloseTo((quadratic + Math.log(determinant)) / 2, 12);
    const velocity = readSync(metric.velocity(tensor([[x, y]]), tensor([[p, q]])));
    expect(velocity[0]).toBeCloseTo((c * p - b * q) / determinant, 12);
    expect(velocity[1]).toBeCloseTo((a * q - b * p) / determinant, 12);
  });

  test('solves its three equations', () => {
    const metric = metrics['a diagonal metric'] as RiemannianMetric<Tensor>;
    const [start, h] = [starts(), 0.1];
    const end = follow(metric, start, 1, h);
    const [x, p, y, q] = [start.position, start.momentum, end.position, end.momentum].map((t) =>
      Array.from(readSync(t)),
    );
    const slope = (x: number): number => x ** 3 + x;
    /** The derivative of ½ log G + p² / 2G, with G = 1 + x². */
    const ofMetric = (x: number, p: number): number => x / (1 + x * x) - (p * p * x) / (1 + x * x) ** 2;
    x?.forEach((from, i) => {
      const [to, begin, final] = [y?.[i], p?.[i], q?.[i]] as [number, number, number];
      const half = (2 * (to - from)) / (h * (1 / (1 + from * from) + 1 / (1 + to * to)));
      expect(half).toBeCloseTo(begin - (h / 2) * (slope(from) + ofMetric(from, half)), 10);
      expect(final).toBeCloseTo(half - (h / 2) * (slope(to) + ofMetric(to, half)), 10);
    });
  });

  test('says which chains were not solved', () => {
    const metric = diagonalRiemannianMetric((x: Tensor) => exp(mul(x, 3)));
    const start = pointOf(tensor([[0.1], [-3]]), ones([2, 1]));
    const { converged } = implicitLeapfrog(target, metric, start, 0.1, { iterations: 8, tolerance: 1e-3 });
    expect(Array.from(readSync(converged), Boolean)).toEqual([true, false]);
  });

  test('keeps what is clamped, and the energy with it', () => {
    const held = clamp(gaussian({ mean: [0, 0] }), tensor([true, false]), 0.7);
    const metric = diagonalRiemannianMetric((x: Tensor) => {
      const n = x.shape[0] as number;
      const first = slice(x, [0, 0], [n, 1]);
      return concat([add(square(slice(x, [0, 1], [n, 1])), 1), div(2, add(square(first), 1))], 1);
    });
    const position = tensor([[0.7, 1.2]]);
    let point: PhasePoint<Tensor> = { ...evaluate('test', held, position, 1), momentum: tensor([[0.6, -0.9]]) };
    const total = (): number =>
      readSync(add(point.energy, metric.kineticEnergy(point.position, point.momentum)))[0] as number;
    const before = total();
    for (let i = 0; i < 200; i++)
      ({ point } = implicitLeapfrog(held, metric, point, 0.005, { iterations: 12, tolerance: 1e-9 }));
    expect(readSync(point.position)[0]).toBe(0.7);
    expect(readSync(point.momentum)[0]).toBe(0.6);
    expect(readSync(point.position)[1]).not.toBeCloseTo(1.2, 1);
    expect(total()).toBeCloseTo(before, 4);
  });
});
