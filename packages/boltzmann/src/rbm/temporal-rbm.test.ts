import {
  broadcastTo,
  cast,
  concat,
  exp,
  full,
  grad,
  jit,
  key,
  memory,
  mul,
  neg,
  readSync,
  reference,
  reshape,
  scoped,
  slice,
  softmax,
  sub,
  sum,
  type Tensor,
  tensor,
  useBackend,
  zeros,
} from '@ebmkit/tensor';
import { wasm } from '@ebmkit/tensor-wasm';
import { describeKernel, enumerate, expectCloseTo } from '@ebmkit/test-kit';
import { beforeAll, describe, expect, it } from 'vitest';
import { bits, jointEnergy, type SmallMachine, smallMachine, tensorsFor } from '../../fixtures/small-machine.js';
import { bernoulli } from '../units/bernoulli.js';
import { temporalRbm } from './temporal-rbm.js';

const [V, H, T] = [2, 3, 3];
const machine = temporalRbm({ visible: bernoulli(V), hidden: bernoulli(H) });
const plain = smallMachine(31, V, H);
const [toVisible, toHidden] = [smallMachine(32, H, V).weight, smallMachine(33, H, H).weight];
const initial = [0.2, 0.9, 0.4];
const tight = { absolute: 1e-9 };
const total = (numbers: readonly number[]) => numbers.reduce((s, x) => s + x, 0);
const count = (n: number) => Array.from({ length: n }, (_, i) => i);

const parameters = () => ({
  ...tensorsFor(plain),
  givenToVisible: tensor(toVisible),
  givenToHidden: tensor(toHidden),
  initial: tensor(initial),
});
type Parameters = ReturnType<typeof parameters>;

/** The machine of one frame given a memory, as plain arrays. */
function frameGiven(r: readonly number[]): SmallMachine {
  const shift = (bias: readonly number[], weight: readonly (readonly number[])[]) =>
    bias.map((b, i) => b + total(r.map((x, k) => x * ((weight[k] as readonly number[])[i] as number))));
  return {
    weight: plain.weight,
    visibleBias: shift(plain.visibleBias, toVisible),
    hiddenBias: shift(plain.hiddenBias, toHidden),
  };
}

/** exp(-F(v)) of every frame given a memory. */
const framesGiven = (r: readonly number[]): number[] =>
  count(2 ** V).map((v) =>
    total(count(2 ** H).map((h) => Math.exp(-jointEnergy(frameGiven(r), bits(v, V), bits(h, H))))),
  );

/** The mean hidden state, from the joint weights. */
function meanHidden(r: readonly number[], v: number): number[] {
  const weights = count(2 ** H).map((h) => Math.exp(-jointEnergy(frameGiven(r), bits(v, V), bits(h, H))));
  return count(H).map((j) => total(weights.filter((_, h) => (h >> j) & 1)) / total(weights));
}

/** The memory before each frame of a sequence, and after the last. */
function memoryOf(frames: readonly number[]): number[][] {
  const memories: number[][] = [initial];
  for (const v of frames) memories.push(meanHidden(memories.at(-1) ?? initial, v));
  return memories;
}

/** The frames of sequence number `s`. */
const framesOf = (s: number): number[] => count(T).map((t) => (s >> (V * t)) & (2 ** V - 1));
const sequences = () => reshape(enumerate(V * T), [2 ** (V * T), T, V]);

function logProbabilityOf(frames: readonly number[]): number {
  const memories = memoryOf(frames);
  return total(
    frames.map((v, t) => {
      const weights = framesGiven(memories[t] as number[]);
      return Math.log((weights[v] as number) / total(weights));
    }),
  );
}
const all = count(2 ** (V * T));

