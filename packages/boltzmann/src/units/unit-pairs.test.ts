import { grad, key, mul, normal, readSync, reference, sum, type Tensor, tensor, withBackend } from '@ebmkit/tensor';
import { tfjs } from '@ebmkit/tensor-tfjs';
import { wasm } from '@ebmkit/tensor-wasm';
import { expectCloseTo, onEach, type Tolerance } from '@ebmkit/test-kit';
import { expect, it } from 'vitest';
import {
  givenHidden,
  givenVisible,
  jointEnergyOf,
  lengthOf,
  logSumOf,
  type PlainLayer,
  type PlainMachine,
  type PlainParameters,
  plainBernoulli,
  plainCentred,
  plainCount,
  plainGaussian,
  plainMixed,
  plainRelu,
  plainSoftmax,
  plainSpin,
  plainVariance,
  statesOf,
} from '../../fixtures/unit-oracle.js';
import {
  bernoulli,
  centred,
  count,
  exactLogZ,
  gaussian,
  mixed,
  type Rbm,
  type RbmParameters,
  rbm,
  relu,
  softmax,
  spin,
  type Units,
} from '../index.js';

/** A kind of unit as the library has it and as the oracle has it, for the layers of a 4-3 machine. */
interface Kind {
  readonly units: readonly [four: unknown, three: unknown];
  readonly plain: readonly [four: PlainLayer, three: PlainLayer];
  /** Turns standard normal numbers into a state. */
  readonly state: (z: readonly number[]) => readonly number[];
  /** Whether states are given as bool. */
  readonly isBool?: true;
}

const both = <T>(make: (size: number) => T): readonly [T, T] => [make(4), make(3)];
const up = (z: number) => Number(z > 0);
const largestOf = (z: readonly number[]) => z.map((x) => Number(x === Math.max(...z)));
const offset = 0.3;

const kinds: Readonly<Record<string, Kind>> = {
  bernoulli: { units: both(bernoulli), plain: both(plainBernoulli), state: (z) => z.map(up), isBool: true },
  spin: { units: both(spin), plain: both(plainSpin), state: (z) => z.map((x) => 2 * up(x) - 1) },
  gaussian: { units: both((n) => gaussian(n)), plain: both(plainGaussian), state: (z) => z },
  variance: { units: both((n) => gaussian(n, { learnVariance: true })), plain: both(plainVariance), state: (z) => z },
  softmax: {
    units: [softmax(2, { units: 2 }), softmax(3)],
    plain: [plainSoftmax(2, 2), plainSoftmax(3, 1)],
    state: (z) => (z.length === 4 ? [...largestOf(z.slice(0, 2)), ...largestOf(z.slice(2))] : largestOf(z)),
    isBool: true,
  },
  relu: { units: both(relu), plain: both(plainRelu), state: (z) => z.map(Math.abs) },
  centred: {
    units: both((n) => centred(bernoulli(n), offset)),
    plain: both((n) => plainCentred(n, offset)),
    state: (z) => z.map(up),
  },
  'bits and choices': {
    units: [mixed([bernoulli(2), softmax(2)]), mixed([spin(1), softmax(2)])],
    plain: [plainMixed([plainBernoulli(2), plainSoftmax(2, 1)]), plainMixed([plainSpin(1), plainSoftmax(2, 1)])],
    state: (z) =>
      z.length === 4
        ? [...z.slice(0, 2).map(up), ...largestOf(z.slice(2))]
        : [2 * up(z[0] ?? 0) - 1, ...largestOf(z.slice(1))],
  },
  'bits and reals': {
    units: [
      mixed([gaussian(1), bernoulli(1), gaussian(1, { learnVariance: true }), relu(1)]),
      mixed([gaussian(1, { learnVariance: true }), spin(1), gaussian(1, { learnVariance: true })]),
    ],
    plain: [
      plainMixed([plainGaussian(1), plainBernoulli(1), plainVariance(1), plainRelu(1)]),
      plainMixed([plainVariance(1), plainSpin(1), plainVariance(1)]),
    ],
    state: ([a = 0, b = 0, c = 0, d]) => (d === undefined ? [a, 2 * up(b) - 1, c] : [a, up(b), c, Math.abs(d)]),
  },
};

