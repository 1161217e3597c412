import { condition } from '@ebmkit/energy';
import {
  cast,
  concat,
  full,
  grad,
  jit,
  key,
  readSync,
  reference,
  slice,
  sum,
  type Tensor,
  tensor,
  useBackend,
  zeros,
} from '@ebmkit/tensor';
import { wasm } from '@ebmkit/tensor-wasm';
import { describeKernel, expectCloseTo } from '@ebmkit/test-kit';
import { beforeAll, describe, expect, it } from 'vitest';
import { bits, jointEnergy, type SmallMachine, smallMachine, tensorsFor } from '../../fixtures/small-machine.js';
import { bernoulli } from '../units/bernoulli.js';
import { conditionalRbm } from './conditional-rbm.js';
import { framesBefore } from './frames-before.js';

const G = 2;
const tight = { absolute: 1e-9 };
const total = (numbers: readonly number[]) => numbers.reduce((s, x) => s + x, 0);
const count = (n: number) => Array.from({ length: n }, (_, i) => i);
const given = [
  [0.5, -1.2],
  [2, 0.3],
  [-0.7, -0.4],
];

/** A machine of V and H bits with two given numbers, as plain arrays and as tensors, and its exact tables. */
function setup(V: number, H: number) {
  const plain = smallMachine(21, V, H);
  const [toVisible, toHidden] = [smallMachine(22, G, V).weight, smallMachine(23, G, H).weight];
  const machine = conditionalRbm({ visible: bernoulli(V), hidden: bernoulli(H), given: G });
  const parameters = () => ({
    ...tensorsFor(plain),
    givenToVisible: tensor(toVisible),
    givenToHidden: tensor(toHidden),
  });
  const shifted = (bias: readonly number[], weight: readonly (readonly number[])[], g: readonly number[]) =>
    bias.map((b, i) => b + total(g.map((x, k) => x * ((weight[k] as readonly number[])[i] as number))));
  /** The plain machine that the conditional one is for one row of what is given: biases that depend on it. */
  const under = (g: readonly number[]): SmallMachine => ({
    weight: plain.weight,
    visibleBias: shifted(plain.visibleBias, toVisible, g),
    hiddenBias: shifted(plain.hiddenBias, toHidden, g),
  });
  /** exp(-E) of every joint state for one row, `[2^V][2^H]`. */
  const table = (g: readonly number[]) =>
    count(2 ** V).map((v) => count(2 ** H).map((h) => Math.exp(-jointEnergy(under(g), bits(v, V), bits(h, H)))));
  const states = () => ({
    visible: tensor(Uint8Array.from(given.flatMap(() => count(2 ** V).flatMap((v) => bits(v, V)))), [
      given.length * 2 ** V,
      V,
    ]),
    given: tensor(given.flatMap((g) => count(2 ** V).map(() => g))),
  });
  return { machine, parameters, table, states };
}

const [V, H] = [4, 3];
const { machine, parameters, table, states } = setup(V, H);

