import { grad, key, memory, readSync, reference, sum, type Tensor, tensor, useBackend } from '@ebmkit/tensor';
import { tfjs } from '@ebmkit/tensor-tfjs';
import { wasm } from '@ebmkit/tensor-wasm';
import { expectCloseTo, onEach } from '@ebmkit/test-kit';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { denseMemory, hopfield, retrieve, type SpinMemory } from '../index.js';

const size = 6;
const patterns = [
  [1, 1, 1, -1, -1, -1],
  [1, -1, 1, -1, 1, -1],
  [1, 1, -1, 1, 1, 1],
];
const bias = [0.3, -0.2, 0, 0.5, -0.7, 0.1];

/** All states of six spins. */
const everyState = Array.from({ length: 2 ** size }, (_, s) =>
  Array.from({ length: size }, (__, i) => ((s >> i) & 1 ? 1 : -1)),
);
const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((s, x, i) => s + x * (b[i] as number), 0);
const flipped = (x: readonly number[], site: number): number[] => x.map((v, i) => (i === site ? -v : v));

/** The classic energy by its sums over pairs of units. */
function pairEnergy(couplings: (i: number, j: number) => number, x: readonly number[]): number {
  let energy = -dot(bias, x);
  for (let i = 0; i < size; i++)
    for (let j = 0; j < i; j++) energy -= couplings(i, j) * (x[i] as number) * (x[j] as number);
  return energy;
}
const at = (pattern: readonly number[], i: number): number => pattern[i] as number;
const hebbian = (i: number, j: number): number =>
  patterns.reduce((total, pattern) => total + at(pattern, i) * at(pattern, j), 0) / size;

/** The projection to the span of the first two patterns, whose Gram matrix is inverted by hand. */
function projection(i: number, j: number): number {
  const [a, b] = patterns as [number[], number[]];
  const [aa, ab, bb] = [dot(a, a), dot(a, b), dot(b, b)];
  const terms = bb * at(a, i) * at(a, j) - ab * (at(a, i) * at(b, j) + at(b, i) * at(a, j)) + aa * at(b, i) * at(b, j);
  return terms / (aa * bb - ab * ab);
}

const memories: readonly (readonly [string, () => SpinMemory, (x: readonly number[]) => number])[] = [
  ['Hebbian', () => hopfield(patterns, { bias }), (x) => pairEnergy(hebbian, x)],
  ['projection', () => hopfield(patterns.slice(0, 2), { rule: 'projection', bias }), (x) => pairEnergy(projection, x)],
  [
    'of power 3',
    () => denseMemory(patterns, { power: 3 }),
    (x) => -2 * patterns.reduce((total, pattern) => total + (dot(pattern, x) / 6) ** 3, 0),
  ],
  [
    'of power 4, rectified',
    () => denseMemory(patterns, { power: 4, rectified: true }),
    (x) => -1.5 * patterns.reduce((total, pattern) => total + Math.max(0, dot(pattern, x) / 6) ** 4, 0),
  ],
  [
    'exponential',
    () => denseMemory(patterns, { power: 'exponential' }),
    (x) => -Math.log(patterns.reduce((total, pattern) => total + Math.exp(dot(pattern, x)), 0)),
  ],
];

describe.each(memories)('a memory, %s', (_, make, energyOf) => {
  beforeAll(async () => {
    await useBackend(reference({ precision: 'float64' }));
  });

  it('has the energy and the flip differences of its definition at every state', () => {
    const [spins, states] = [make(), tensor(everyState)];
    expectCloseTo(readSync(spins.energy(states)), everyState.map(energyOf), { absolute: 1e-12 });
    const differences = everyState.flatMap((x) => x.map((__, i) => energyOf(flipped(x, i)) - energyOf(x)));
    expectCloseTo(readSync(spins.flipDifferences(states)), differences, { absolute: 1e-12 });
  });

  it('flips the units that lower the energy, together or alone', () => {
    const [spins, states] = [make(), tensor(everyState)];
    const gain = (x: readonly number[], i: number): number => energyOf(x) - energyOf(flipped(x, i));
    const isTie = (x: readonly number[], i: number): boolean => Math.abs(gain(x, i)) < 1e-12;
    const together = readSync(spins.update(states));
    everyState.forEach((x, n) => {
      x.forEach((v, i) => {
        if (!isTie(x, i)) expect(together[n * size + i]).toBe(gain(x, i) > 0 ? -v : v);
      });
    });
    for (const site of [0, 4]) {
      const alone = readSync(spins.updateSite(states, tensor(site, [], 'int32')));
      everyState.forEach((x, n) => {
        if (isTie(x, site)) return;
        expect(Array.from(alone.slice(n * size, (n + 1) * size))).toEqual(gain(x, site) > 0 ? flipped(x, site) : x);
      });
    }
  });

  it('has the gradient of its energy, and frees what it makes', () => {
    const spins = make();
    const x = tensor([[0.3, -0.9, 1, 0.2, -0.4, 0.8], everyState[11] as number[]]);
    const before = memory().tensors;
    const made = [spins.energy(x), spins.gradient?.(x), spins.flipDifferences(x), spins.update(x)];
    expect(memory().tensors).toBe(before + made.length);
    const automatic = grad((y: Tensor) => sum(spins.energy(y)))(x);
    expectCloseTo(readSync(made[1] as Tensor), readSync(automatic), { absolute: 1e-12 });
  });
});