/** Documents of some lengths, of visible units only. */
const documents: Kind = {
  units: [count(4), undefined],
  plain: [plainCount(4), plainBernoulli(3)],
  state: (z) => z.map((x) => Math.round(2 * Math.abs(x))),
};

const rows = 3;
/** Normal numbers, the same for every backend. */
const numbersOf = (seed: number, shape: readonly number[]): number[] =>
  withBackend(reference({ precision: 'float64' }), () => [...readSync(normal(key(seed), shape))]);

function chunks(numbers: readonly number[], width: number): number[][] {
  return Array.from({ length: numbers.length / width }, (_, i) => numbers.slice(i * width, (i + 1) * width));
}

type Params = Readonly<Record<string, Tensor>>;
type AnyMachine = Rbm<string, string>;

/** The parameters in the oracle's form, from a list of numbers. */
function unflatten(machine: PlainMachine, numbers: readonly number[]): PlainParameters {
  let next = 0;
  const take = (length: number) => {
    next += length;
    return numbers.slice(next - length, next);
  };
  const own = ({ parameters }: PlainLayer) =>
    Object.fromEntries(Object.entries(parameters).map(([name, length]) => [name, take(length)]));
  return { weight: chunks(take(12), 3), visible: own(machine.visible), hidden: own(machine.hidden) };
}

const capital = (name: string) => name.charAt(0).toUpperCase() + name.slice(1);

/** The same in the library's form, under the names that a machine gives them. */
function tensorsOf({ weight, visible, hidden }: PlainParameters, offsets: Params): Params {
  const named = (layer: string, own: PlainParameters['visible']) =>
    Object.entries(own).map(([name, x]) => [`${layer}${capital(name)}`, tensor([...x])] as const);
  return {
    ...offsets,
    weight: tensor(weight.map((row) => [...row])),
    ...Object.fromEntries([...named('visible', visible), ...named('hidden', hidden)]),
  };
}

const names = (machine: PlainMachine) => [
  'weight',
  ...Object.keys(machine.visible.parameters).map((name) => `visible${capital(name)}`),
  ...Object.keys(machine.hidden.parameters).map((name) => `hidden${capital(name)}`),
];

/** The derivatives of a function of many numbers, to order 4. */
function slopes(f: (x: readonly number[]) => number, x: readonly number[]): number[] {
  const step = 2e-3;
  return x.map((_, i) => {
    const moved = (by: number) => f(x.map((y, k) => (k === i ? y + by * step : y)));
    return (8 * (moved(1) - moved(-1)) - (moved(2) - moved(-2))) / (12 * step);
  });
}

/** Everything the oracle knows of a pair of kinds, computed once for all backends. */
function caseOf(visible: Kind, hidden: Kind) {
  const plain: PlainMachine = { visible: visible.plain[0], hidden: hidden.plain[1], isDocument: visible === documents };
  const size =
    12 + [plain.visible, plain.hidden].flatMap(({ parameters }) => Object.values(parameters)).reduce((a, b) => a + b);
  const numbers = numbersOf(11, [size]).map((x) => x / 2);
  const v = chunks(numbersOf(12, [rows * 4]), 4).map(visible.state);
  const h = chunks(numbersOf(13, [rows * 3]), 3).map(hidden.state);
  const params = unflatten(plain, numbers);
  const ups = v.map((x) => givenVisible(plain, params, x));
  const downs = h.map((x, i) => givenHidden(plain, params, x, lengthOf(plain, v[i] ?? [])));
  const weighted = (x: readonly number[]) =>
    v.reduce((total, row, i) => total + (i + 1) * givenVisible(plain, unflatten(plain, x), row).freeEnergy, 0);
  const logs = plain.visible.isCountable
    ? statesOf(plain.visible, params.visible).map((x) => -givenVisible(plain, params, x).freeEnergy)
    : plain.hidden.isCountable
      ? statesOf(plain.hidden, params.hidden).map(
          (x) => -givenHidden(plain, params, x, plain.isDocument ? 3 : 1).freeEnergy,
        )
      : undefined;
  return {
    machine: rbm({ visible: visible.units[0] as Units, hidden: hidden.units[1] as Units }) as unknown as AnyMachine,
    ofLength3: rbm({
      visible: visible === documents ? count(4, { length: 3 }) : (visible.units[0] as Units),
      hidden: hidden.units[1] as Units,
    }) as unknown as AnyMachine,
    plain,
    params,
    v,
    h,
    freeEnergy: ups.map(({ freeEnergy }) => freeEnergy),
    hiddenMean: ups.flatMap(({ mean }) => mean),
    visibleMean: downs.flatMap(({ mean }) => mean),
    jointEnergy: v.map((x, i) => jointEnergyOf(plain, params, x, h[i] ?? [])),
    slopes: slopes(weighted, numbers),
    logZ: logs && logSumOf(logs),
  };
}

