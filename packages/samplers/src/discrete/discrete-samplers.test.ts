import { type ContinuousEnergy, clamp, type DiscreteEnergy, product, temper } from '@ebmkit/energy';
import {
  add,
  cast,
  equal,
  expandDims,
  fold,
  full,
  key,
  mul,
  ones,
  readSync,
  reference,
  square,
  sum,
  sumEvent,
  type Tensor,
  tensor,
  useBackend,
  zeros,
} from '@ebmkit/tensor';
import { wasm } from '@ebmkit/tensor-wasm';
import { expectInvariance } from '@ebmkit/test-kit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { someKernel } from '../../fixtures/discrete-suite.js';
import {
  type PlainState,
  probabilitiesOf,
  statesTensor,
  type TinyTarget,
  threeSites,
  twoLetters,
} from '../../fixtures/tiny-discrete.js';
import { discreteLangevin } from './discrete-langevin.js';
import { discreteMetropolis } from './discrete-metropolis.js';
import { gibbsWithGradients } from './gibbs-with-gradients.js';
import { pathAuxiliary } from './path-auxiliary.js';
import { randomScanGibbs, systematicScanGibbs } from './single-site-gibbs.js';
import { binaryStates, categoricalStates, type StateSpace, spinStates } from './state-space.js';

beforeAll(() => useBackend(wasm({ threads: 1 })));
afterAll(() => useBackend(reference()));

const kernels = {
  gibbsWithGradients: (e: DiscreteEnergy, space: StateSpace) => someKernel(gibbsWithGradients(e, { space })),
  'discreteLangevin, adjusted': (e: DiscreteEnergy, space: StateSpace) =>
    someKernel(discreteLangevin(e, { space, stepSize: 0.8 })),
  'pathAuxiliary, fast': (e: DiscreteEnergy, space: StateSpace) =>
    someKernel(pathAuxiliary(e, { space, pathLength: [1, 2] })),
  'pathAuxiliary with all gradients': (e: DiscreteEnergy, space: StateSpace) =>
    someKernel(pathAuxiliary(e, { space, pathLength: [1, 2], fast: false })),
  randomScanGibbs: (e: DiscreteEnergy, space: StateSpace) => someKernel(randomScanGibbs(e, { space })),
  'randomScanGibbs over distinct sites': (e: DiscreteEnergy, space: StateSpace) =>
    someKernel(randomScanGibbs(e, { space, sites: 2, distinct: true })),
  systematicScanGibbs: (e: DiscreteEnergy, space: StateSpace) =>
    someKernel(systematicScanGibbs(e, { space, sites: 2 })),
  discreteMetropolis: (e: DiscreteEnergy, space: StateSpace) => someKernel(discreteMetropolis(e, { space })),
};
const makers = Object.entries(kernels);
const targets = [threeSites('binary', 0.3), threeSites('spin', 0.05), twoLetters()];

/** Indicators of some of the states of a target, `[n, states]`. */
function indicators({ space, states }: TinyTarget, chosen: readonly PlainState[], x: Tensor): Tensor {
  const sites = (states[0] as PlainState).length;
  const weights = Array.from({ length: sites }, (_, i) => 3 ** i);
  const codes = chosen.map((y) => y.reduce((a, v, i) => a + v * (weights[i] as number), 0));
  const code = sum(mul(cast(x, 'float32'), tensor(weights)), 1);
  expect(x.dtype).toBe(space.dtype);
  return cast(equal(expandDims(code, 1), tensor(codes)), 'float32');
}

const highest = { binary: 1, spin: 1, categorical: 2 };
const lowest = { binary: 0, spin: -1, categorical: 0 };

describe.each(makers)('%s with a clamped site', (_, make) => {
  test.each(targets.map((target) => [target.name, target] as const))(
    'keeps it fixed and samples the others given it: %s',
    async (__, target) => {
      const { space, states } = target;
      const sites = (states[0] as PlainState).length;
      const value = highest[space.kind];
      const mask = tensor(Array.from({ length: sites }, (___, i) => i === 1));
      const clamped = clamp(target.energy, mask, full([], value, space.dtype));
      const holding = states.filter((x) => x[1] === value);
      const p = probabilitiesOf(target, (x) => x[1] === value);
      await expectInvariance({
        make: () => make(clamped, space),
        start: () => full([128, sites], lowest[space.kind], space.dtype),
        // The last of them is what the others leave: each mean is seen, and a state outside would take from their sum.
        statistics: (x) => indicators(target, holding, x),
        expected: p.filter((___, i) => holding.includes(states[i] as PlainState)),
        steps: 80,
        warmup: 40,
      });
      const kernel = make(clamped, space);
      let state = kernel.init(full([50, sites], lowest[space.kind], space.dtype), key(0));
      for (let i = 0; i < 10; i++) {
        state = kernel.step(fold(key(3), i), state).state;
        const numbers = readSync(state.position);
        for (let n = 0; n < 50; n++) expect(numbers[n * sites + 1]).toBe(value);
      }
    },
  );

  test('stays where every site is clamped, and finds nothing wrong with that', () => {
    const target = twoLetters();
    const all = clamp(target.energy, tensor([true, true]), full([], 1, 'int32'));
    const kernel = make(all, target.space);
    const { state, info } = kernel.step(key(1), kernel.init(full([8, 2], 2, 'int32'), key(0)));
    expect(Array.from(readSync(state.position))).toEqual(new Array(16).fill(1));
    expect(Array.from(readSync(info.diverged))).toEqual(new Array(8).fill(0));
  });
});

