import { type GibbsState, type Kernel, type MoveInfo, run } from '@ebmkit/samplers';
import {
  cast,
  key,
  mean,
  mul,
  oneHot,
  readSync,
  reshape,
  slice,
  square,
  stack,
  sum,
  type Tensor,
  tensor,
} from '@ebmkit/tensor';
import { tfjs } from '@ebmkit/tensor-tfjs';
import { wasm } from '@ebmkit/tensor-wasm';
import { describeKernel, onEach } from '@ebmkit/test-kit';
import { describe, expect, it } from 'vitest';
import { allStates, distributionOf, type PlainState, plainEnergy } from '../../fixtures/lattice-enumeration.js';
import { checkerboard, isingLattice, type Lattice, pottsLattice, swendsenWang, wolff } from '../index.js';
import { transitionTable } from './checkerboard.js';
import { clusterModel } from './clusters.js';
import { perWord } from './random-words.js';

const backends = [
  { name: 'wasm', make: () => wasm({ threads: 1 }) },
  { name: 'tfjs wasm', make: () => tfjs('wasm') },
];
const onWasm = backends.slice(0, 1);
const chains = 64;

type LatticeKernel = Kernel<Tensor, GibbsState<Tensor>, MoveInfo>;

const lattices = {
  ising: isingLattice({ size: [4, 4], beta: 0.35 }),
  inField: isingLattice({ size: [4, 4], field: 0.2, beta: 0.25 }),
  antiferromagnet: isingLattice({ size: [4, 4], coupling: -1, field: 0.6, beta: 0.3 }),
  cube: isingLattice({ size: [2, 2, 4], field: 0.3, beta: 0.15 }),
  narrow: isingLattice({ size: [3, 5], beta: 0.4 }),
  potts: pottsLattice({ size: [2, 4], states: 3, beta: 0.8 }),
  pottsPair: pottsLattice({ size: [2, 2], states: 4, coupling: 1.5, beta: 0.4 }),
  pottsCube: pottsLattice({ size: [2, 2, 2], states: 3, beta: 0.3 }),
} satisfies Record<string, Lattice>;

/** Everything that symmetry leaves to be seen in one number: the energy, and how many sites have the value 1. */
const outcomeOf = ({ energy, x }: PlainState): number =>
  Number((energy * 100 + x.filter((value) => value === 1).length).toFixed(6));

/** Distributions that were enumerated already. */
const exactOf = new Map<Lattice, ReadonlyMap<number, number>>();

/** Runs chains from aligned states and compares how often each outcome came with enumeration, to 5 sigma of the spread of the chains. */
async function expectDistribution(lattice: Lattice, kernel: LatticeKernel, steps: number): Promise<void> {
  const exact = exactOf.get(lattice) ?? distributionOf(lattice, outcomeOf);
  exactOf.set(lattice, exact);
  const seen = Array.from({ length: chains }, () => new Map<number, number>());
  const warmup = 50;
  await run(kernel, lattice.aligned(chains), {
    steps: warmup + steps,
    key: key(4),
    observe: ({ state }, step) => {
      if (step < warmup) return null;
      const flat = readSync(state.position);
      seen.forEach((counts, c) => {
        const x = Array.from(flat.subarray(c * lattice.sites, (c + 1) * lattice.sites));
        const outcome = outcomeOf({ energy: plainEnergy(lattice, x), x });
        counts.set(outcome, (counts.get(outcome) ?? 0) + 1 / steps);
      });
      return null;
    },
  });
  for (const counts of seen) for (const outcome of counts.keys()) expect(exact.has(outcome)).toBe(true);
  let tested = 0;
  for (const [outcome, p] of exact) {
    // Rarer outcomes come too seldom for their spread to be known.
    if (p * steps * chains < 200) continue;
    const shares = seen.map((counts) => counts.get(outcome) ?? 0);
    const mean = shares.reduce((a, b) => a + b, 0) / chains;
    const error = Math.sqrt(shares.reduce((s, x) => s + (x - mean) ** 2, 0) / (chains - 1) / chains);
    expect(Math.abs(mean - p), `outcome ${outcome} of probability ${p}: ${mean}`).toBeLessThan(5 * error);
    tested++;
  }
  expect(tested).toBeGreaterThan(3);
}

