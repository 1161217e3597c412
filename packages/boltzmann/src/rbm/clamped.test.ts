import { type BlockConditional, bind, clamp, clampBlock, condition } from '@ebmkit/energy';
import {
  alternatingGibbs,
  binaryStates,
  gibbs,
  gibbsWithGradients,
  type Kernel,
  type MoveInfo,
  spinStates,
} from '@ebmkit/samplers';
import {
  abs,
  cast,
  concat,
  equal,
  expandDims,
  full,
  matMul,
  mul,
  readSync,
  reshape,
  slice,
  sub,
  sum,
  type Tensor,
  type Tree,
  tensor,
  where,
} from '@ebmkit/tensor';
import { wasm } from '@ebmkit/tensor-wasm';
import { expectInvariance, onEach } from '@ebmkit/test-kit';
import { expect, it } from 'vitest';
import { deepTensors, smallDeepMachine } from '../../fixtures/small-deep-machine.js';
import { bits, smallMachine, tensorsFor } from '../../fixtures/small-machine.js';
import {
  bernoulli,
  classRbm,
  conditionalRbm,
  convolutionalRbm,
  type DeepState,
  deepBoltzmannMachine,
  rbm,
  spin,
} from '../index.js';

const chains = 64;
/** Units that are held, and at what; undefined where a unit is free. */
type Held = readonly (number | undefined)[];
type EnergyOf = (x: Tensor) => Tensor;

/** The means of all free units and of the products of two of them, by a sum over all states that hold what is held; and what has these means. */
function momentsOf(energy: EnergyOf, held: Held, shape: readonly number[] = [held.length], low = 0) {
  const size = held.length;
  const isState = (x: readonly number[]) => x.every((value, i) => held[i] === undefined || held[i] === value);
  const states = Array.from({ length: 2 ** size }, (_, i) => bits(i, size).map((bit) => (bit ? 1 : low))).filter(
    isState,
  );
  const energies = readSync(energy(tensor(states.flat(), [states.length, ...shape])));
  const weights = Array.from(energies, (e) => Math.exp(-e));
  const z = weights.reduce((a, b) => a + b);
  const free = held.flatMap((value, i) => (value === undefined ? [i] : []));
  const pairs = free.flatMap((i, a) => [[i, -1], ...free.slice(a + 1).map((j) => [i, j])]) as [number, number][];
  const expected = pairs.map(([i, j]) =>
    states.reduce(
      (sum, x, s) => sum + ((weights[s] as number) / z) * (x[i] as number) * (j < 0 ? 1 : (x[j] as number)),
      0,
    ),
  );
  /** One column for each pair, of the units and last a one. */
  const picked = (side: 0 | 1) =>
    tensor(
      Array.from({ length: size + 1 }, (_, row) =>
        pairs.map((pair) => Number((pair[side] + size + 1) % (size + 1) === row)),
      ),
    );
  const statistics = (x: Tensor): Tensor => {
    const flat = cast(reshape(x, [-1, size]), 'float32');
    const withOne = concat([flat, full([flat.shape[0] as number, 1], 1)], 1);
    // 0 where what is held is not in place.
    const { mask, values } = fixed(held, 'float32');
    const inPlace = expandDims(equal(sum(abs(sub(where(mask, flat, 0), values)), 1), 0), 1);
    return mul(mul(matMul(withOne, picked(0)), matMul(withOne, picked(1))), cast(inPlace, 'float32'));
  };
  return { statistics, expected };
}

/** A start of which what is held is not in place: the first step must put it there. */
const ones = (shape: readonly number[]): Tensor => full([chains, ...shape], 1, 'bool');
const fixed = (held: Held, dtype: 'bool' | 'float32' = 'bool') => ({
  mask: tensor(held.map((value) => value !== undefined)),
  values: cast(tensor(held.map((value) => value ?? 0)), dtype),
});

interface Run<P extends Tree, S extends { readonly position: P }> {
  readonly make: () => Kernel<P, S, MoveInfo>;
  readonly start: () => P;
  readonly moments: ReturnType<typeof momentsOf>;
  readonly rows?: (position: P) => Tensor;
  readonly steps?: number;
}

