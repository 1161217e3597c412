import { fillNormal, key, memory, readSync, split, tensor, useBackend } from '@ebmkit/tensor';
import { wasm } from '@ebmkit/tensor-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { allStates } from '../../fixtures/lattice-enumeration.js';
import {
  binning,
  checkerboard,
  isingLattice,
  type Lattice,
  latticeObservables,
  measureLattice,
  pottsLattice,
  swendsenWang,
  wolff,
} from '../index.js';
import { jackknife } from './jackknife.js';

beforeAll(async () => {
  await useBackend(wasm({ threads: 1 }));
});

/** A chain of normal numbers of variance 1, each `memory` times the one before plus noise. */
function autoregressive(seed: number, length: number, share: number): Float64Array {
  const noise = new Float64Array(length);
  fillNormal(key(seed).words, noise);
  for (let i = 1; i < length; i++)
    noise[i] = share * (noise[i - 1] as number) + Math.sqrt(1 - share ** 2) * (noise[i] as number);
  return noise;
}

describe('binning', () => {
  it.each([
    [0, 4000],
    [0.5, 8000],
    [0.9, 40000],
  ])('finds the autocorrelation time of a series with memory %d', (share, length) => {
    const exact = (1 + share) / (1 - share);
    const chains = Array.from({ length: 5 }, (_, c) => autoregressive(c + 1, length, share));
    const all = binning(chains);
    expect(all.status).toBe('ok');
    expect(all.autocorrelationTime / exact).toBeGreaterThan(0.85);
    expect(all.autocorrelationTime / exact).toBeLessThan(1.15);
    const error = Math.sqrt(exact / (5 * length));
    expect(Math.abs(all.standardError / error - 1)).toBeLessThan(0.08);
    expect(Math.abs(all.mean)).toBeLessThan(5 * error);
    // One chain knows the same with less precision.
    const one = binning(chains[0] as Float64Array);
    expect(Math.abs(one.standardError / (error * Math.sqrt(5)) - 1)).toBeLessThan(0.2);
    expect(one.levels.map(({ blockLength }) => blockLength).slice(0, 4)).toEqual([1, 2, 4, 8]);
  });

  it('says when a series is too short', () => {
    expect(binning(autoregressive(1, 300, 0.99)).status).toBe('short');
  });

  it('takes equal numbers and NaN as they are', () => {
    expect(binning([2, 2, 2, 2])).toMatchObject({ mean: 2, standardError: 0, autocorrelationTime: 1 });
    expect(binning([1, Number.NaN, 2, 3]).standardError).toBeNaN();
    expect(() => binning([])).toThrow('binning: expected a series of numbers');
    expect(() => binning([[1, 2], [1]])).toThrow('got lengths 2, 1');
  });

  it('has the error of a function of means by the jackknife', () => {
    const noise = autoregressive(3, 20000, 0).map((x) => x + 2);
    const { value, standardError } = jackknife([noise, noise.map((x) => x ** 2)], (m, s) => s - m ** 2);
    expect(value).toBeCloseTo(1, 1);
    // The variance of a sample variance of normal numbers is 2 / n.
    expect(Math.abs(standardError / Math.sqrt(2 / 20000) - 1)).toBeLessThan(0.05);
  });
});

/** The observables by their definitions, with vectors to the corners of a simplex for Potts states. */
function byDefinition(lattice: Lattice, x: readonly number[]) {
  const values = lattice.kind === 'ising' ? 2 : lattice.states;
  const longest = Math.max(...lattice.size);
  const component = (value: number, a: number): number => (value === a ? 1 : 0) - 1 / values;
  const scale = values / (values - 1);
  const strides = lattice.size.map((_, axis) => lattice.size.slice(axis + 1).reduce((p, s) => p * s, 1));
  const structure = (axis: number, k: number): number => {
    let total = 0;
    for (let a = 0; a < values; a++) {
      let [real, imaginary] = [0, 0];
      x.forEach((value, site) => {
        const place = Math.floor(site / (strides[axis] as number)) % (lattice.size[axis] as number);
        real += component(value, a) * Math.cos(k * place);
        imaginary += component(value, a) * Math.sin(k * place);
      });
      total += real ** 2 + imaginary ** 2;
    }
    return (scale * total) / x.length;
  };
  const axes = lattice.size.flatMap((side, axis) => (side === longest ? [axis] : []));
  const smallest = (2 * Math.PI) / longest;
  return {
    m2: structure(0, 0) / x.length,
    structureFactor: axes.reduce((sum, axis) => sum + structure(axis, smallest), 0) / axes.length,
  };
}

