import type { DiscreteEnergy } from '@ebmkit/energy';
import {
  add,
  cast,
  concat,
  full,
  gather,
  greater,
  matMul,
  mul,
  neg,
  reference,
  reshape,
  sum,
  type Tensor,
  tensor,
  useBackend,
} from '@ebmkit/tensor';
import { discreteTargets, expectInvariance } from '@ebmkit/test-kit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { backends } from '../../fixtures/both-backends.js';
import { onTarget } from '../../fixtures/discrete-suite.js';
import { allStates, type PlainState } from '../../fixtures/tiny-discrete.js';
import { discreteMetropolis } from '../discrete/discrete-metropolis.js';
import { gibbsWithGradients } from '../discrete/gibbs-with-gradients.js';
import { randomScanGibbs } from '../discrete/single-site-gibbs.js';
import { type StateSpace, spinStates } from '../discrete/state-space.js';
import type { Kernel } from '../kernel/kernel.js';
import type { MoveInfo } from '../kernel/move-info.js';
import { temperingPath } from './annealing-path.js';
import { parallelTempering } from './parallel-tempering.js';

const sites = 10;
const space = spinStates();
/** Couplings that all pull together, so strong that the spins are nearly all alike: two modes, of which fields make one the heavier. */
const couplings = Array.from({ length: sites }, (_, i) =>
  Array.from({ length: sites }, (__, j) => (i === j ? 0 : 0.3 + 0.1 * Math.sin(i + j) * Math.cos(i * j))),
);
const fields = Array.from({ length: sites }, (_, i) => 0.02 + 0.1 * Math.sin(2 * i));
const pairs = couplings.flatMap((row, i) => row.flatMap((_, j) => (j > i ? [[i, j] as const] : [])));

const ferromagnet: DiscreteEnergy = {
  energy: (x) => {
    const pulled = mul(sum(mul(matMul(x, tensor(couplings)), x), 1), 0.5);
    return neg(add(pulled, sum(mul(x, tensor(fields)), 1)));
  },
  support: 'discrete',
};

/** The same energy of one state by plain numbers. */
function energyOf(x: PlainState): number {
  const pulled = pairs.reduce(
    (a, [i, j]) => a + (couplings[i]?.[j] as number) * (x[i] as number) * (x[j] as number),
    0,
  );
  return -x.reduce((a, v, i) => a + v * (fields[i] as number), pulled);
}

/** Every spin, the product of every pair, and whether most spins are up. */
const quantitiesOf = (x: PlainState): PlainState => [
  ...x,
  ...pairs.map(([i, j]) => (x[i] as number) * (x[j] as number)),
  x.reduce((a, b) => a + b, 0) > 0 ? 1 : 0,
];
const statistics = (x: Tensor): Tensor => {
  const end = (at: 0 | 1): Tensor => gather(x, tensor(Int32Array.from(pairs, (pair) => pair[at])), 1);
  const isUp = reshape(cast(greater(sum(x, 1), 0), 'float32'), [x.shape[0] as number, 1]);
  return concat([x, mul(end(0), end(1)), isUp], 1);
};

const states = allStates(sites, [-1, 1]);
const weights = states.map((x) => Math.exp(-energyOf(x)));
const total = weights.reduce((a, b) => a + b, 0);
const expected = states
  .map((x, s) => quantitiesOf(x).map((q) => (q * (weights[s] as number)) / total))
  .reduce((a, b) => a.map((v, i) => v + (b[i] as number)));

const within = (energy: DiscreteEnergy) => randomScanGibbs(energy, { space, sites: 2 });
/** All chains begin in the lighter mode. */
const fromBelow = { start: () => full([160, sites], -1), statistics, expected, steps: 200, warmup: 50 };

/** A target of the test kit under a ladder of two temperatures. */
function onKit<S extends { readonly position: Tensor }>(
  target: (typeof discreteTargets)['bits' | 'categories'],
  make: (energy: DiscreteEnergy, states: StateSpace) => Kernel<Tensor, S, MoveInfo>,
) {
  const on = onTarget(target);
  const path = temperingPath(on.energy, (energy) => make(energy, on.space));
  return {
    make: () => parallelTempering({ path, betas: [0.5, 1] }),
    start: () => full([120, ...target.eventShape], 0, on.space.dtype),
    statistics: target.statistics,
    expected: target.expected,
    steps: 100,
    warmup: 50,
  };
}

describe.each(backends.map((backend) => [backend.name, backend] as const))('parallel tempering on %s', (_, backend) => {
  beforeAll(async () => {
    await useBackend(backend.make());
  });
  afterAll(() => useBackend(reference()));

  test('draws from both modes of a ferromagnet as often as they weigh, from a start in one of them', async () => {
    expect(expected.at(-1)).toBeGreaterThan(0.5);
    const path = temperingPath(ferromagnet, within);
    await expectInvariance({ ...fromBelow, make: () => parallelTempering({ path, betas: [0.25, 0.5, 1] }) });
  });

  test('its kernel alone does not: it stays in the mode where it begins', async () => {
    await expect(expectInvariance({ ...fromBelow, make: () => within(ferromagnet) })).rejects.toThrow(
      /statistic \d+: (mean|effective sample size)/,
    );
  });

  test('takes bits, which swap as bool', async () => {
    await expectInvariance(
      onKit(discreteTargets.bits, (energy, states) => discreteMetropolis(energy, { space: states, sites: 3 })),
    );
  });

  test('tempers the relaxed energies of categories, for kernels that go by gradients', async () => {
    await expectInvariance(
      onKit(discreteTargets.categories, (energy, states) => gibbsWithGradients(energy, { space: states })),
    );
  });
});
