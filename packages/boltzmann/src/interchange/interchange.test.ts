import { readFileSync } from 'node:fs';
import { decodeSafetensors, encodeSafetensors } from '@ebmkit/checkpoint';
import { fromPlain, key, type Plain, readSync, reference, tensor, toPlain, useBackend } from '@ebmkit/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  bernoulli,
  fromScikitLearn,
  fromStateDict,
  type RbmParameters,
  rbm,
  toScikitLearn,
  toStateDict,
} from '../index.js';

/** What a library says of a machine. */
interface Answers {
  readonly rows: number[][];
  readonly hiddenRows: number[][];
  readonly freeEnergy: number[];
  readonly hiddenMean: number[][];
  readonly visibleMean: number[][];
}
interface Fitted extends Answers {
  readonly components: number[][];
  readonly interceptVisible: number[];
  readonly interceptHidden: number[];
}

const fixture = (name: string): Buffer => readFileSync(new URL(`../../fixtures/interchange-${name}`, import.meta.url));
const fitted = JSON.parse(fixture('scikit-learn.json').toString()) as Fitted;
const asked = JSON.parse(fixture('pytorch.json').toString()) as Readonly<Record<'plain' | 'linear', Answers>>;
const { tensors: entries } = decodeSafetensors(fixture('pytorch.safetensors'));

const plainNames = { weight: 'plain.W', visibleBias: 'plain.v_bias', hiddenBias: 'plain.h_bias' };
const linearNames = { weight: 'linear.up.weight', visibleBias: 'linear.down_bias', hiddenBias: 'linear.up.bias' };

beforeAll(async () => {
  await useBackend(reference({ precision: 'float64' }));
});

function expectClose(actual: ArrayLike<number>, expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  expected.forEach((x, i) => {
    expect(Math.abs((actual[i] as number) - x), `number ${i}`).toBeLessThan(1e-12 * Math.max(1, Math.abs(x)));
  });
}

/** The machine answers as the library does. */
function expectAnswers(params: Plain<RbmParameters>, known: Answers): void {
  const [visible, hidden] = params.weight.shape as [number, number];
  const machine = rbm({ visible: bernoulli(visible), hidden: bernoulli(hidden) });
  const uploaded = fromPlain(params) as RbmParameters;
  const rows = tensor(known.rows.flat(), [known.rows.length, visible], 'bool');
  const hiddenRows = tensor(known.hiddenRows.flat(), [known.hiddenRows.length, hidden], 'bool');
  expectClose(readSync(machine.freeEnergy(uploaded, rows)), known.freeEnergy);
  expectClose(readSync(machine.hiddenMean(uploaded, rows)), known.hiddenMean.flat());
  expectClose(readSync(machine.visibleMean(uploaded, hiddenRows)), known.visibleMean.flat());
}

describe('parameters of scikit-learn', () => {
  it('make a machine with its free energies and conditionals', () => {
    expectAnswers(fromScikitLearn(fitted), fitted);
  });

  it('come back as they were', () => {
    const { components, interceptVisible, interceptHidden } = toScikitLearn(fromScikitLearn(fitted));
    expect(components.shape).toEqual([3, 8]);
    expect(Array.from(components.data)).toEqual(fitted.components.flat());
    expect(Array.from(interceptVisible.data)).toEqual(fitted.interceptVisible);
    expect(Array.from(interceptHidden.data)).toEqual(fitted.interceptHidden);
    const again = { components, interceptVisible, interceptHidden };
    expect(fromScikitLearn(again)).toEqual(fromScikitLearn(fitted));
  });

  it('that do not fit each other are refused', () => {
    const { components, interceptVisible, interceptHidden } = fitted;
    expect(() =>
      fromScikitLearn({ components, interceptVisible: interceptHidden, interceptHidden: interceptVisible }),
    ).toThrow(
      /expected components \[hidden, visible\] for 3 visible and 8 hidden units, as the biases have them, got 8 and 3. It is stored the other way round/,
    );
    expect(() => fromScikitLearn({ ...fitted, interceptHidden: [1, 2] })).toThrow(/Make all three agree/);
    expect(() => fromScikitLearn({ ...fitted, components: [[1, 2], [1]] })).toThrow(/rows of one length in components/);
  });
});

describe('parameters of PyTorch', () => {
  it('make machines with its free energies and conditionals, in single and in double precision', () => {
    const plain = fromStateDict(entries, plainNames);
    expect(plain.weight.data).toBeInstanceOf(Float32Array);
    expectAnswers(plain, asked.plain);
    const linear = fromStateDict(entries, linearNames, { transposed: true });
    expect(linear.weight.data).toBeInstanceOf(Float64Array);
    expect(linear.weight.shape).toEqual([6, 3]);
    expectAnswers(linear, asked.linear);
  });

  it('go out and come back through a file to the bit', async () => {
    const machine = rbm({ visible: bernoulli(5), hidden: bernoulli(3) });
    const params = await toPlain(machine.init(key(1)));
    const names = { weight: 'W', visibleBias: 'v_bias', hiddenBias: 'h_bias' };
    for (const transposed of [false, true]) {
      const { tensors } = decodeSafetensors(encodeSafetensors(toStateDict(params, names, { transposed })));
      expect(Object.keys(tensors).sort()).toEqual(['W', 'h_bias', 'v_bias']);
      expect(tensors.W?.shape).toEqual(transposed ? [3, 5] : [5, 3]);
      expect(fromStateDict(tensors, names, { transposed })).toEqual(params);
    }
    const linear = fromStateDict(entries, linearNames, { transposed: true });
    const back = toStateDict(linear, linearNames, { transposed: true });
    for (const name of Object.values(linearNames)) expect(back[name]).toEqual(entries[name]);
  });

  it('may be others than biases', () => {
    const vector = { dtype: 'float32', shape: [2], data: Float32Array.of(1, 2) } as const;
    const weight = { dtype: 'float32', shape: [2, 1], data: Float32Array.of(3, 4) } as const;
    const params = fromStateDict({ a: vector, b: weight }, { weight: 'b', visibleLogVariance: 'a' });
    expect(params).toEqual({ weight, visibleLogVariance: vector });
  });

  it('that are missing, of other numbers or of other sizes are refused', () => {
    expect(() => fromStateDict(entries, { ...plainNames, weight: 'W' })).toThrow(
      /fromStateDict: expected an entry "W" for weight, got .*"plain.W"/,
    );
    expect(() => fromStateDict(entries, { ...plainNames, hiddenBias: 'plain.updates' })).toThrow(
      /expected "plain.updates" to be a vector of real numbers, got int32 \[\] with 1 values/,
    );
    expect(() => fromStateDict(entries, linearNames)).toThrow(/It is stored the other way round/);
    const params = fromStateDict(entries, plainNames);
    expect(() => toStateDict(params, { ...plainNames, hiddenBias: 'plain.W' })).toThrow(/cannot both be "plain.W"/);
    expect(() => toStateDict({ weight: params.weight } as typeof params, plainNames)).toThrow(/expected a parameter/);
  });
});