async function expectLaw<P extends Tree, S extends { readonly position: P }>(run: Run<P, S>): Promise<void> {
  const { make, start, moments, rows, steps = 200 } = run;
  const { statistics, expected } = moments;
  await expectInvariance({
    make,
    start,
    statistics: (position) => statistics(rows ? rows(position) : (position as Tensor)),
    expected,
    steps,
    warmup: 30,
  });
}

/** Gibbs with gradients on the bound machine with a part clamped, and block Gibbs with that part of the visible block clamped. */
async function expectBoth(
  energy: EnergyOf,
  conditional: BlockConditional<'visible' | 'hidden'>,
  held: Held,
  shape: readonly number[] = [held.length],
): Promise<void> {
  const moments = momentsOf(energy, held, shape);
  const mask = reshape(fixed(held).mask, shape);
  const values = reshape(fixed(held).values, shape);
  const start = () => ones(shape);
  const target = clamp({ energy, support: 'discrete' as const }, mask, values);
  await expectLaw({ make: () => gibbsWithGradients(target, { space: binaryStates() }), start, moments, steps: 300 });
  await expectLaw({
    make: () => alternatingGibbs(clampBlock(conditional, 'visible', mask, values), 'visible'),
    start,
    moments,
  });
}

onEach(
  'what is left free has its law given what is clamped',
  [{ name: 'wasm', make: () => wasm({ threads: 1 }) }],
  () => {
    const held: Held = [undefined, 0, undefined, 1, undefined];

    it('in an RBM of bits', async () => {
      const machine = rbm({ visible: bernoulli(5), hidden: bernoulli(3) });
      const params = tensorsFor(smallMachine(21, 5, 3));
      await expectBoth(bind(machine, params).energy, machine.conditional(params), held);
      // A hidden unit can be held as well.
      const hidden: Held = [undefined, 1, undefined];
      const joint = (x: Tensor): Tensor =>
        machine.jointEnergy(params, { visible: slice(x, [0, 0], [-1, 5]), hidden: slice(x, [0, 5], [-1, 3]) });
      const { mask, values } = fixed(hidden);
      await expectLaw({
        make: () => gibbs(clampBlock(machine.conditional(params), 'hidden', mask, values)),
        start: () => ({ visible: ones([5]), hidden: ones([3]) }),
        moments: momentsOf(joint, [...Array<undefined>(5).fill(undefined), ...hidden]),
        rows: ({ visible, hidden: h }) => concat([visible, h], 1),
      });
    });

    it('in an RBM of spins', async () => {
      const machine = rbm({ visible: spin(5), hidden: bernoulli(3) });
      const params = tensorsFor(smallMachine(22, 5, 3));
      const spins = held.map((value) => value && 2 * value - 1).map((value) => (value === 0 ? -1 : value));
      const moments = momentsOf(bind(machine, params).energy, spins, [5], -1);
      const { mask, values } = fixed(spins, 'float32');
      const start = () => full([chains, 5], 1);
      await expectLaw({
        make: () => gibbsWithGradients(clamp(bind(machine, params), mask, values), { space: spinStates() }),
        start,
        moments,
        steps: 300,
      });
      await expectLaw({
        make: () => alternatingGibbs(clampBlock(machine.conditional(params), 'visible', mask, values), 'visible'),
        start,
        moments,
      });
    });

    it('in a class RBM, its label summed out or clamped', async () => {
      const machine = classRbm({ visible: bernoulli(5), classes: 2, hidden: bernoulli(3) });
      const labels = smallMachine(24, 2, 3);
      const params = {
        ...tensorsFor(smallMachine(23, 5, 3)),
        labelWeight: tensor(labels.weight),
        labelBias: tensor(labels.visibleBias),
      };
      const { mask, values } = fixed(held);
      const energy = (x: Tensor) => machine.visibleFreeEnergy(params, x);
      const free = momentsOf(energy, held);
      const start = () => ({ visible: ones([5]), hidden: ones([3]), label: full([chains], 0, 'int32') });
      await expectLaw({
        make: () => gibbsWithGradients(clamp({ energy, support: 'discrete' }, mask, values), { space: binaryStates() }),
        start: () => ones([5]),
        moments: free,
        steps: 300,
      });
      const clamped = clampBlock(machine.conditional(params), 'visible', mask, values);
      await expectLaw({ make: () => gibbs(clamped), start, moments: free, rows: ({ visible }) => visible });
      const ofClass = (x: Tensor) =>
        machine.freeEnergy(params, { visible: x, label: full([x.shape[0] as number], 1, 'int32') });
      await expectLaw({
        make: () => gibbs(clampBlock(clamped, 'label', full([], 1, 'bool'), full([], 1, 'int32'))),
        start,
        moments: momentsOf(ofClass, held),
        rows: ({ visible }) => visible,
      });
    });

    it('in a conditional RBM', async () => {
      const machine = conditionalRbm({ visible: bernoulli(5), hidden: bernoulli(3), given: 2 });
      const params = {
        ...tensorsFor(smallMachine(25, 5, 3)),
        givenToVisible: tensor(smallMachine(26, 2, 5).weight),
        givenToHidden: tensor(smallMachine(27, 2, 3).weight),
      };
      const given = tensor([[0.7, -1.2]]);
      const { energy } = condition(machine.conditionalEnergy(params), given);
      await expectBoth(energy, machine.conditional(params, given), held);
    });

    it('in a convolutional RBM with pooling', async () => {
      const machine = convolutionalRbm({
        visible: bernoulli(1),
        size: [2, 3],
        filters: 2,
        filterSize: [2, 2],
        padding: 'same',
        pool: [2, 3],
      });
      const params = {
        weight: tensor(smallMachine(28, 4, 2).weight.flat(), [2, 2, 1, 2]),
        visibleBias: tensor([-0.3]),
        hiddenBias: tensor([0.4, -0.2]),
      };
      await expectBoth(bind(machine, params).energy, machine.conditional(params), [...held, undefined], [2, 3, 1]);
    });

    it('in a deep Boltzmann machine', async () => {
      const sizes = [3, 2, 2] as const;
      const machine = deepBoltzmannMachine({ layers: [bernoulli(3), bernoulli(2), bernoulli(2)] });
      const params = deepTensors(smallDeepMachine(29, sizes));
      const cut = (x: Tensor) => ({
        visible: slice(x, [0, 0], [-1, 3]),
        hidden1: slice(x, [0, 3], [-1, 2]),
        hidden2: slice(x, [0, 5], [-1, 2]),
      });
      const energy = (x: Tensor): Tensor => machine.energy(params, cut(x));
      const deepHeld: Held = [undefined, 1, undefined, 0, undefined, undefined, undefined];
      const moments = momentsOf(energy, deepHeld);
      const all = fixed(deepHeld);
      await expectLaw({
        make: () =>
          gibbsWithGradients(clamp({ energy, support: 'discrete' }, all.mask, all.values), { space: binaryStates() }),
        start: () => ones([7]),
        moments,
        steps: 400,
      });
      const [visible, hidden1] = [fixed(deepHeld.slice(0, 3)), fixed(deepHeld.slice(3, 5))];
      const held1 = clampBlock(machine.conditional(params), 'visible', visible.mask, visible.values);
      await expectLaw({
        make: () => gibbs(clampBlock(held1, 'hidden1', hidden1.mask, hidden1.values)),
        start: (): DeepState => cut(ones([7])),
        moments,
        rows: ({ visible: v, hidden1: h1, hidden2: h2 }) => concat([v, h1, h2] as Tensor[], 1),
        steps: 300,
      });
      // Over trees of layers: the energy reads what is fixed.
      const bound = clamp(
        { energy: (x: DeepState) => machine.energy(params, x), support: 'discrete' as const },
        { visible: visible.mask, hidden1: hidden1.mask },
        { visible: visible.values, hidden1: hidden1.values },
      );
      const states = tensor(
        Array.from({ length: 128 }, (_, i) => bits(i, 7)),
        undefined,
        'bool',
      );
      const inPlace = Array.from({ length: 128 }, (_, i) => bits(i, 7).map((bit, u) => deepHeld[u] ?? bit));
      expect(Array.from(readSync(bound.energy(cut(states))))).toEqual(
        Array.from(readSync(energy(tensor(inPlace, undefined, 'bool')))),
      );
    });
  },
);