/** The energy per site and its square, how often the values agree, and the first site. */
function statisticsOf(lattice: Lattice) {
  const values = lattice.kind === 'ising' ? 2 : lattice.states;
  const ofTensor = (x: Tensor): Tensor => {
    const shares = mean(cast(oneHot(cast(x, 'int32'), values), 'float32'), [1, 2]);
    const energy = mul(lattice.energy(x), 1 / lattice.sites);
    const first = cast(slice(reshape(x, [x.shape[0] as number, lattice.sites]), [0, 0], [-1, 1]), 'float32');
    return stack([energy, square(energy), sum(square(shares), 1), reshape(first, energy.shape)], 1);
  };
  const expected = [0, 0, 0, 0];
  let total = 0;
  for (const { energy, x } of allStates(lattice)) {
    const weight = Math.exp(-lattice.beta * energy);
    const counts = Array.from({ length: values }, (_, value) => x.filter((own) => own === value).length);
    const e = (lattice.beta * energy) / lattice.sites;
    total += weight;
    [e, e ** 2, counts.reduce((s, n) => s + (n / lattice.sites) ** 2, 0), x[0] as number].forEach((value, i) => {
      expected[i] = (expected[i] as number) + weight * value;
    });
  }
  return { ofTensor, expected: expected.map((sum) => sum / total) };
}

describe.each(Object.entries(lattices))('on the lattice %s', (_, lattice: Lattice) => {
  onEach('energies', backends, () => {
    it('are those of all bonds, relaxed or not', () => {
      const x = lattice.random(key(1), 20);
      const values = lattice.kind === 'ising' ? 2 : lattice.states;
      const flat = Array.from(readSync(x));
      expect(new Set(flat)).toEqual(new Set(Array.from({ length: values }, (_, v) => v)));
      const found = readSync(lattice.energy(x));
      const relaxed = readSync(
        lattice.kind === 'ising'
          ? lattice.energy(cast(x, 'float32'))
          : (lattice.relaxed as (x: Tensor) => Tensor)(cast(oneHot(x, values), 'float32')),
      );
      found.forEach((energy, n) => {
        const own = flat.slice(n * lattice.sites, (n + 1) * lattice.sites);
        expect(energy).toBeCloseTo(lattice.beta * plainEnergy(lattice, own), 4);
        expect(relaxed[n]).toBeCloseTo(energy, 4);
      });
    });
  });
});

const makers = [
  ['heat bath', (lattice) => checkerboard(lattice)],
  ['Metropolis', (lattice) => checkerboard(lattice, { update: 'metropolis', sweeps: 2 })],
  ['Wolff', (lattice) => wolff(lattice, { clusters: 3 })],
  ['Swendsen-Wang', (lattice) => swendsenWang(lattice)],
] as const satisfies readonly (readonly [string, (lattice: Lattice) => LatticeKernel])[];
/** Checkerboards want even sides, and clusters of a Potts lattice a ferromagnet. */
const cases = Object.entries(lattices).flatMap(([name, lattice]) =>
  makers.flatMap(([maker, make]) =>
    name === 'narrow' && !/Wolff|Swendsen/.test(maker) ? [] : [[`${maker}, ${name}`, lattice, make] as const],
  ),
);

onEach('the distribution of energy and magnetisation', onWasm, () => {
  it.each(cases)('%s', async (_, lattice, make) => {
    await expectDistribution(lattice, make(lattice), 150);
  });
});

onEach('the distribution of energy and magnetisation', backends.slice(1), () => {
  it.each(cases.filter(([name]) => /inField|potts$/.test(name)))('%s', async (_, lattice, make) => {
    await expectDistribution(lattice, make(lattice), 80);
  });
});

/** A kernel of each kind, and the backends on which its contract is tested: that TensorFlow.js runs it is seen above. */
const contracts = [
  ['heat bath', lattices.inField, 0, backends],
  ['Potts heat bath', lattices.potts, 0, onWasm],
  ['Potts Metropolis', lattices.potts, 1, onWasm],
  ['Wolff', lattices.inField, 2, onWasm],
  ['Swendsen-Wang', lattices.potts, 3, onWasm],
] as const;

for (const [name, lattice, which, on] of contracts) {
  const { ofTensor, expected } = statisticsOf(lattice);
  const make = (): LatticeKernel => makers[which][1](lattice);
  describeKernel(`${name} as a kernel`, {
    make,
    start: () => lattice.aligned(8),
    statistics: ofTensor,
    expected,
    steps: 300,
    warmup: 50,
    leastEss: 90,
    // Nothing here can fail to be finite.
    broken: () => ({ kernel: make(), start: lattice.aligned(2), diverges: [false, false] }),
    backends: on,
  });
}

