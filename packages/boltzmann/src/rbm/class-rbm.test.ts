import { alternatingGibbs } from '@ebmkit/samplers';
import {
  cast,
  expandDims,
  full,
  grad,
  jit,
  key,
  memory,
  mul,
  oneHot,
  readSync,
  reference,
  reshape,
  scoped,
  sum,
  type Tensor,
  tensor,
  useBackend,
  zeros,
} from '@ebmkit/tensor';
import { wasm } from '@ebmkit/tensor-wasm';
import { describeKernel, expectCloseTo, expectInvariance } from '@ebmkit/test-kit';
import { beforeAll, describe, expect, it } from 'vitest';
import { bits, jointEnergy, smallMachine, tensorsFor } from '../../fixtures/small-machine.js';
import { bernoulli } from '../units/bernoulli.js';
import { classRbm } from './class-rbm.js';

const [V, C, H] = [4, 3, 3];
const machine = classRbm({ visible: bernoulli(V), classes: C, hidden: bernoulli(H) });
const [plain, labels] = [smallMachine(11, V, H), smallMachine(12, C, H)];
const tight = { absolute: 1e-9 };
const total = (numbers: readonly number[]) => numbers.reduce((s, x) => s + x, 0);
const count = (n: number) => Array.from({ length: n }, (_, i) => i);

const parameters = () => ({
  ...tensorsFor(plain),
  labelWeight: tensor(labels.weight),
  labelBias: tensor(labels.visibleBias),
});

/** The energy of one joint state, by its definition. */
function energyOf(v: number, y: number, h: number): number {
  const on = bits(h, H);
  const met = total(on.map((x, j) => x * ((labels.weight[y] as number[])[j] as number)));
  return jointEnergy(plain, bits(v, V), on) - (labels.visibleBias[y] as number) - met;
}

/** The probability of every joint state, `[2^V][C][2^H]`. */
const weights = count(2 ** V).map((v) => count(C).map((y) => count(2 ** H).map((h) => Math.exp(-energyOf(v, y, h)))));
const Z = total(weights.flat(2));
const weightOf = (v: number, y: number, h: number): number => weights[v]?.[y]?.[h] ?? Number.NaN;
const joint = count(2 ** V).flatMap((v) => count(C).flatMap((y) => count(2 ** H).map((h) => ({ v, y, h }))));

/** The mean of a function of joint states. */
const expectation = (f: (v: readonly number[], y: number, h: readonly number[]) => number): number =>
  total(joint.map(({ v, y, h }) => (weightOf(v, y, h) / Z) * f(bits(v, V), y, bits(h, H))));

const statesOf = (pairs: readonly { readonly v: number; readonly y: number }[]) => ({
  visible: tensor(Uint8Array.from(pairs.flatMap(({ v }) => bits(v, V))), [pairs.length, V]),
  label: tensor(Int32Array.from(pairs.map(({ y }) => y)), [pairs.length]),
});
const pairs = count(2 ** V).flatMap((v) => count(C).map((y) => ({ v, y })));
const everyVisible = () => tensor(Uint8Array.from(count(2 ** V).flatMap((v) => bits(v, V))), [2 ** V, V]);

