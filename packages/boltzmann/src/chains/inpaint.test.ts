import { key, memory, tensor, useBackend } from '@ebmkit/tensor';
import { wasm } from '@ebmkit/tensor-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { type SmallMachine, smallMachine, tensorsFor } from '../../fixtures/small-machine.js';
import { bernoulli, count, gaussian, inpaint, mixed, rbm, softmax, type Units } from '../index.js';

beforeAll(async () => {
  await useBackend(wasm({ threads: 1 }));
});

const H = 3;
const bit = [[0], [1]];
const oneOf = (states: number) => Array.from({ length: states }, (_, k) => oneHot(k, states));
const oneHot = (k: number, states: number) => Array.from({ length: states }, (_, i) => Number(i === k));
/** Every document of a number of words of three. */
const documents = (words: number): number[][] =>
  Array.from({ length: words + 1 }, (_, a) =>
    Array.from({ length: words + 1 - a }, (__, b) => [a, b, words - a - b]),
  ).flat();
const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));

/**
 * What a state of a machine with linear units weighs, hidden bits summed out by hand: of a document of some words the hidden biases count once for each, and
 * it comes in as many orders as its words have.
 */
function weightOf(
  { weight, visibleBias, hiddenBias }: SmallMachine,
  v: readonly number[],
  document?: readonly number[],
) {
  const words = document?.reduce((a, b) => a + b) ?? 1;
  const own = Math.exp(v.reduce((sum, x, i) => sum + x * (visibleBias[i] as number), 0));
  const hidden = hiddenBias.map(
    (c, j) => 1 + Math.exp(c * words + v.reduce((sum, x, i) => sum + x * ((weight[i] as number[])[j] as number), 0)),
  );
  const orders = document ? factorial(words) / document.reduce((product, n) => product * factorial(n), 1) : 1;
  return hidden.reduce((product, x) => product * x, own * orders);
}

interface Case {
  readonly units: Units<'bias', 'discrete'>;
  /** What each part may hold, and whether it is known. */
  readonly parts: readonly (readonly [values: readonly (readonly number[])[], known: boolean])[];
  readonly image: readonly number[];
  /** Where the words of a document begin; they are the last numbers. */
  readonly words?: number;
}

const cases: Readonly<Record<string, Case>> = {
  bernoulli: {
    units: bernoulli(4),
    parts: [true, false, false, true].map((known) => [bit, known] as const),
    image: [1, 1, 0, 0],
  },
  softmax: {
    units: softmax(3, { units: 2 }),
    parts: [
      [oneOf(3), true],
      [oneOf(3), false],
    ],
    image: [0, 1, 0, 0, 0, 0],
  },
  'mixed, a bit known': {
    units: mixed([bernoulli(2), softmax(3)]),
    parts: [
      [bit, true],
      [bit, false],
      [oneOf(3), false],
    ],
    image: [1, 0, 0, 0, 0],
  },
  'mixed, a group known': {
    units: mixed([bernoulli(2), softmax(3)]),
    parts: [
      [bit, false],
      [bit, false],
      [oneOf(3), true],
    ],
    image: [0, 0, 0, 0, 1],
  },
  'the label of a document': {
    units: mixed([softmax(2), count(3, { longest: 4 })]),
    parts: [
      [oneOf(2), false],
      [documents(4), true],
    ],
    image: [0, 0, 2, 1, 1],
    words: 2,
  },
  'a document of a label, as long as it was': {
    units: mixed([softmax(2), count(3, { longest: 4 })]),
    parts: [
      [oneOf(2), true],
      [documents(2), false],
    ],
    image: [0, 1, 0, 2, 0],
    words: 2,
  },
  'a document of a length that the units have': {
    units: mixed([softmax(2), count(3, { length: 2 })]),
    parts: [
      [oneOf(2), true],
      [documents(2), false],
    ],
    image: [0, 1, 0, 0, 0],
    words: 2,
  },
};

/** Whether each number is known. */
const maskOf = ({ parts }: Case): boolean[] =>
  parts.flatMap(([values, known]) => (values[0] as readonly number[]).map(() => known));