describe('probabilities, exactly', () => {
  it.each(['heatBath', 'metropolis'] as const)('the table of %s is in detailed balance with the energy', (update) => {
    for (const lattice of [lattices.inField, lattices.antiferromagnet, lattices.cube]) {
      const degree = 2 * lattice.size.length;
      const table = transitionTable(lattice, update);
      for (let up = 0; up <= degree; up++) {
        // The site's part of E for spin down and up, beside `up` spins up.
        const [down, risen] = [-1, 1].map(
          (spin) => -lattice.beta * spin * (lattice.coupling * (2 * up - degree) + lattice.field),
        ) as [number, number];
        const [rise, stay] = [table[up], table[degree + 1 + up]] as [number, number];
        expect(Math.exp(-down) * rise).toBeCloseTo(Math.exp(-risen) * (1 - stay), 12);
        if (update === 'heatBath') expect(stay).toBeCloseTo(rise, 14);
        else expect(Math.max(rise, 1 - stay)).toBe(1);
      }
    }
  });

  it('a bond is there with the share of weight that its break would cost', () => {
    for (const lattice of [lattices.ising, lattices.antiferromagnet, lattices.potts, lattices.pottsPair]) {
      // Of two neighbours beside nothing else: the weight of the bad arrangement over that of the good one.
      const gap = lattice.kind === 'ising' ? 2 : 1;
      const cost = Math.exp(-lattice.beta * Math.abs(lattice.coupling) * gap);
      expect(clusterModel('test', lattice).bondThreshold * perWord).toBeCloseTo(1 - cost, 12);
    }
    expect(clusterModel('test', lattices.inField).fieldCost).toBeCloseTo(2 * 0.25 * 0.2, 14);
  });
});

describe('kernels of lattices', () => {
  it('say what they cannot do', () => {
    const odd = isingLattice({ size: [3, 4], beta: 1 });
    expect(() => checkerboard(odd)).toThrow('checkerboard: expected even sides, got [3, 4]');
    expect(() => checkerboard(lattices.ising, { sweeps: 0 })).toThrow('sweeps must be a whole number');
    expect(() => checkerboard(lattices.ising, { update: 'glauber' as 'heatBath' })).toThrow('heatBath or metropolis');
    const anti = pottsLattice({ size: [4, 4], states: 3, coupling: -1, beta: 1 });
    expect(() => wolff(anti)).toThrow('wolff: expected a Potts lattice with a coupling of at least 0, got -1');
    expect(() => swendsenWang(anti)).toThrow('Use checkerboard for antiferromagnets.');
    expect(() => wolff(lattices.ising, { clusters: 0.5 })).toThrow('clusters must be a whole number');
    expect(() => wolff(lattices.ising).init(lattices.potts.aligned(1), key(0))).toThrow('expected bool states');
    const bad = tensor(new Int32Array(8).fill(3), [1, 2, 4]);
    expect(() => wolff(lattices.potts).step(key(0), { position: bad })).toThrow('expected states of 0 … 2, got 3');
    expect(() => swendsenWang(lattices.potts).step(key(0), { position: bad })).toThrow('got 3');
  });

  it('report the sizes of clusters: their mean is the mean square of the magnetisation', async () => {
    const lattice = isingLattice({ size: [4, 4], beta: 0.3 });
    const steps = 400;
    const sizes: number[] = [];
    await run(wolff(lattice), lattice.random(key(0), chains), {
      steps,
      key: key(2),
      observe: ({ info }) => {
        sizes.push(...readSync(info.clusterSize));
        return null;
      },
    });
    const squares = distributionOf(lattice, ({ x }) => (2 * x.reduce((a, b) => a + b, 0) - 16) ** 2 / 16);
    const expected = [...squares].reduce((sum, [m2, p]) => sum + m2 * p, 0);
    const means = Array.from(
      { length: chains },
      (_, c) => sizes.filter((_, i) => i % chains === c).reduce((a, b) => a + b, 0) / steps,
    );
    const found = means.reduce((a, b) => a + b, 0) / chains;
    const error = Math.sqrt(means.reduce((s, m) => s + (m - found) ** 2, 0) / (chains - 1) / chains);
    expect(Math.abs(found - expected)).toBeLessThan(5 * error);
    expect(error / expected).toBeLessThan(0.02);
  });
});