describe('a 4-3-3 class RBM against sums over all joint states', () => {
  beforeAll(async () => {
    await useBackend(reference({ precision: 'float64' }));
  });

  it('energy of joint states', () => {
    const hidden = tensor(Uint8Array.from(joint.flatMap(({ h }) => bits(h, H))), [joint.length, H]);
    expectCloseTo(
      readSync(machine.jointEnergy(parameters(), { ...statesOf(joint), hidden })),
      joint.map(({ v, y, h }) => energyOf(v, y, h)),
      tight,
    );
  });

  it('free energy of states with their labels, and of states alone', () => {
    expectCloseTo(
      readSync(machine.freeEnergy(parameters(), statesOf(pairs))),
      pairs.map(({ v, y }) => -Math.log(total(weights[v]?.[y] ?? []))),
      tight,
    );
    expectCloseTo(
      readSync(machine.visibleFreeEnergy(parameters(), everyVisible())),
      weights.map((ofClasses) => -Math.log(total(ofClasses.flat()))),
      tight,
    );
  });

  it('probabilities of the classes, and the most likely one', () => {
    const expected = weights.map((ofClasses) => ofClasses.map((w) => total(w) / total(ofClasses.flat())));
    const params = parameters();
    expectCloseTo(readSync(machine.classProbabilities(params, everyVisible())), expected.flat(), tight);
    expectCloseTo(readSync(machine.logProbability(params, statesOf(pairs))), expected.flat().map(Math.log), tight);
    expect([...readSync(machine.classify(params, everyVisible()))]).toEqual(
      expected.map((p) => p.indexOf(Math.max(...p))),
    );
  });

  it('means of the layers', () => {
    const params = parameters();
    const up = pairs.flatMap(({ v, y }) => {
      const ofHidden = weights[v]?.[y] ?? [];
      return count(H).map((j) => total(ofHidden.filter((_, h) => (h >> j) & 1)) / total(ofHidden));
    });
    expectCloseTo(readSync(machine.hiddenMean(params, statesOf(pairs))), up, tight);
    const hidden = tensor(Uint8Array.from(count(2 ** H).flatMap((h) => bits(h, H))), [2 ** H, H]);
    const down = count(2 ** H).flatMap((h) => {
      const ofVisible = count(2 ** V).map((v) => total(count(C).map((y) => weightOf(v, y, h))));
      return count(V).map((i) => total(ofVisible.filter((_, v) => (v >> i) & 1)) / total(ofVisible));
    });
    expectCloseTo(readSync(machine.visibleMean(params, hidden)), down, tight);
  });

  it('gradient of log p(label | visible): statistics given both minus those given the visible state', () => {
    const [v, y] = [11, 2];
    const slope = grad((p: ReturnType<typeof parameters>) => sum(machine.logProbability(p, statesOf([{ v, y }]))))(
      parameters(),
    );
    const givenBoth = weights[v]?.[y] ?? [];
    const givenVisible = total((weights[v] ?? []).flat());
    const contrast = (f: (label: number, h: readonly number[]) => number): number =>
      total(givenBoth.map((w, h) => w * f(y, bits(h, H)))) / total(givenBoth) -
      total(count(C).flatMap((c) => count(2 ** H).map((h) => weightOf(v, c, h) * f(c, bits(h, H))))) / givenVisible;
    const on = bits(v, V);
    expectCloseTo(
      readSync(slope.weight),
      on.flatMap((x) => count(H).map((j) => x * contrast((_, h) => h[j] as number))),
      tight,
    );
    expectCloseTo(
      readSync(slope.hiddenBias),
      count(H).map((j) => contrast((_, h) => h[j] as number)),
      tight,
    );
    expectCloseTo(
      readSync(slope.labelWeight),
      count(C).flatMap((c) => count(H).map((j) => contrast((label, h) => (label === c ? (h[j] as number) : 0)))),
      tight,
    );
    expectCloseTo(
      readSync(slope.labelBias),
      count(C).map((c) => contrast((label) => (label === c ? 1 : 0))),
      tight,
    );
    expectCloseTo(readSync(slope.visibleBias), new Array(V).fill(0), tight);
  });

  it('class probabilities stay numbers at inputs of 1e4', () => {
    const params = {
      ...parameters(),
      labelWeight: mul(
        tensor([
          [1, 1, 1],
          [-1, -1, -1],
          [0, 0, 0],
        ]),
        1e4,
      ),
    };
    const seen = everyVisible();
    expect([...readSync(machine.classify(params, seen))].every((c) => c === 0)).toBe(true);
    expect([...readSync(machine.classLogProbabilities(params, seen))].every(Number.isFinite)).toBe(true);
    const slope = grad((p: typeof params) => sum(machine.classLogProbabilities(p, seen)))(params);
    expect([...readSync(slope.weight)].every(Number.isFinite)).toBe(true);
  });
});

const chains = 64;
const everyChain = [true, true, true];

