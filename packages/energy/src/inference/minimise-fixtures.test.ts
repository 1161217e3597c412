import { readFileSync } from 'node:fs';
import {
  add,
  cos,
  exp,
  matMul,
  mul,
  reference,
  slice,
  square,
  sub,
  sum,
  sumEvent,
  type Tensor,
  tensor,
  useBackend,
} from '@ebmkit/tensor';
import { tfjs } from '@ebmkit/tensor-tfjs';
import { wasm } from '@ebmkit/tensor-wasm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ContinuousEnergy, gradientDescent, type Minima, minimise, nesterov } from '../index.js';

interface Case {
  readonly name: 'rosenbrock' | 'quadratic' | 'muellerBrown' | 'rastrigin';
  readonly start: number[];
  readonly lower: number[] | null;
  readonly upper: number[] | null;
  readonly position: number[];
  readonly energy: number;
  readonly evaluations: number;
}
interface Fixtures {
  readonly quadratic: { matrix: number[][]; linear: number[] };
  readonly muellerBrown: Record<'A' | 'a' | 'b' | 'c' | 'x' | 'y', number[]>;
  readonly cases: Case[];
}
const path = new URL('../../fixtures/minimisers.json', import.meta.url);
const fixtures = JSON.parse(readFileSync(path, 'utf8')) as Fixtures;

/** Coordinates `from` to `to` of every row. */
const part = (x: Tensor, from: number, to: number): Tensor => slice(x, [0, from], [x.shape[0] as number, to - from]);

const energies: Readonly<Record<Case['name'], ContinuousEnergy>> = {
  rosenbrock: {
    energy: (x) => {
      const size = x.shape[1] as number;
      const [a, b] = [part(x, 0, size - 1), part(x, 1, size)];
      return sumEvent(add(mul(square(sub(b, square(a))), 100), square(sub(1, a))));
    },
  },
  quadratic: {
    energy: (x) => {
      const { matrix, linear } = fixtures.quadratic;
      return sumEvent(mul(x, sub(mul(matMul(x, tensor(matrix)), 0.5), tensor(linear))));
    },
  },
  muellerBrown: {
    energy: (p) => {
      const { A, a, b, c, x, y } = fixtures.muellerBrown;
      const [dx, dy] = [sub(part(p, 0, 1), tensor(x)), sub(part(p, 1, 2), tensor(y))];
      const powers = [mul(tensor(a), square(dx)), mul(tensor(b), mul(dx, dy)), mul(tensor(c), square(dy))];
      return sum(mul(tensor(A), exp(powers.reduce((s, t) => add(s, t)))), 1);
    },
  },
  rastrigin: { energy: (x) => sumEvent(add(sub(square(x), mul(cos(mul(x, 2 * Math.PI)), 10)), 10)) },
};

/** Each start twice: all starts are searched side by side. */
const solve = ({ name, start, lower, upper }: Case, options: object = {}): Promise<Minima<Tensor>> =>
  minimise(energies[name], tensor([start, start]), {
    ...(lower && { lower: tensor(lower) }),
    ...(upper && { upper: tensor(upper) }),
    ...options,
  });

function expectFound({ positions, energies: found, status }: Minima<Tensor>, wanted: Case, tolerance: number): void {
  expect(status).toEqual(['converged', 'converged']);
  const size = wanted.position.length;
  positions.data.forEach((v, i) => {
    const at = wanted.position[i % size] as number;
    expect(Math.abs(v - at)).toBeLessThan(tolerance * Math.max(1, Math.abs(at)));
  });
  for (const e of found)
    expect(Math.abs(e - wanted.energy)).toBeLessThan(tolerance * Math.max(1, Math.abs(wanted.energy)));
}

describe('L-BFGS finds the minima of SciPy in double precision', () => {
  beforeAll(() => useBackend(reference({ precision: 'float64' })));
  afterAll(() => useBackend(reference()));

  test.each(fixtures.cases)('$name from $start in $lower to $upper', async (wanted) => {
    expectFound(await solve(wanted, { gradientTolerance: 1e-8 }), wanted, 1e-7);
    const { evaluations } = await solve(wanted);
    expect(evaluations[0]).toBeLessThanOrEqual(1.6 * wanted.evaluations + 8);
  });

  test.each(fixtures.cases.filter(({ name }) => name === 'quadratic'))(
    'so do the others: $name in $lower',
    async (wanted) => {
      for (const method of [gradientDescent(), nesterov()])
        expectFound(await solve(wanted, { method, maxSteps: 5000, gradientTolerance: 1e-6 }), wanted, 1e-6);
    },
  );
});

describe.each([
  ['reference', reference],
  ['wasm', () => wasm({ threads: 1 })],
  ['tfjs wasm', () => tfjs('wasm')],
])('in single precision on %s', (_, make) => {
  beforeAll(async () => useBackend(await make()));
  afterAll(() => useBackend(reference()));
  const cases = fixtures.cases.filter((_c, i) => [0, 3, 5, 7].includes(i));

  test.each(cases)('$name from $start', async (wanted) => {
    expectFound(await solve(wanted, { gradientTolerance: 2e-3 }), wanted, 2e-3);
  });
});