describe('a 4-3 conditional RBM against sums over all joint states', () => {
  beforeAll(async () => {
    await useBackend(reference({ precision: 'float64' }));
  });

  it('free energy, and the energy of joint states that it sums out', () => {
    const expected = given.flatMap((g) => table(g).map((row) => -Math.log(total(row))));
    expectCloseTo(readSync(machine.freeEnergy(parameters(), states())), expected, tight);
    const energies = count(2 ** H).map((h) => {
      const hidden = tensor(Uint8Array.from(count(expected.length).flatMap(() => bits(h, H))), [expected.length, H]);
      return readSync(machine.jointEnergy(parameters(), { ...states(), hidden }));
    });
    const joint = given.flatMap((g) => table(g).map((row) => row.map((w) => -Math.log(w))));
    energies.forEach((ofStates, h) => {
      expectCloseTo(
        ofStates,
        joint.map((row) => row[h] as number),
        tight,
      );
    });
  });

  it.each([
    [4, 3],
    [3, 4],
  ])('log Z of each row, by the smaller layer of a %i-%i machine', (v, h) => {
    const other = setup(v, h);
    expectCloseTo(
      readSync(other.machine.logZ(other.parameters(), tensor(given))),
      given.map((g) => Math.log(total(other.table(g).flat()))),
      tight,
    );
  });

  it('log-probability and its gradient: statistics of the data minus those of the machine, times what is given', () => {
    const expected = given.flatMap((g) => {
      const rows = table(g).map(total);
      return rows.map((p) => Math.log(p / total(rows)));
    });
    expectCloseTo(readSync(machine.logProbability(parameters(), states())), expected, tight);

    const [v, g] = [6, given[0] as number[]];
    const one = { visible: tensor(Uint8Array.from(bits(v, V)), [1, V]), given: tensor([g]) };
    const slope = grad((p: ReturnType<typeof parameters>) => sum(machine.logProbability(p, one)))(parameters());
    const weights = table(g);
    const row = weights[v] as number[];
    const Z = total(weights.flat());
    const hiddenContrast = count(H).map((j) => {
      const on = (w: readonly number[]) => total(w.filter((_, h) => (h >> j) & 1));
      return on(row) / total(row) - total(weights.map(on)) / Z;
    });
    const visibleContrast = count(V).map(
      (i) => ((v >> i) & 1) - total(weights.map((w, x) => ((x >> i) & 1) * total(w))) / Z,
    );
    expectCloseTo(readSync(slope.hiddenBias), hiddenContrast, tight);
    expectCloseTo(readSync(slope.visibleBias), visibleContrast, tight);
    expectCloseTo(
      readSync(slope.givenToHidden),
      g.flatMap((x) => hiddenContrast.map((c) => x * c)),
      tight,
    );
    expectCloseTo(
      readSync(slope.givenToVisible),
      g.flatMap((x) => visibleContrast.map((c) => x * c)),
      tight,
    );
  });

  it('means of the layers', () => {
    const up = given.flatMap((g) =>
      table(g).flatMap((row) => count(H).map((j) => total(row.filter((_, h) => (h >> j) & 1)) / total(row))),
    );
    expectCloseTo(readSync(machine.hiddenMean(parameters(), states())), up, tight);
    const hidden = tensor(Uint8Array.from(given.flatMap(() => bits(5, H))), [given.length, H]);
    const down = given.flatMap((g) => {
      const column = table(g).map((row) => row[5] as number);
      return count(V).map((i) => total(column.filter((_, v) => (v >> i) & 1)) / total(column));
    });
    expectCloseTo(readSync(machine.visibleMean(parameters(), { hidden, given: tensor(given) })), down, tight);
    const features = machine.hiddenMean(parameters(), states());
    expect(readSync(machine.reconstruct(parameters(), states()))).toEqual(
      readSync(machine.visibleMean(parameters(), { hidden: features, given: states().given })),
    );
  });

  it('is an energy of visible states once what is given is filled in', () => {
    const params = parameters();
    const energy = condition(machine.conditionalEnergy(params), tensor([given[1] as number[]]));
    expect(energy.support).toBe('discrete');
    const visible = slice(states().visible, [0, 0], [2 ** V, V]);
    expectCloseTo(
      readSync(energy.energy(visible)),
      table(given[1] as number[]).map((row) => -Math.log(total(row))),
      tight,
    );
  });
});

describe('frames before', () => {
  beforeAll(async () => {
    await useBackend(reference());
  });

  it('are the rows of a conditional RBM, oldest first', () => {
    const sequences = tensor([
      [
        [1, 2],
        [3, 4],
        [5, 6],
        [7, 8],
      ],
      [
        [11, 12],
        [13, 14],
        [15, 16],
        [17, 18],
      ],
    ]);
    const rows = framesBefore(sequences, 2);
    expect([rows.visible.shape, rows.given.shape]).toEqual([
      [4, 2],
      [4, 4],
    ]);
    expect([...readSync(rows.visible)]).toEqual([5, 6, 7, 8, 15, 16, 17, 18]);
    expect([...readSync(rows.given)]).toEqual([1, 2, 3, 4, 3, 4, 5, 6, 11, 12, 13, 14, 13, 14, 15, 16]);
    expect([...readSync(framesBefore(sequences).given)]).toEqual([1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16]);
    expect(() => framesBefore(sequences, 4)).toThrow('more than 4 frames, got [2, 4, 2]');
    expect(() => framesBefore(sequences, 0)).toThrow('count must be a whole number of at least 1, got 0.');
  });
});

const chains = 64;
const row = given[0] as number[];
const exact = table(row).map(total);