describe('the classic network', () => {
  beforeAll(async () => {
    await useBackend(reference({ precision: 'float64' }));
  });

  it('is the dense memory of power 2 with the Hebbian rule, up to a constant', () => {
    const states = tensor(everyState);
    const classic = readSync(hopfield(patterns).energy(states));
    const dense = readSync(denseMemory(patterns, { power: 2 }).energy(states));
    expectCloseTo(
      dense,
      Array.from(classic, (e) => e - patterns.length / 2),
      { absolute: 1e-12 },
    );
  });

  it('by the projection rule keeps every pattern, also when some depend on others', async () => {
    const related = [...patterns, patterns[0]?.map((v) => -v) as number[]];
    const { states, status, steps } = await retrieve(hopfield(related, { rule: 'projection' }), tensor(related), {
      steps: 2,
    });
    expect(Array.from(states.data)).toEqual(related.flat());
    expect(status).toEqual(related.map(() => 'converged'));
    expect(Array.from(steps)).toEqual([0, 0, 0, 0]);
  });

  it('says what is wrong with patterns, rules and biases', () => {
    expect(() => hopfield([])).toThrow(/hopfield: expected at least one pattern, all of one length, got lengths \[\]/);
    expect(() => hopfield([[1, -1], [1]])).toThrow(/got lengths \[2, 1\]/);
    expect(() => hopfield([[1, 0]])).toThrow(/expected patterns of -1 and 1, got 0 in pattern 0. Write bits b as/);
    expect(() => hopfield([[1, Number.NaN]])).toThrow(/expected finite numbers, got NaN in pattern 0/);
    expect(() => hopfield([[1, -1]], { bias: [1] })).toThrow(/expected a bias of 2 finite numbers/);
    expect(() => hopfield([[1, -1]], { rule: 'storkey' as 'hebbian' })).toThrow(/rule must be 'hebbian' or/);
    expect(() => denseMemory([[1, -1]], { power: 1 })).toThrow(/power must be a whole number of at least 2 or/);
    expect(() => denseMemory([[1, -1]], { power: 'exponential', rectified: true })).toThrow(/cannot be rectified/);
    expect(() => hopfield([[1, -1]]).energy(tensor([[1, 1, 1]]))).toThrow(/hopfield.energy: expected \[n, 2\]/);
  });
});

/** A random memory of spins, and a state. */
const anyMemory = fc
  .record({
    units: fc.integer({ min: 2, max: 9 }),
    count: fc.integer({ min: 1, max: 5 }),
    kind: fc.constantFrom('hebbian', 'projection', 3, 4, 'exponential'),
    bits: fc.infiniteStream(fc.boolean()),
    order: fc.nat(),
  })
  .map(({ units, count, kind, bits, order }) => {
    const spins = (n: number) => Array.from({ length: n }, () => (bits.next().value ? 1 : -1));
    const stored = Array.from({ length: count }, () => spins(units));
    const made =
      kind === 'hebbian' || kind === 'projection'
        ? hopfield(stored, { rule: kind, bias: spins(units).map((b) => b / 8) })
        : denseMemory(stored, { power: kind as number | 'exponential' });
    return { memory: made, cue: spins(units), order };
  });

it('units updated one by one never raise the energy and end in a minimum under single flips', async () => {
  await useBackend(reference({ precision: 'float64' }));
  await fc.assert(
    fc.asyncProperty(anyMemory, async ({ memory: spins, cue, order }) => {
      let x = tensor([cue]);
      let energy = readSync(spins.energy(x))[0] as number;
      for (let site = 0; site < spins.size; site++) {
        x = spins.updateSite(x, tensor(site, [], 'int32'));
        const next = readSync(spins.energy(x))[0] as number;
        expect(next).toBeLessThanOrEqual(energy + 1e-12);
        energy = next;
      }
      const { states, energies, status } = await retrieve(spins, tensor([cue]), { steps: 100, key: key(order) });
      expect(status).toEqual(['converged']);
      expect(energies[0]).toBeLessThanOrEqual((readSync(spins.energy(tensor([cue])))[0] as number) + 1e-12);
      const differences = readSync(spins.flipDifferences(tensor(states.data, [1, spins.size])));
      expect(Array.from(differences).every((difference) => difference > -1e-12)).toBe(true);
    }),
    { numRuns: 30, seed: 7 },
  );
});

const backends = [
  { name: 'wasm', make: () => wasm({ threads: 1 }) },
  { name: 'tfjs wasm', make: () => tfjs('wasm') },
];

onEach('memories of spins', backends, () => {
  it.each(memories)('have their energies in single precision, %s', (_, make, energyOf) => {
    const [spins, states] = [make(), tensor(everyState)];
    expectCloseTo(readSync(spins.energy(states)), everyState.map(energyOf), { absolute: 2e-6, relative: 1e-6 });
    const differences = everyState.flatMap((x) => x.map((__, i) => energyOf(flipped(x, i)) - energyOf(x)));
    expectCloseTo(readSync(spins.flipDifferences(states)), differences, { absolute: 3e-6, relative: 1e-6 });
  });
});
