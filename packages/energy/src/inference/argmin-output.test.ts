import {
  add,
  cast,
  equal,
  gather,
  key,
  memory,
  mul,
  normal,
  range,
  readSync,
  reference,
  reshape,
  slice,
  squaredNorm,
  sub,
  sum,
  sumEvent,
  type Tensor,
  tensor,
  useBackend,
  where,
} from '@ebmkit/tensor';
import { tfjs } from '@ebmkit/tensor-tfjs';
import { wasm } from '@ebmkit/tensor-wasm';
import { afterAll, describe, expect, test } from 'vitest';
import {
  annealed,
  argminOutput,
  beam,
  coordinateDescent,
  exhaustive,
  givenX,
  givenY,
  jointEnergy,
  labelOutput,
  lbfgs,
  realOutput,
  sequenceOutput,
} from '../index.js';

const [classes, length, inputs] = [3, 6, 4] as const;
const output = sequenceOutput({ length, classes });
/** How dear it is that one category follows another: `[classes, classes]`. */
const transitions = Array.from(readSync(normal(key(1), [classes * classes])));
/** How dear each category is at each place: `[inputs, length, classes]`. */
const unary = Array.from(readSync(normal(key(2), [inputs * length * classes])));
const given = (): Tensor => tensor(unary, [inputs, length, classes]);

/** A chain: the sum of the prices of categories and of transitions, for the first places too. */
const chain = {
  energy: (y: Tensor, prices: Tensor): Tensor => {
    const [n, t] = y.shape as [number, number];
    const indices = add(mul(reshape(range(n * t), [n, t]), classes), y);
    const own = sum(gather(reshape(slice(prices, [0, 0, 0], [n, t, classes]), [n * t * classes]), indices), 1);
    if (t === 1) return own;
    const [from, to] = [slice(y, [0, 0], [n, t - 1]), slice(y, [0, 1], [n, t - 1])];
    return add(own, sum(gather(tensor(transitions), add(mul(from, classes), to)), 1));
  },
};

/** The lowest sequence of one input by dynamic programming. */
function viterbi(input: number): { readonly sequence: number[]; readonly energy: number } {
  const price = (t: number, c: number): number => unary[(input * length + t) * classes + c] as number;
  let paths = Array.from({ length: classes }, (_, c) => ({ sequence: [c], energy: price(0, c) }));
  for (let t = 1; t < length; t++)
    paths = Array.from({ length: classes }, (_, c) =>
      paths
        .map(({ sequence, energy }, b) => ({
          sequence: [...sequence, c],
          energy: energy + (transitions[b * classes + c] as number) + price(t, c),
        }))
        .reduce((a, b) => (b.energy < a.energy ? b : a)),
    );
  return paths.reduce((a, b) => (b.energy < a.energy ? b : a));
}
const wanted = Array.from({ length: inputs }, (_, i) => viterbi(i));
const sequences = wanted.flatMap(({ sequence }) => sequence);

/** A magnet in a weak field towards the last category: neighbours like to be equal, so that no single change leaves the first. */
const magnet = {
  energy: (y: Tensor, fields: Tensor): Tensor => {
    const n = y.shape[0] as number;
    const [from, to] = [slice(y, [0, 0], [n, length - 1]), slice(y, [0, 1], [n, length - 1])];
    const alike = sumEvent(cast(equal(from, to), 'float32'));
    const last = cast(equal(y, classes - 1), 'float32');
    return sub(mul(alike, -2), sumEvent(mul(last, add(mul(fields, 0.1), 0.5))));
  },
};
const fields = (): Tensor => normal(key(8), [inputs, length]);