const table = [...Object.entries(kinds), ['count', documents] as const].flatMap(([first, visible]) =>
  Object.entries(kinds).map(([second, hidden]) => ({
    name: `${first}-${second}`,
    visible,
    hidden,
    oracle: caseOf(visible, hidden),
  })),
);

const float64 = { name: 'reference float64', make: () => reference({ precision: 'float64' }) };
const compiled = { name: 'wasm', make: () => wasm({ threads: 1 }) };
const tensorflow = { name: 'tfjs wasm', make: () => tfjs('wasm') };

function suite(tolerance: Tolerance): void {
  it.each(table)('$name', async ({ visible, hidden, oracle }) => {
    const { machine } = oracle;
    const offsets = Object.fromEntries(
      Object.entries(machine.init(key(1)) as Params).filter(([name]) => name.endsWith('Offset')),
    );
    const params = tensorsOf(oracle.params, offsets);
    const own = params as unknown as RbmParameters<string, string>;
    const v = tensor(
      oracle.v.map((x) => [...x]),
      undefined,
      visible.isBool ? 'bool' : 'float32',
    );
    const h = tensor(
      oracle.h.map((x) => [...x]),
      undefined,
      hidden.isBool ? 'bool' : 'float32',
    );
    expectCloseTo(readSync(machine.freeEnergy(own, v)), oracle.freeEnergy, tolerance, 'free energy');
    expectCloseTo(
      readSync(machine.jointEnergy(own, { visible: v, hidden: h })),
      oracle.jointEnergy,
      tolerance,
      'joint energy',
    );
    expectCloseTo(readSync(machine.hiddenMean(own, v)), oracle.hiddenMean, tolerance, 'hidden mean');
    expectCloseTo(readSync(machine.visibleMean(own, h, v)), oracle.visibleMean, tolerance, 'visible mean');

    const slope = grad((p: Params) => sum(mul(machine.freeEnergy(p as never, v), tensor([1, 2, 3]))))(params);
    const found = names(oracle.plain).flatMap((name) => [...readSync(slope[name] as Tensor)]);
    expectCloseTo(found, oracle.slopes, tolerance, 'gradient');

    if (oracle.logZ === undefined)
      await expect(exactLogZ(machine, own)).rejects.toThrow('must have at most 2^24 states');
    else
      for (const [side, layer] of [
        ['visible', oracle.plain.visible],
        ['hidden', oracle.plain.hidden],
      ] as const)
        if (layer.isCountable)
          expectCloseTo(
            [await exactLogZ(oracle.ofLength3, own, { side })],
            [oracle.logZ],
            tolerance,
            `logZ by ${side}`,
          );
  });
}

onEach('every pair of unit types, against sums and quadrature,', [float64], () => {
  suite({ relative: 1e-9, absolute: 1e-9 });
});
onEach('every pair of unit types, in single precision,', [compiled, tensorflow], () => {
  suite({ relative: 2e-5, absolute: 2e-5 });
});