describeKernel('the kernel of a conditional RBM', {
  make: () => machine.kernel(parameters()),
  start: () => ({ visible: zeros([chains, V], 'bool'), given: tensor(count(chains).map(() => row)) }),
  statistics: ({ visible }: { readonly visible: Tensor }) => cast(visible, 'float32'),
  expected: count(V).map((i) => total(exact.filter((_, v) => (v >> i) & 1)) / total(exact)),
  steps: 200,
  warmup: 20,
  broken: () => ({
    kernel: machine.kernel(parameters()),
    start: { visible: full([3, V], 1, 'bool'), given: tensor([row, [Number.NaN, 1], row]) },
    diverges: [false, true, false],
  }),
  backends: [{ name: 'wasm', make: () => wasm({ threads: 1 }) }],
});

describe('contract', () => {
  beforeAll(async () => {
    await useBackend(reference());
  });

  it('the kernel leaves what is given alone and draws each chain under its own', () => {
    const kernel = machine.kernel(parameters());
    const many = 4000;
    const start = {
      visible: zeros([2 * many, V], 'bool'),
      given: concat(given.slice(0, 2).map((g) => tensor(count(many).map(() => g)))),
    };
    const { state } = kernel.step(key(1), kernel.init(start, key(0)));
    expect(state.position.given).toBe(start.given);
    // One step from the state of zeros: h given it, then v given h.
    given.slice(0, 2).forEach((g, part) => {
      const t = table(g);
      const h0 = t[0] as number[];
      count(V).forEach((i) => {
        const p = total(
          h0.map((w, h) => {
            const column = t.map((r) => r[h] as number);
            return (w / total(h0)) * (total(column.filter((_, v) => (v >> i) & 1)) / total(column));
          }),
        );
        const seen = readSync(slice(state.position.visible, [part * many, i], [many, 1]));
        expect(Math.abs(total([...seen]) / many - p)).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / many));
      });
    });
  });

  it('gives conditionals of both layers, for one row or a row for each chain', () => {
    const params = parameters();
    const { sampleBlock, finite } = machine.conditional(params, tensor([row]));
    const hidden = sampleBlock(key(1), 'hidden', { visible: zeros([5, V], 'bool') });
    expect([hidden.dtype, hidden.shape]).toEqual(['bool', [5, H]]);
    expect(sampleBlock(key(2), 'visible', { hidden }).shape).toEqual([5, V]);
    expect([...readSync(finite?.({}) ?? zeros([1]))]).toEqual([1]);
    const bad = machine.conditional(params, tensor([row, [Number.NaN, 0]])).finite;
    expect([...readSync(bad?.({}) ?? zeros([1]))]).toEqual([1, 0]);
  });

  it('is the same compiled and not', () => {
    const [params, x] = [machine.init(key(1)), states()];
    const f = (p: typeof params, s: typeof x) => machine.logProbability(p, s);
    expect(readSync(jit(f)(params, x))).toEqual(readSync(f(params, x)));
  });

  it('says what is wrong with an argument', () => {
    const params = machine.init(key(1));
    expect(Object.fromEntries(Object.entries(params).map(([name, x]) => [name, x.shape]))).toEqual({
      weight: [V, H],
      visibleBias: [V],
      hiddenBias: [H],
      givenToVisible: [G, V],
      givenToHidden: [G, H],
    });
    const visible = zeros([2, V], 'bool');
    expect(() => machine.energy(params, { visible, given: zeros([2, 3]) })).toThrow(
      'conditionalRbm: expected given [n, 2], got [2, 3]. Put all that is given in one row',
    );
    expect(() => machine.energy(params, { visible: zeros([2, 7]), given: zeros([2, G]) })).toThrow(
      'conditionalRbm: visible: expected [batch, 4], got [2, 7].',
    );
    expect(() => machine.conditional(params, zeros([1, G])).sampleBlock(key(1), 'hidden', {})).toThrow(
      'conditionalRbm: visible states are required',
    );
    const big = conditionalRbm({ visible: bernoulli(20), hidden: bernoulli(13), given: G });
    expect(() => big.logZ(big.init(key(1)), zeros([1, G]))).toThrow(
      'conditionalRbm.logZ: one layer must have at most 4096 states, got 20 bernoulli and 13 bernoulli units.',
    );
    expect(() => conditionalRbm({ visible: bernoulli(2), hidden: bernoulli(2), given: 0 })).toThrow(
      'conditionalRbm: given must be a whole number above 0, got 0.',
    );
  });
});