describe('searches of sequences', () => {
  test('exhaustive search, and a beam that keeps every prefix, find what Viterbi finds', async () => {
    const all = classes ** (length - 1);
    for (const method of [exhaustive(), beam({ width: all }), beam({ width: all, prefixEnergy: chain.energy })]) {
      const found = await argminOutput(chain, given(), { output, method });
      expect(found.outputs).toMatchObject({ dtype: 'int32', shape: [inputs, length] });
      expect(Array.from(found.outputs.data)).toEqual(sequences);
      found.energies.forEach((e, i) => {
        expect(e).toBeCloseTo(wanted[i]?.energy as number, 4);
      });
    }
  });

  test('so does annealing; a beam that ranks prefixes comes closer the wider it is', async () => {
    const gaps: number[] = [];
    for (const width of [1, 3, 27]) {
      const method = beam({ width, prefixEnergy: chain.energy });
      const { energies } = await argminOutput(chain, given(), { output, method });
      gaps.push(energies.reduce((total, e, i) => total + e - (wanted[i]?.energy as number), 0));
    }
    const [greedy, narrow, wide] = gaps as [number, number, number];
    expect(greedy).toBeGreaterThan(0.1);
    expect(narrow).toBeLessThan(greedy);
    expect(Math.abs(wide)).toBeLessThan(1e-4);
    const slow = annealed({ key: key(3), steps: 400, chains: 8, hottest: 2, coldest: 0.05 });
    expect(Array.from((await argminOutput(chain, given(), { output, method: slow })).outputs.data)).toEqual(sequences);
  });

  test('on a magnet annealing finds the minimum, coordinate descent a local one', async () => {
    const exact = await argminOutput(magnet, fields(), { output });
    const slow = await argminOutput(magnet, fields(), {
      output,
      method: annealed({ key: key(4), steps: 400, chains: 8, hottest: 5, coldest: 0.1 }),
    });
    expect(Array.from(slow.energies)).toEqual(Array.from(exact.energies));
    const local = await argminOutput(magnet, fields(), { output, method: coordinateDescent() });
    expect(local.energies.some((e, i) => e > (exact.energies[i] as number) + 1e-3)).toBe(true);
    // No single change lowers the energy, and the energy is that of the output.
    const data = Array.from(local.outputs.data);
    for (let place = 0; place < length; place++)
      for (let c = 0; c < classes; c++) {
        const changed = data.map((v, k) => (k % length === place ? c : v));
        const energies = readSync(magnet.energy(tensor(Int32Array.from(changed), [inputs, length], 'int32'), fields()));
        energies.forEach((e, i) => {
          expect(e).toBeGreaterThan((local.energies[i] as number) - 1e-4);
        });
      }
    const restarted = await argminOutput(magnet, fields(), {
      output,
      method: coordinateDescent({ start: data.slice(0, length) }),
    });
    expect(restarted.energies[0]).toBe(local.energies[0]);
  });

  test('counts the energies that it computes', async () => {
    const count = async (method: Parameters<typeof argminOutput>[2]['method']): Promise<number> => {
      let rows = 0;
      const counting = {
        energy: (y: Tensor, x: Tensor) => {
          rows += y.shape[0] as number;
          return chain.energy(y, x);
        },
      };
      const { evaluations } = await argminOutput(counting, given(), {
        output,
        method: method as ReturnType<typeof exhaustive>,
        compile: false,
      });
      expect(evaluations).toBe(rows);
      return evaluations / inputs;
    };
    expect(await count(exhaustive())).toBe(classes ** length);
    expect(await count(beam({ width: 2 }))).toBe(classes + 2 * classes * (length - 1));
    expect(await count(beam({ width: 5 }))).toBe(classes + 3 * classes + 5 * classes * (length - 2));
    expect(await count(annealed({ key: key(1), steps: 7, chains: 3 }))).toBe(3 * 8);
    expect((await count(coordinateDescent())) % (classes * length)).toBe(0);
    expect(await count(coordinateDescent({ maxSweeps: 1 }))).toBe(classes * length);
  });

  test('of equal energies the first in lexicographic order is taken, NaN is never', async () => {
    const flat = { energy: (y: Tensor) => sumEvent(mul(cast(y, 'float32'), 0)) };
    for (const method of [exhaustive(), beam({ width: 2 }), coordinateDescent()])
      expect(
        Array.from((await argminOutput(flat, given(), { output, method })).outputs.data).every((v) => v === 0),
      ).toBe(true);
    const broken = { energy: (label: Tensor) => gather(tensor([Number.NaN, 3, 2, Number.NaN]), label) };
    const found = await argminOutput(broken, given(), { output: labelOutput({ classes: 4 }) });
    expect(Array.from(found.outputs.data)).toEqual([2, 2, 2, 2]);
  });

  test('annealing begins uniformly and proposes every other category alike', async () => {
    const e = { energy: (label: Tensor) => cast(label, 'float32') };
    const { energies } = await argminOutput(e, tensor(new Float32Array(2000), [2000, 1]), {
      output: labelOutput({ classes: 4 }),
      method: annealed({ key: key(5), steps: 1, hottest: 1, coldest: 1 }),
    });
    // The mean of the lower of two different numbers of 0, 1, 2, 3: (0 * 3 + 1 * 2 + 2 * 1) / 6.
    const mean = energies.reduce((a, b) => a + b, 0) / energies.length;
    const sd = Math.sqrt(energies.reduce((a, b) => a + (b - mean) ** 2, 0) / energies.length);
    expect(Math.abs(mean - 4 / 6)).toBeLessThan((5 * sd) / Math.sqrt(energies.length));
  });
});