describeKernel('the kernel of a class RBM', {
  make: () => machine.kernel(parameters()),
  start: () => ({ visible: zeros([chains, V], 'bool'), label: zeros([chains], 'int32') }),
  statistics: ({ visible, label }: { readonly visible: Tensor; readonly label: Tensor }) => {
    const classes = cast(expandDims(oneHot(label, C), 2), 'float32');
    return reshape(mul(classes, cast(expandDims(visible, 1), 'float32')), [chains, C * V]);
  },
  expected: count(C).flatMap((c) =>
    count(V).map((i) => expectation((v, label) => (label === c ? (v[i] as number) : 0))),
  ),
  broken: () => ({
    kernel: machine.kernel({ ...parameters(), labelBias: tensor([0, Number.NaN, 0]) }),
    start: { visible: full([3, V], 1, 'bool'), label: full([3], 2, 'int32') },
    diverges: everyChain,
  }),
  steps: 200,
  warmup: 20,
  backends: [{ name: 'wasm', make: () => wasm({ threads: 1 }) }],
});

describe('contract', () => {
  beforeAll(async () => {
    await useBackend(reference());
  });

  it('draws states of a class: block Gibbs sampling given labels leaves p(visible | label) invariant', async () => {
    const label = 1;
    const share = expectation((_, y) => (y === label ? 1 : 0));
    await expectInvariance({
      make: () => alternatingGibbs(machine.givenLabel(parameters(), full([1], label, 'int32')), 'visible'),
      start: () => zeros([chains, V], 'bool'),
      statistics: (visible: Tensor) => cast(visible, 'float32'),
      expected: count(V).map((i) => expectation((v, y) => (y === label ? (v[i] as number) : 0)) / share),
      steps: 200,
      warmup: 20,
    });
  });

  it('has conditionals of three blocks', () => {
    const { blocks, sampleBlock } = machine.conditional(parameters());
    expect(blocks).toEqual(['hidden', 'visible', 'label']);
    const states = statesOf(pairs);
    const hidden = sampleBlock(key(1), 'hidden', states);
    expect([hidden.dtype, hidden.shape]).toEqual(['bool', [pairs.length, H]]);
    const label = sampleBlock(key(2), 'label', { hidden });
    expect([label.dtype, label.shape]).toEqual(['int32', [pairs.length]]);
    expect(sampleBlock(key(3), 'visible', { hidden }).shape).toEqual([pairs.length, V]);
  });

  it('is the same compiled and not, and leaves nothing behind', () => {
    const [params, states] = [machine.init(key(1)), statesOf(pairs)];
    const f = (p: typeof params, x: typeof states) => machine.logProbability(p, x);
    expect(readSync(jit(f)(params, states))).toEqual(readSync(f(params, states)));
    const before = memory().tensors;
    scoped<Tensor>(() => machine.freeEnergy(params, states));
    expect(memory().tensors).toBe(before + 1);
  });

  it('says what is wrong with an argument', () => {
    const params = machine.init(key(1));
    expect(Object.fromEntries(Object.entries(params).map(([name, x]) => [name, x.shape]))).toEqual({
      weight: [V, H],
      visibleBias: [V],
      hiddenBias: [H],
      labelWeight: [C, H],
      labelBias: [C],
    });
    const { visible, label } = statesOf(pairs);
    expect(() => machine.freeEnergy(params, { visible, label: oneHot(label, C) })).toThrow(
      'classRbm: expected labels int32 [n], got bool [48, 3]. Give the number of each class',
    );
    expect(() => machine.classify(params, zeros([2, 9]))).toThrow(
      'classRbm: visible: expected [batch, 4], got [2, 9].',
    );
    expect(() => machine.conditional(params).sampleBlock(key(1), 'hidden', { visible })).toThrow('labels are required');
    expect(() => machine.conditional(params).sampleBlock(key(1), 'label', {})).toThrow('hidden states are required');
    expect(() => classRbm({ visible: bernoulli(2), classes: 1, hidden: bernoulli(2) })).toThrow(
      'classRbm: classes must be a whole number of at least 2, got 1.',
    );
  });
});