describe.each(makers)('%s', (name, make) => {
  test.each(targets.map((target) => [target.name, target] as const))('caches true energies: %s', (_, target) => {
    const kernel = make(target.energy, target.space);
    let state = kernel.init(statesTensor(target, target.states), key(0));
    for (let i = 0; i < 5; i++) state = kernel.step(key(i), state).state;
    const { position, energy } = state;
    const [cached, true_] = [readSync(energy), readSync(target.energy.energy(position))];
    cached.forEach((e, i) => {
      expect(e).toBeCloseTo(true_[i] as number, 5);
    });
  });

  test('on [chains, 2, 5, 1] equals the flattened problem', () => {
    const energyOf = (x: Tensor): Tensor => {
      const total = sumEvent(cast(x, 'float32'));
      return mul(square(add(total, -3)), 0.3);
    };
    const energy: DiscreteEnergy = { energy: energyOf, support: 'discrete' };
    const kernel = make(energy, binaryStates());
    let [a, b] = [kernel.init(zeros([6, 2, 5, 1], 'bool'), key(0)), kernel.init(zeros([6, 10], 'bool'), key(0))];
    for (let i = 0; i < 8; i++) [a, b] = [kernel.step(key(i), a).state, kernel.step(key(i), b).state];
    expect(a.position.shape).toEqual([6, 2, 5, 1]);
    expect(Array.from(readSync(a.position))).toEqual(Array.from(readSync(b.position)));
    expect(readSync(a.position).some(Boolean)).toBe(true);
  });

  test('refuses energies over real states, by type and at construction', () => {
    const real: ContinuousEnergy = { energy: (x: Tensor) => sumEvent(square(x)) };
    // @ts-expect-error the energy is over real states
    expect(() => make(real, spinStates())).toThrow(/expected an energy over discrete states.*support: 'discrete'/);
    expect(() => make(twoLetters().energy, categoricalStates(3)).init(zeros([4, 2]), key(0))).toThrow(
      new RegExp(`^${name.split(/[ ,]/)[0]}: expected categorical states as int32, got float32`),
    );
  });
});

describe('gradient samplers', () => {
  const { energy, space } = twoLetters();
  const plain: DiscreteEnergy = { energy: energy.energy, support: 'discrete' };

  test('ask for a relaxed energy over categories', () => {
    const words = /categorical states need an energy with relaxed\(oneHot\)/;
    expect(() => gibbsWithGradients(plain, { space })).toThrow(words);
    expect(() => discreteLangevin(plain, { space, stepSize: 1 })).toThrow(words);
    expect(() => pathAuxiliary(plain, { space, pathLength: 3 })).toThrow(words);
    expect(() => randomScanGibbs(plain, { space })).not.toThrow();
  });

  test('take the relaxations of sums and tempered energies', () => {
    const hotter = temper(product([energy, energy]), 0.5);
    const [a, b] = [gibbsWithGradients(energy, { space }), gibbsWithGradients(hotter, { space })];
    const start = statesTensor(twoLetters(), twoLetters().states);
    const [s, t] = [a.init(start, key(0)), b.init(start, key(0))];
    const [single, composed] = [readSync(s.gradient), readSync(t.gradient)];
    expect(composed).toHaveLength(9 * 2 * 3);
    composed.forEach((g, i) => {
      expect(g).toBeCloseTo(single[i] as number, 5);
    });
  });

  test('use a gradient that the energy has', () => {
    const bits = threeSites('binary', 0);
    const gradient = (x: Tensor): Tensor => mul(ones(x.shape), 7);
    const kernel = gibbsWithGradients({ ...bits.energy, gradient }, { space: bits.space });
    const { gradient: seen } = kernel.init(statesTensor(bits, bits.states), key(0));
    expect(readSync(seen).every((g) => g === 7)).toBe(true);
  });
});