describe('labels and real outputs', () => {
  const centres = [
    [0, 0],
    [3, 0],
    [0, 4],
  ];
  const nearest = { energy: (label: Tensor, x: Tensor) => squaredNorm(sub(x, gather(tensor(centres), label))) };

  test.each([
    ['reference', reference],
    ['wasm', () => wasm({ threads: 1 })],
    ['tfjs wasm', () => tfjs('wasm')],
  ])('the nearest centre, on %s', async (_, make) => {
    await useBackend(await make());
    const x = tensor([
      [0.1, 0.2],
      [2, 0],
      [1, 3.5],
      [9, 1],
    ]);
    const before = memory().tensors;
    const { outputs, evaluations } = await argminOutput(nearest, x, { output: labelOutput({ classes: 3 }) });
    expect(outputs.shape).toEqual([4]);
    expect(Array.from(outputs.data)).toEqual([0, 1, 2, 1]);
    expect(evaluations).toBe(12);
    await argminOutput(nearest, x, {
      output: labelOutput({ classes: 3 }),
      method: annealed({ key: key(1), steps: 20 }),
    });
    await argminOutput(chain, given(), { output, method: beam({ width: 3 }) }).then(({ energies }) => {
      energies.forEach((e, i) => {
        expect(e).toBeGreaterThan((wanted[i]?.energy as number) - 1e-4);
      });
    });
    expect(memory().tensors - before).toBe(1); // the input of the beam
  });
  afterAll(() => useBackend(reference()));

  test('a real output is minimised, in its box', async () => {
    const pull = {
      energy: (y: Tensor, { x, pull: strength }: { x: Tensor; pull: Tensor }) =>
        mul(squaredNorm(sub(y, x)), reshape(strength, [2])),
    };
    const x = tensor([
      [1, -2],
      [0.25, 5],
    ]);
    const input = { x, pull: tensor([1, 3]) };
    const free = await argminOutput(pull, input, { output: realOutput({ shape: [2] }), method: lbfgs() });
    Array.from(free.outputs.data).forEach((v, i) => {
      expect(v).toBeCloseTo([1, -2, 0.25, 5][i] as number, 3);
    });
    const boxed = await argminOutput(pull, input, {
      output: realOutput({ shape: [2], lower: 0, upper: tensor([0.5, 9]), start: tensor([1, 1]) }),
    });
    Array.from(boxed.outputs.data).forEach((v, i) => {
      expect(v).toBeCloseTo([0.5, 0, 0.25, 5][i] as number, 3);
    });
    expect(boxed.evaluations).toBeGreaterThan(3);
  });

  test('joint energies are read from either side, and what they hold fixed stays', async () => {
    const fit = jointEnergy({ energy: (x: Tensor, y: Tensor) => nearest.energy(y, x), sides: { y: 'discrete' } });
    const read = await argminOutput(givenX(fit), tensor([[2, 1]]), { output: labelOutput({ classes: 3 }) });
    expect(Array.from(read.outputs.data)).toEqual([1]);
    const drawn = await argminOutput(givenY(fit), tensor(Int32Array.from([2, 0])), {
      output: realOutput({ shape: [2] }),
    });
    Array.from(drawn.outputs.data).forEach((v, i) => {
      expect(v).toBeCloseTo([0, 4, 0, 0][i] as number, 3);
    });
    const last = tensor(Int32Array.from({ length }, () => classes - 1));
    const isFixed = tensor(Array.from({ length }, (_, place) => place === 1));
    const put = (y: Tensor): Tensor => where(isFixed, last, y);
    const held = { energy: (y: Tensor, x: Tensor) => chain.energy(put(y), x), constrain: put };
    const { outputs, energies } = await argminOutput(held, given(), { output });
    expect(Array.from(outputs.data).filter((_, k) => k % length === 1)).toEqual([2, 2, 2, 2]);
    energies.forEach((e, i) => {
      expect(e).toBeGreaterThan((wanted[i]?.energy as number) - 1e-4);
    });
  });

  test.each([
    [{ output: labelOutput({ classes: 3 }), method: lbfgs() }, /lbfgs does not search label outputs. Use exhaustive/],
    [
      { output: realOutput({ shape: [2] }), method: exhaustive() },
      /exhaustive does not search real outputs. Use lbfgs/,
    ],
    [{ output: sequenceOutput({ length: 40, classes: 9 }) }, /exhaustive: 9 \*\* 40 outputs are more than/],
    [
      { output: sequenceOutput({ length: 2, classes: 2 }), method: coordinateDescent({ start: [0, 2] }) },
      /expected a start of 2 categories from 0 to 1/,
    ],
    [{ output: labelOutput({ classes: 3 }), signal: AbortSignal.abort() }, /argminOutput: aborted after 0 energies/],
  ])('wrong arguments say what is right: %#', async (options, message) => {
    await expect(argminOutput(nearest, tensor([[0, 0]]), options as never)).rejects.toThrow(message);
  });

  test.each([
    [() => labelOutput({ classes: 0 }), /labelOutput: classes must be a whole number of at least 1, got 0/],
    [() => sequenceOutput({ length: 0, classes: 2 }), /sequenceOutput: length/],
    [() => beam({ width: 0 }), /beam: width/],
    [() => annealed({ key: key(1), steps: 1, hottest: 0.1, coldest: 1 }), /hottest must be at least coldest/],
    [() => annealed({ key: 1 as never, steps: 1 }), /annealed: expected a key, got number/],
  ])('wrong settings too: %#', (make, message) => {
    expect(make).toThrow(message);
  });
});
