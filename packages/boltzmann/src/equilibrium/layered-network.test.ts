import { adam } from '@ebmkit/optim';
import {
  free,
  fromPlain,
  grad,
  jit,
  key,
  memory,
  normal,
  readSync,
  reference,
  sum,
  type Tensor,
  tensor,
  tensorsOf,
  useBackend,
  zeros,
} from '@ebmkit/tensor';
import { tfjs } from '@ebmkit/tensor-tfjs';
import { wasm } from '@ebmkit/tensor-wasm';
import { expectCloseTo, onEach } from '@ebmkit/test-kit';
import { equilibriumPropagation, fit } from '@ebmkit/trainers';
import { beforeAll, describe, expect, it } from 'vitest';
import { type LayeredBatch, type LayeredParameters, layeredNetwork } from '../index.js';

/** A 3-4-2 network in plain numbers, whose units settle inside the box but for two. */
const sizes = [3, 4, 2] as const;
const numbers = {
  first: [
    [0.5, -0.3, 0.2, 1.1],
    [0.1, 0.4, -0.2, 0.3],
    [-0.2, 0.3, 0.6, -1.4],
  ],
  second: [
    [0.3, -0.2],
    [-0.4, 0.5],
    [0.2, 0.3],
    [0.1, -0.3],
  ],
  hidden: [0.2, 0.3, 0.25, 0.4],
  output: [0.3, 0.2],
};
type Numbers = typeof numbers;
const inputs = [
  [0.5, 0.2, 0.4],
  [0.1, 0.9, 0.3],
  [0.8, 0.4, 0.9],
];
const targets = [
  [1, 0.2],
  [0, 0.9],
  [0.3, 0.6],
];
const rho = (x: number): number => Math.min(Math.max(x, 0), 1);
const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((t, x, i) => t + x * (b[i] as number), 0);
const column = (rows: readonly (readonly number[])[], j: number): number[] => rows.map((row) => row[j] as number);

/** The equilibrium of one row, by iterating $`s = \rho(\text{input})`$ with damping. */
function settledRow(
  { first, second, hidden, output }: Numbers,
  x: readonly number[],
  pull = 0,
  y: readonly number[] = [],
) {
  let [h, o] = [hidden.map(() => 0), output.map(() => 0)];
  for (let step = 0; step < 600; step++) {
    const toHidden = h.map((_, j) =>
      rho(dot(x, column(first, j)) + (hidden[j] as number) + dot(o, second[j] as number[])),
    );
    const toOutput = o.map((_, j) => {
      const free = dot(h, column(second, j)) + (output[j] as number);
      return rho((free + pull * (y[j] ?? 0)) / (1 + pull));
    });
    h = h.map((v, j) => v / 2 + (toHidden[j] as number) / 2);
    o = o.map((v, j) => v / 2 + (toOutput[j] as number) / 2);
  }
  return { hidden: h, output: o };
}

/** The mean cost at the free equilibria. */
function costOf(net: Numbers): number {
  const costs = inputs.map((x, n) => {
    const { output } = settledRow(net, x);
    return output.reduce((total, v, j) => total + (v - ((targets[n] as number[])[j] as number)) ** 2 / 2, 0);
  });
  return costs.reduce((a, b) => a + b, 0) / inputs.length;
}

/** The gradient of the mean cost by central differences, in the order of the parameters. */
function finiteDifferences(): number[] {
  const flat = [...numbers.first.flat(), ...numbers.second.flat(), ...numbers.hidden, ...numbers.output];
  const rebuilt = (v: readonly number[]): Numbers => ({
    first: [0, 1, 2].map((i) => v.slice(4 * i, 4 * i + 4)),
    second: [0, 1, 2, 3].map((i) => v.slice(12 + 2 * i, 14 + 2 * i)),
    hidden: v.slice(20, 24),
    output: v.slice(24, 26),
  });
  const moved = (i: number, by: number): number => costOf(rebuilt(flat.map((v, k) => (k === i ? v + by : v))));
  return flat.map((_, i) => (moved(i, 1e-5) - moved(i, -1e-5)) / 2e-5);
}