describe('a temporal RBM of 2-3 units against sums over all sequences of three frames', () => {
  beforeAll(async () => {
    await useBackend(reference({ precision: 'float64' }));
  });

  it('memory', () => {
    const seen = machine.memory(parameters(), sequences());
    expect(seen.shape).toEqual([all.length, T + 1, H]);
    expectCloseTo(
      readSync(seen),
      all.flatMap((s) => memoryOf(framesOf(s)).flat()),
      tight,
    );
  });

  it('energy of frames given the frames before them', () => {
    const observed = framesOf(41);
    const given = repeated(slice(sequences(), [41, 0, 0], [1]));
    const memories = memoryOf(observed);
    const expected = all.map((s) =>
      total(framesOf(s).map((v, t) => -Math.log(framesGiven(memories[t] as number[])[v] as number))),
    );
    expectCloseTo(readSync(machine.energy(parameters(), { visible: sequences(), given })), expected, tight);
  });

  it('log-probability, which adds up to 1 over all sequences', () => {
    const logs = machine.logProbability(parameters(), sequences());
    expectCloseTo(
      readSync(logs),
      all.map((s) => logProbabilityOf(framesOf(s))),
      tight,
    );
    expectCloseTo(readSync(sum(exp(logs))), [1], tight);
  });

  it('gradient of the log-probability through time, against differences', () => {
    const data = slice(sequences(), [27, 0, 0], [2]);
    const f = (p: Parameters) => sum(machine.logProbability(p, data));
    const slope = grad(f)(parameters());
    const step = 1e-5;
    for (const name of Object.keys(slope) as (keyof Parameters)[]) {
      const [base, found] = [readSync(parameters()[name]), readSync(slope[name])];
      const at = (i: number, by: number): number => {
        const moved = Float64Array.from(base, (x, k) => (k === i ? x + by : x));
        return readSync(f({ ...parameters(), [name]: tensor(moved, slope[name].shape) }))[0] as number;
      };
      const expected = Array.from(base, (_, i) => (at(i, step) - at(i, -step)) / (2 * step));
      expectCloseTo(found, expected, { absolute: 1e-8 }, name);
    }
  });

  it('contrastive divergence with exact negatives has that gradient: both through time', () => {
    const data = slice(sequences(), [27, 0, 0], [1]);
    // Every frame given the observed ones before it: all candidates for all frames at once, each as often as it is probable.
    const candidates = { visible: sequences(), given: repeated(data) };
    const shares = softmax(neg(machine.energy(parameters(), candidates)));
    const contrast = (p: Parameters): Tensor =>
      sub(sum(mul(shares, machine.energy(p, candidates))), sum(machine.energy(p, machine.observed(data))));
    const exact = grad((p: Parameters) => sum(machine.logProbability(p, data)))(parameters());
    const found = grad(contrast)(parameters());
    for (const name of Object.keys(exact) as (keyof Parameters)[])
      expectCloseTo(readSync(found[name]), readSync(exact[name]), tight, name);
    expect(readSync(exact.initial).some((x) => Math.abs(x) > 1e-3)).toBe(true);
  });
});

/** One sequence as often as there are sequences. */
function repeated(sequence: Tensor): Tensor {
  return broadcastTo(sequence, [all.length, T, V]);
}

const chains = 64;
const observed = [2, 1, 3];
const observedBits = () =>
  tensor(Uint8Array.from(count(chains).flatMap(() => observed.flatMap((v) => bits(v, V)))), [chains, T, V]);

describeKernel('the kernel of a temporal RBM', {
  make: () => machine.kernel(parameters()),
  start: () => ({ visible: zeros([chains, T, V], 'bool'), given: observedBits() }),
  statistics: ({ visible }: { readonly visible: Tensor }) => reshape(cast(visible, 'float32'), [chains, T * V]),
  expected: memoryOf(observed)
    .slice(0, T)
    .flatMap((r) => {
      const weights = framesGiven(r);
      return count(V).map((i) => total(weights.filter((_, v) => (v >> i) & 1)) / total(weights));
    }),
  steps: 200,
  warmup: 20,
  broken: () => ({
    kernel: machine.kernel({ ...parameters(), initial: tensor([0, Number.NaN, 0]) }),
    start: { visible: full([3, T, V], 1, 'bool'), given: slice(observedBits(), [0, 0, 0], [3]) },
    diverges: [true, true, true],
  }),
  backends: [{ name: 'wasm', make: () => wasm({ threads: 1 }) }],
});

describe('sequences of its own', () => {
  beforeAll(async () => {
    await useBackend(wasm({ threads: 1 }));
  });
  const draws = 4096;

  /** Every sequence must come as often as it is probable, to 5 sigma. */
  function expectShares(drawn: Tensor, probabilities: readonly number[]): void {
    const seen = readSync(reshape(drawn, [draws, -1]));
    const width = seen.length / draws;
    const numbers = count(draws).map((n) => total(count(width).map((i) => (seen[n * width + i] as number) * 2 ** i)));
    probabilities.forEach((p, s) => {
      const share = numbers.filter((x) => x === s).length / draws;
      expect(Math.abs(share - p), `sequence ${s}`).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / draws));
    });
  }
  const pairs = count(2 ** (2 * V)).map((s) => [s & 3, s >> 2] as const);

  it('come as often as they are probable', () => {
    const { frames: drawn, diverged } = machine.generate(key(1), parameters(), { chains: draws, frames: 2, steps: 20 });
    expect(readSync(diverged).every((flag) => flag === 0)).toBe(true);
    expect([drawn.shape, drawn.dtype]).toEqual([[draws, 2, V], 'bool']);
    expectShares(
      drawn,
      pairs.map((frames) => Math.exp(logProbabilityOf(frames))),
    );
  });

  it('go on from frames that are given', () => {
    const after = tensor(Uint8Array.from(count(draws).flatMap(() => bits(2, V))), [draws, 1, V]);
    const { frames: drawn } = machine.generate(key(2), parameters(), { after, frames: 2, steps: 20 });
    const first = logProbabilityOf([2]);
    expectShares(
      drawn,
      pairs.map((frames) => Math.exp(logProbabilityOf([2, ...frames]) - first)),
    );
  });
});