describe('observables', () => {
  it.each([
    ['Ising', isingLattice({ size: [4, 4], field: 0.3, beta: 1 })],
    ['Ising in 3-D', isingLattice({ size: [4, 2, 4], coupling: -2, beta: 1 })],
    ['Potts', pottsLattice({ size: [3, 6], states: 4, beta: 0.5 })],
  ] as const)('are what they are defined as: %s', (_, lattice) => {
    const x = lattice.random(key(1), 5);
    const flat = Array.from(readSync(x));
    const { energy, magnetisation, structureFactor } = latticeObservables(lattice, flat);
    const energies = readSync(lattice.energy(x));
    energy.forEach((value, n) => {
      const own = flat.slice(n * lattice.sites, (n + 1) * lattice.sites);
      const wanted = byDefinition(lattice, own);
      expect(value * lattice.beta).toBeCloseTo(energies[n] as number, 4);
      expect((magnetisation[n] as number) ** 2).toBeCloseTo(wanted.m2, 12);
      expect(structureFactor[n]).toBeCloseTo(wanted.structureFactor, 12);
      if (lattice.kind === 'ising')
        expect(magnetisation[n]).toBeCloseTo(own.reduce((sum, v) => sum + 2 * v - 1, 0) / own.length, 12);
    });
  });
});

/** Every measured number by adding up all states. */
function exactTable(lattice: Lattice) {
  let [norm, e, e2, m, m2, m4, s] = [0, 0, 0, 0, 0, 0, 0];
  const { sites, beta } = lattice;
  const isField = lattice.kind === 'ising' && lattice.field !== 0;
  for (const { energy, x } of allStates(lattice)) {
    const weight = Math.exp(-beta * energy);
    const seen = byDefinition(lattice, x);
    const signed = (2 * x.reduce((a, b) => a + b, 0)) / sites - 1;
    norm += weight;
    e += (weight * energy) / sites;
    e2 += weight * (energy / sites) ** 2;
    m += weight * (isField ? signed : Math.sqrt(seen.m2));
    m2 += weight * seen.m2;
    m4 += weight * seen.m2 ** 2;
    s += weight * seen.structureFactor;
  }
  const wave = Math.PI / Math.max(...lattice.size);
  return {
    energy: e / norm,
    magnetisation: m / norm,
    heatCapacity: beta ** 2 * sites * (e2 / norm - (e / norm) ** 2),
    susceptibility: beta * sites * (m2 / norm - (m / norm) ** 2),
    binderCumulant: 1 - (m4 * norm) / (3 * m2 ** 2),
    correlationLength: Math.sqrt((sites * m2) / s - 1) / (2 * Math.sin(wave)),
  };
}