const network = layeredNetwork({ layers: sizes });
const params = (): LayeredParameters => ({
  weights: [tensor(numbers.first), tensor(numbers.second)],
  biases: [tensor(numbers.hidden), tensor(numbers.output)],
});
const batch = (): LayeredBatch => ({ input: tensor(inputs), target: tensor(targets) });
const numbersOf = (tree: unknown): number[] => tensorsOf(tree).flatMap((x) => Array.from(readSync(x)));

describe('a layered network', () => {
  beforeAll(async () => {
    await useBackend(reference({ precision: 'float64' }));
  });

  it('has the energy of its definition', () => {
    const state = {
      input: tensor(inputs),
      layers: [
        tensor([
          [0.1, 0.5, 0.9, 0],
          [1, 0.2, 0.3, 0.4],
          [0, 0, 0.6, 0.7],
        ]),
        tensor([
          [0.3, 0.8],
          [0, 1],
          [0.5, 0.5],
        ]),
      ],
    };
    const [h, o] = state.layers.map((x) => Array.from(readSync(x))) as [number[], number[]];
    const energies = inputs.map((x, n) => {
      const [hidden, output] = [h.slice(4 * n, 4 * n + 4), o.slice(2 * n, 2 * n + 2)];
      const squares = (dot(hidden, hidden) + dot(output, output)) / 2;
      const biases = dot(hidden, numbers.hidden) + dot(output, numbers.output);
      const pairs = x.reduce((t, v, i) => t + v * dot(hidden, numbers.first[i] as number[]), 0);
      const above = hidden.reduce((t, v, i) => t + v * dot(output, numbers.second[i] as number[]), 0);
      return squares - biases - pairs - above;
    });
    expectCloseTo(readSync(network.energy(params(), state)), energies, { absolute: 1e-12 });
    const cost = readSync(network.cost(state, batch()));
    expectCloseTo(
      cost,
      targets.map((y, n) => y.reduce((t, v, j) => t + (v - (o[2 * n + j] as number)) ** 2 / 2, 0)),
      { absolute: 1e-12 },
    );
  });

  it('steps along the gradient of its energy and of the nudge, and stays in the box', () => {
    const [p, b] = [params(), batch()];
    const state = { input: b.input, layers: [normal(key(1), [3, 4]), normal(key(2), [3, 2])] };
    const beta = 0.7;
    const slopes = grad((layers: readonly Tensor[]) => sum(network.energy(p, { input: b.input, layers })))(
      state.layers,
    );
    const pull = grad((layers: readonly Tensor[]) => sum(network.cost({ input: b.input, layers }, b)))(state.layers);
    const next = network.relax(p, state, b, { steps: 1, stepSize: 0.1, nudge: beta });
    const [slope, drag] = [numbersOf(slopes), numbersOf(pull)];
    const wanted = numbersOf(state.layers).map((v, i) =>
      rho(v - 0.1 * ((slope[i] as number) + beta * (drag[i] as number))),
    );
    expectCloseTo(numbersOf(next.layers), wanted, { absolute: 1e-12 });
  });

  it('settles where every unit is the hard sigmoid of its inputs, free and nudged', () => {
    const [p, b] = [params(), batch()];
    for (const beta of [0, 0.5, -0.3]) {
      const { layers } = network.relax(p, network.start(p, b), b, { steps: 300, nudge: beta });
      const rows = inputs.map((x, n) => settledRow(numbers, x, beta, targets[n]));
      expectCloseTo(
        readSync(layers[0] as Tensor),
        rows.flatMap(({ hidden }) => hidden),
        { absolute: 1e-10 },
      );
      expectCloseTo(
        readSync(layers[1] as Tensor),
        rows.flatMap(({ output }) => output),
        { absolute: 1e-10 },
      );
    }
    const { hidden } = settledRow(numbers, inputs[2] as number[]);
    expect(hidden.some((v) => v === 0 || v === 1)).toBe(true);
  });

  it('gives equilibrium propagation the gradient of its cost, of first order in beta one-sided and of second symmetric', () => {
    const exact = finiteDifferences();
    const errorAt = (beta: number, symmetric: boolean): number => {
      const objective = equilibriumPropagation(network, {
        nudge: beta,
        freeSteps: 200,
        nudgedSteps: 200,
        stepSize: 0.5,
        symmetric,
      });
      const [p, b] = [params(), batch()];
      const found = numbersOf(grad((q: LayeredParameters) => objective.loss(key(1), q, b, null).loss)(p));
      return Math.sqrt(
        found.reduce((t, g, i) => t + (g - (exact[i] as number)) ** 2, 0) / exact.reduce((t, g) => t + g * g, 0),
      );
    };
    for (const [symmetric, order] of [
      [false, 1],
      [true, 2],
    ] as const) {
      const [wide, narrow] = [errorAt(0.04, symmetric), errorAt(0.02, symmetric)];
      expect(Math.log2(wide / narrow)).toBeGreaterThan(order - 0.1);
      expect(Math.log2(wide / narrow)).toBeLessThan(order + 0.1);
    }
    expect(errorAt(0.001, true)).toBeLessThan(1e-5);
  });

  it('says what is wrong with its arguments', () => {
    const p = params();
    expect(() => layeredNetwork({ layers: [3] })).toThrow(/layeredNetwork: expected at least two layers/);
    expect(() => layeredNetwork({} as never)).toThrow(
      'layeredNetwork: expected layers, the number of units of each, got undefined.',
    );
    expect(() => layeredNetwork({ layers: [3, 0] })).toThrow(/got \[3, 0\]/);
    expect(() => network.predict(p, tensor([[1, 2]]), { steps: 3 })).toThrow(
      /expected an input \[n, 3\], got \[1, 2\]/,
    );
    expect(() => network.predict(p, tensor(inputs), { steps: 0.5 })).toThrow(/steps must be a whole number/);
    expect(() => network.predict(p, tensor(inputs), { steps: 1, stepSize: 0 })).toThrow(/stepSize must be a positive/);
    expect(() => network.predict(p, tensor(inputs), { steps: 1, stepSize: Number.POSITIVE_INFINITY })).toThrow(
      /stepSize must be a positive number and nudge a finite one, got Infinity/,
    );
    const b = { input: tensor(inputs), target: zeros([3, 3]) };
    expect(() => network.relax(p, network.start(p, b), b, { steps: 1 })).toThrow(/expected a target \[n, 2\]/);
  });
});