describe('contract', () => {
  beforeAll(async () => {
    await useBackend(reference());
  });
  const data = () => slice(sequences(), [7, 0, 0], [20]);

  it('predicts the next frame: exactly where the layers do not meet, else at a fixed point of the means', () => {
    const apart = { ...parameters(), weight: zeros([V, H]) };
    const memories = readSync(machine.memory(apart, data()));
    const expected = count(20).flatMap((n) => {
      const r = count(H).map((j) => memories[(n * (T + 1) + T) * H + j] as number);
      const { visibleBias } = frameGiven(r);
      return visibleBias.map((b) => 1 / (1 + Math.exp(-b)));
    });
    expectCloseTo(readSync(machine.predict(apart, data())), expected, { absolute: 1e-6 });

    const params = parameters();
    const visible = machine.predict(params, data(), { steps: 100 });
    const given = reshape(slice(machine.memory(params, data()), [0, T, 0]), [20, H]);
    expectCloseTo(readSync(machine.frame.reconstruct(params, { visible, given })), readSync(visible), {
      absolute: 1e-5,
    });
  });

  it('is the same compiled and not, and leaves nothing behind', () => {
    const [params, x] = [machine.init(key(1)), data()];
    const f = (p: typeof params, s: Tensor) => machine.energy(p, machine.observed(s));
    expect(readSync(jit(f)(params, x))).toEqual(readSync(f(params, x)));
    const before = memory().tensors;
    scoped<Tensor>(() => machine.logProbability(params, x));
    machine.generate(key(1), params, { chains: 3, frames: 2, steps: 2 });
    machine.predict(params, x);
    expect(memory().tensors).toBe(before + 4);
  });

  it('says which sequences met numbers that are not finite, where bits would hide them', () => {
    const nan = Number.NaN;
    const options = { chains: 3, frames: 2, steps: 2 };
    const divergedOf = (params: ReturnType<typeof parameters>) => [
      ...readSync(machine.generate(key(1), params, options).diverged),
    ];
    expect(divergedOf(parameters())).toEqual([0, 0, 0]);
    for (const name of ['hiddenBias', 'initial', 'visibleBias'] as const)
      expect(divergedOf({ ...parameters(), [name]: full(parameters()[name].shape, nan) }), name).toEqual([1, 1, 1]);
    const after = tensor([...bits(2, V), nan, ...bits(1, V - 1), ...bits(3, V)], [3, 1, V]);
    const { diverged } = machine.generate(key(1), parameters(), { after, frames: 2, steps: 2 });
    expect([...readSync(diverged)]).toEqual([0, 1, 0]);
  });

  it('remembers nothing of frames to come', () => {
    const params = parameters();
    const one = slice(data(), [0, 0, 0], [1, 1, V]);
    const longer = concat([one, slice(data(), [3, 0, 0], [1, 1, V])], 1);
    const first = machine.memory(params, one);
    expect(readSync(slice(machine.memory(params, longer), [0, 0, 0], [1, 2]))).toEqual(readSync(first));
  });

  it('says what is wrong with an argument', () => {
    const params = machine.init(key(1));
    expect(params.initial.shape).toEqual([H]);
    expect(() => machine.memory(params, zeros([4, V]))).toThrow(
      'temporalRbm: expected sequences [n, time, 2] of at least one frame, got [4, 2]. Reshape one sequence',
    );
    expect(() => machine.energy(params, machine.observed(zeros([4, 3, 9])))).toThrow(
      'temporalRbm: visible: expected sequences',
    );
    expect(() => machine.generate(key(1), params, { chains: 0, frames: 1 })).toThrow(
      'temporalRbm.generate: chains must',
    );
    expect(() => machine.generate(key(1), params, { chains: 1, frames: 0 })).toThrow(
      'temporalRbm.generate: frames must',
    );
    expect(() => machine.predict(params, data(), { steps: 0 })).toThrow('temporalRbm.predict: steps must be');
    const mismatched = { visible: zeros([4, 3, V], 'bool'), given: zeros([4, 2, V], 'bool') };
    expect(() => machine.energy(params, mismatched)).toThrow('temporalRbm: visible and given must');
  });
});