describe('measureLattice', () => {
  it.each([
    ['Ising', isingLattice({ size: [3, 4], beta: 0.3 })],
    ['a field', isingLattice({ size: [4, 3], field: 0.2, beta: 0.3 })],
    ['Potts', pottsLattice({ size: [2, 4], states: 3, beta: 0.6 })],
    ['Ising in 3-D', isingLattice({ size: [2, 2, 4], beta: 0.12 })],
    ['Ising in 3-D, of equal sides', isingLattice({ size: [2, 2, 2], beta: 0.1 })],
  ] as const)('agrees with enumeration: %s', async (_, lattice) => {
    const before = memory().tensors;
    const found = await measureLattice(lattice, {
      kernel: swendsenWang(lattice),
      chains: 20,
      steps: 1500,
      warmup: 20,
      key: key(7),
    });
    expect(memory().tensors).toBe(before);
    expect(found.status).toBe('ok');
    const exact = exactTable(lattice);
    for (const [name, value] of Object.entries(exact)) {
      const measured = found[name as keyof typeof exact];
      expect(Math.abs(measured.value - value), `${name} ${measured.value} of ${value}`).toBeLessThan(
        5 * measured.standardError,
      );
      expect(measured.standardError / Math.abs(value), `error of ${name}`).toBeLessThan(0.06);
      expect(measured.autocorrelationTime).toBeGreaterThan(0.7);
      expect(measured.autocorrelationTime).toBeLessThan(20);
    }
  });

  it('has error bars that hold: 40 runs spread as each says', async () => {
    const lattice = isingLattice({ size: [6, 6], beta: 0.4 });
    const runs = [];
    for (const own of split(key(3), 40))
      runs.push(
        await measureLattice(lattice, { kernel: checkerboard(lattice), chains: 4, steps: 400, warmup: 50, key: own }),
      );
    for (const name of ['energy', 'heatCapacity', 'binderCumulant'] as const) {
      const values = runs.map((one) => one[name].value);
      const mean = values.reduce((a, b) => a + b, 0) / values.length;
      const spread = Math.sqrt(values.reduce((s, v) => s + (v - mean) ** 2, 0) / (values.length - 1));
      const said = Math.sqrt(runs.reduce((s, one) => s + one[name].standardError ** 2, 0) / runs.length);
      // A spread of 40 values is known to 11 %.
      expect(said / spread, name).toBeGreaterThan(0.65);
      expect(said / spread, name).toBeLessThan(1.5);
    }
  });

  it('counts times in steps of the kernel and keeps the series for reweighting', async () => {
    const lattice = isingLattice({ size: [4, 4], beta: 0.4 });
    const options = { kernel: checkerboard(lattice), chains: 3, warmup: 10, key: key(1) };
    const every = await measureLattice(lattice, { ...options, steps: 4000 });
    const fifth = await measureLattice(lattice, { ...options, steps: 4000, thin: 4 });
    expect(fifth.energy.autocorrelationTime / every.energy.autocorrelationTime).toBeGreaterThan(0.6);
    expect(fifth.energy.autocorrelationTime / every.energy.autocorrelationTime).toBeLessThan(1.7);
    const again = await measureLattice(lattice, { ...options, steps: 1000, thin: 4 });
    expect((again.run.energies as Float64Array[])[1]).toEqual(
      (fifth.run.energies as Float64Array[])[1]?.slice(0, 1000),
    );
    expect(again.run.beta).toBe(0.4);
    expect(Object.keys(again.run.observables ?? {})).toEqual(['magnetisation', 'm2', 'm4']);
  });

  it('begins where it is told, reports and can be aborted', async () => {
    const lattice = isingLattice({ size: [4, 4], beta: 0 });
    // Two stripes: at a low temperature nothing moves, because every move costs energy.
    const start = tensor(
      new Uint8Array(32).map((_, site) => Number(site % 16 < 8)),
      [2, 4, 4],
    );
    const before = memory().tensors;
    const seen: number[] = [];
    const { run } = await measureLattice(lattice, {
      kernel: checkerboard(lattice.at(50), { update: 'metropolis' }),
      chains: 2,
      steps: 2,
      start,
      key: key(1),
      onProgress: ({ step }) => seen.push(step),
    });
    expect(run.energies).toEqual([new Float64Array([-16, -16]), new Float64Array([-16, -16])]);
    expect(seen.at(-1)).toBe(2);
    const options = { kernel: wolff(lattice), chains: 2, steps: 5, start, key: key(1) };
    await expect(measureLattice(lattice, { ...options, signal: AbortSignal.abort('enough') })).rejects.toMatchObject({
      code: 'aborted',
      message: 'measureLattice: aborted after 0 of 5 steps.',
    });
    await expect(measureLattice(lattice, { ...options, chains: 3 })).rejects.toThrow('start has 2 chains');
    await expect(measureLattice(lattice, { ...options, steps: 1 })).rejects.toThrow('steps must be a whole number');
    await expect(measureLattice(lattice, { ...options, thin: 0 })).rejects.toThrow('thin must be a whole number');
    expect(memory().tensors).toBe(before);
  });
});