describe('inpainted states', () => {
  it.each(Object.entries(cases))('have the law given what is known: %s', async (_, test) => {
    const { units, parts, image, words } = test;
    const plain = smallMachine(7, units.size, H);
    const known = maskOf(test);
    const states = parts.reduce<number[][]>(
      (all, [values]) => all.flatMap((x) => values.map((v) => [...x, ...v])),
      [[]],
    );
    const fitting = states.filter((x) => x.every((value, i) => !known[i] || value === image[i]));
    const weights = fitting.map((x) => weightOf(plain, x, words === undefined ? undefined : x.slice(words)));
    const total = weights.reduce((a, b) => a + b);
    const law = new Map(fitting.map((x, i) => [x.join(), (weights[i] as number) / total]));

    const rows = 4000;
    const machine = rbm({ visible: units, hidden: bernoulli(H) });
    const images = Uint8Array.from(Array.from({ length: rows }, () => image).flat());
    const params = tensorsFor(plain);
    const before = memory().tensors;
    const drawn = await inpaint(machine, params, images, known, { steps: 15, warmup: 15, key: key(5) });
    expect(memory().tensors).toBe(before);
    const seen = new Map<string, number>();
    for (let r = 0; r < rows; r++) {
      const state = Array.from(drawn.states.slice(r * units.size, (r + 1) * units.size)).join();
      seen.set(state, (seen.get(state) ?? 0) + 1 / rows);
    }
    for (const state of seen.keys()) expect(law.has(state), state).toBe(true);
    for (const [state, p] of law)
      expect(Math.abs((seen.get(state) ?? 0) - p), `${state}: ${p}`).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / rows));
  });

  it('are refused where a mask cuts what is drawn together', async () => {
    const options = { steps: 1, key: key(1) };
    const cut = (units: Units<'bias', 'discrete'>, image: readonly number[], mask: Parameters<typeof inpaint>[3]) => {
      const machine = rbm({ visible: units, hidden: bernoulli(H) });
      return inpaint(machine, machine.init(key(1)), Uint8Array.from(image), mask, options);
    };
    const first = [true, false, false];
    await expect(cut(softmax(3), [1, 0, 0], first)).rejects.toThrow(
      'inpaint: the numbers 0 to 2 of an image are drawn together, and the mask knows a part of them. Mask all of them or none.',
    );
    await expect(cut(count(3, { length: 4 }), [2, 0, 0], first)).rejects.toThrow('numbers 0 to 2');
    await expect(cut(count(3), [2, 1, 1], first)).rejects.toThrow('numbers 0 to 2');
    await expect(cut(mixed([bernoulli(1), softmax(3)]), [0, 1, 0, 0], [false, ...first])).rejects.toThrow(
      'numbers 1 to 3',
    );
    // A part without sites hides those of the others, but not their groups.
    const real = rbm({ visible: mixed([gaussian(2), softmax(3)]), hidden: bernoulli(H) });
    const rowsOfTheirOwn = tensor([
      [true, false, false, false, false],
      [true, true, true, true, false],
    ]);
    const before = memory().tensors;
    const params = real.init(key(1));
    const made = memory().tensors - before;
    await expect(inpaint(real, params, new Float32Array(10), rowsOfTheirOwn, options)).rejects.toThrow(
      'numbers 2 to 4',
    );
    expect(memory().tensors).toBe(before + made);
  });

  it('are refused where a known group is no state, and only there', async () => {
    const machine = rbm({ visible: softmax(3, { units: 2 }), hidden: bernoulli(H) });
    const params = machine.init(key(1));
    const known = [true, true, true, false, false, false];
    const fill = (image: readonly number[]) =>
      inpaint(machine, params, Uint8Array.from(image), known, { steps: 1, key: key(1) });
    await expect(fill([0, 0, 0, 1, 0, 0])).rejects.toThrow(
      'inpaint: expected one of 1,0,0 or 0,1,0 or 0,0,1 at 0, got 0,0,0',
    );
    expect((await fill([0, 0, 1, 1, 1, 0])).states.slice(0, 3)).toEqual(Uint8Array.of(0, 0, 1));
    const counted = rbm({ visible: mixed([softmax(2), count(3, { longest: 4 })]), hidden: bernoulli(H) });
    const image = Uint8Array.of(1, 1, 4, 0, 0);
    const label = [true, true, false, false, false];
    const options = { steps: 1, key: key(1) };
    const given = counted.init(key(1));
    await expect(inpaint(counted, given, image, label, options)).rejects.toThrow('got 1,1');
    const { states } = await inpaint(
      counted,
      given,
      image,
      label.map((known) => !known),
      options,
    );
    expect([...states.slice(2)]).toEqual([4, 0, 0]);
  });
});