const backends = [
  { name: 'wasm', make: () => wasm({ threads: 1 }) },
  { name: 'tfjs wasm', make: () => tfjs('wasm') },
];

onEach('a layered network', backends, () => {
  it('settles the same compiled, in single precision, and leaves nothing behind', () => {
    const [p, input] = [params(), tensor(inputs)];
    const before = memory().tensors;
    const eager = network.predict(p, input, { steps: 120 });
    expect(memory().tensors).toBe(before + 1);
    const compiled = jit((q: LayeredParameters, x: Tensor) => network.predict(q, x, { steps: 120 }));
    const fast = compiled(p, input);
    expect(Array.from(readSync(fast))).toEqual(Array.from(readSync(eager)));
    expectCloseTo(
      readSync(eager),
      inputs.flatMap((x) => settledRow(numbers, x).output),
      { absolute: 1e-6 },
    );
    compiled.clear();
    free([p, input, eager, fast]);
  });
});

it('learns exclusive or through fit', async () => {
  await useBackend(wasm({ threads: 1 }));
  const xor = layeredNetwork({ layers: [2, 16, 1] });
  const table = [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ];
  const data = {
    batchesPerEpoch: 1,
    batch: () => ({ input: tensor(table), target: tensor([[0], [1], [1], [0]]) }),
  };
  const objective = equilibriumPropagation(xor, { nudge: 0.3, freeSteps: 30, nudgedSteps: 12, stepSize: 0.5 });
  const before = memory();
  const { params: learned } = await fit(xor, {
    objective,
    optimiser: adam({ learningRate: 0.02 }),
    data,
    epochs: 400,
    key: key(5),
  });
  expect(memory()).toEqual(before);
  const answers = readSync(xor.predict(fromPlain(learned), tensor(table), { steps: 120 }));
  expectCloseTo(answers, [0, 1, 1, 0], { absolute: 0.1 });
});
