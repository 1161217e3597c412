import { fillUniform, key, reference, useBackend } from '@ebmkit/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  canonicalMeans,
  exactDensityOfStates,
  type HistogramRun,
  isingLattice,
  multipleHistogram,
  pottsLattice,
  wangLandau,
} from '../index.js';

beforeAll(async () => {
  await useBackend(reference());
});

const lattice = isingLattice({ size: [4, 4], beta: 1 });
const density = exactDensityOfStates(lattice);

/** Independent energies of the 4 x 4 lattice, and their sines as another quantity. */
function drawRun(beta: number, count: number, seed: number): HistogramRun {
  const { logZ } = canonicalMeans(density, beta);
  let total = 0;
  const cumulative = Array.from(density.logDensity, (log, i) => {
    total += Math.exp(log - beta * (density.energies[i] as number) - logZ);
    return total;
  });
  const uniforms = new Float64Array(count);
  fillUniform(key(seed).words, uniforms);
  const energies = Array.from(uniforms, (u) => density.energies[cumulative.findIndex((c) => u < c)] as number);
  return { beta, energies, observables: { sine: energies.map(Math.sin) }, autocorrelationTime: 1 };
}

/** The mean of the sine of the energy. */
function exactSine(beta: number): number {
  const { logZ } = canonicalMeans(density, beta);
  return density.energies.reduce(
    (sum, energy, i) => sum + Math.sin(energy) * Math.exp((density.logDensity[i] as number) - beta * energy - logZ),
    0,
  );
}

describe('the multiple-histogram method', () => {
  const betas = [0.2, 0.35, 0.5];
  const runs = betas.map((beta, i) => drawRun(beta, [4000, 8000, 3000][i] as number, i + 1));
  const combined = multipleHistogram(runs);

  it('finds the normalisers and the means between and at the runs, within errors that are small', () => {
    expect(combined.status).toBe('converged');
    expect(combined.iterations).toBeLessThan(20);
    const first = canonicalMeans(density, 0.2);
    betas.forEach((beta, i) => {
      expect(combined.logZ[i]).toBeCloseTo(combined.logZAt(beta).value, 8);
    });
    for (const beta of [0.2, 0.3, 0.42, 0.5]) {
      const exact = canonicalMeans(density, beta);
      const { energy, sine } = combined.means(beta);
      const heat = combined.estimate(beta, (m) => beta ** 2 * (m.energySquared - m.energy ** 2));
      expect(combined.means(beta).logZ).toEqual(combined.logZAt(beta));
      for (const [found, wanted, most] of [
        [combined.logZAt(beta), exact.logZ - first.logZ, 0.03],
        [energy, exact.energy, 0.15],
        [heat, exact.heatCapacity, 0.3],
        [sine, exactSine(beta), 0.02],
      ] as const) {
        expect(found).toBeDefined();
        const { value, standardError } = found as NonNullable<typeof found>;
        expect(Math.abs(value - wanted)).toBeLessThan(5 * standardError + 1e-12);
        expect(standardError).toBeLessThan(most);
      }
    }
  });

  it('has errors that hold: 60 repetitions spread as each says', () => {
    const repeated = Array.from({ length: 60 }, (_, i) =>
      multipleHistogram([drawRun(0.25, 400, 100 + 2 * i), drawRun(0.4, 400, 101 + 2 * i)], { blocks: 10 }).means(0.32),
    ).map(({ energy }) => energy);
    const mean = repeated.reduce((sum, { value }) => sum + value, 0) / 60;
    const spread = Math.sqrt(repeated.reduce((sum, { value }) => sum + (value - mean) ** 2, 0) / 59);
    const said = Math.sqrt(repeated.reduce((sum, { standardError }) => sum + standardError ** 2, 0) / 60);
    // A spread of 60 values is known to 9 %, and so is an error by 10 blocks to 2 % over all repetitions.
    expect(said / spread).toBeGreaterThan(0.7);
    expect(said / spread).toBeLessThan(1.4);
  });

  it('reweights one run by itself', () => {
    const one = multipleHistogram([drawRun(0.3, 20000, 9)]);
    const { value, standardError } = one.means(0.33).energy;
    expect(Math.abs(value - canonicalMeans(density, 0.33).energy)).toBeLessThan(5 * standardError);
    expect(one.effectiveSamples(0.3)).toBeCloseTo(20000, 6);
    expect(one.effectiveSamples(1)).toBeLessThan(2000);
  });

  it('weights samples by their autocorrelation time, and takes chains', () => {
    const single = multipleHistogram(runs.map((run) => ({ ...run, autocorrelationTime: 4 })));
    expect(single.effectiveSamples(0.35)).toBeCloseTo(combined.effectiveSamples(0.35) / 4, 6);
    const [run] = runs as [HistogramRun];
    const [energies, sine] = [run.energies, run.observables?.sine] as [number[], number[]];
    const halves = (series: number[]) => [series.slice(0, 2000), series.slice(2000)];
    const chained = { ...run, energies: halves(energies), observables: { sine: halves(sine) } };
    expect(multipleHistogram([chained]).means(0.25)).toEqual(multipleHistogram([run]).means(0.25));
    const { autocorrelationTime: _, ...unknown } = run;
    const automatic = multipleHistogram([unknown]).effectiveSamples(0.2);
    expect(automatic).toBeGreaterThan(3200);
    expect(automatic).toBeLessThan(5000);
  });

  it('says when runs have nothing in common, and then knows no error', () => {
    const ladder = (from: number) => Array.from({ length: 100 }, (_, i) => from + (i % 5));
    const cold: HistogramRun = { beta: 0.1, energies: ladder(0), autocorrelationTime: 1 };
    const warm: HistogramRun = { beta: 2, energies: ladder(1000), autocorrelationTime: 1 };
    const apart = multipleHistogram([cold, warm]);
    expect(apart.status).toBe('disconnected');
    expect(apart.message).toMatch(/less than one independent sample .* Add runs/);
    expect([apart.logZAt(2).standardError, apart.means(0.1).energy.standardError]).toEqual([Infinity, Infinity]);
    // Two runs that meet, and a third that meets neither; a chain of runs each of which meets the next.
    const near = { ...cold, beta: 0.2 };
    expect(multipleHistogram([cold, warm, near]).status).toBe('disconnected');
    expect(multipleHistogram([cold, near]).status).toBe('converged');
    const chain = [0.05, 0.2, 0.4, 0.7, 1.2].map((beta, i) => drawRun(beta, 1000, 40 + i));
    const ends = [chain[0], chain[4]] as [HistogramRun, HistogramRun];
    expect([multipleHistogram(chain).status, multipleHistogram(ends).status]).toEqual(['converged', 'disconnected']);
  });

  it('takes the observables of runs in any order', () => {
    const run = drawRun(0.2, 100, 1);
    const { energies } = run;
    const one = { ...run, observables: { a: energies, b: energies } } as HistogramRun;
    const other = { ...run, observables: { b: energies, a: energies } } as HistogramRun;
    expect(multipleHistogram([one, other]).means(0.2).a?.value).toBeCloseTo(
      multipleHistogram([run]).means(0.2).energy.value,
      9,
    );
  });

  it('says what is wrong', () => {
    const run = drawRun(0.2, 100, 1);
    expect(() => multipleHistogram([{ ...run, observables: { logZ: [1] } }])).toThrow('logZ is the name of a mean');
    expect(() => multipleHistogram([])).toThrow('expected at least one run');
    expect(() => multipleHistogram([run], { blocks: 1 })).toThrow('blocks must be a whole number of at least 2');
    expect(() => multipleHistogram([run], { blocks: 101 })).toThrow('at least 101 energies a run, got 100');
    expect(() => multipleHistogram([{ ...run, beta: Number.NaN }])).toThrow('beta must be a finite number');
    expect(() => multipleHistogram([{ ...run, autocorrelationTime: 0 }])).toThrow('must be above 0, got 0');
    expect(() => multipleHistogram([run, { ...run, observables: {} }])).toThrow('same observables, got sine and none');
    expect(() => multipleHistogram([{ ...run, observables: { sine: [1] } }])).toThrow('sine must be as long');
    expect(() => multipleHistogram([{ ...run, energies: new Array<number>(100).fill(Number.NaN) }])).toThrow('finite');
  });
});

describe('Wang-Landau', () => {
  it.each([
    ['Potts', pottsLattice({ size: [3, 4], states: 3, beta: 1 }), 'states'],
    ['an antiferromagnet', isingLattice({ size: [4, 4], coupling: -1, beta: 1 }), 'states'],
    ['ground states', isingLattice({ size: [4, 4], beta: 1 }), 'ground'],
  ] as const)('has the density of states: %s', async (_, target, normalise) => {
    const exact = exactDensityOfStates(target);
    const found = await wangLandau(target, { key: key(5), finalLogFactor: 1e-5, normalise });
    expect(found.status).toBe('converged');
    expect(found.logFactor).toBeLessThan(1e-5);
    expect([...found.energies]).toEqual([...exact.energies]);
    found.logDensity.forEach((log, i) => {
      expect(Math.abs(log - (exact.logDensity[i] as number))).toBeLessThan(0.15);
    });
    if (normalise === 'ground') expect(found.logDensity[0]).toBeCloseTo(Math.LN2, 12);
    else {
      const states = found.logDensity.reduce((sum, log) => sum + Math.exp(log), 0);
      expect(Math.log(states)).toBeCloseTo(target.sites * Math.log(target.kind === 'potts' ? 3 : 2), 10);
    }
    // All energies are visited alike, to the noise of the early stages.
    const mean = found.visits.reduce((a, b) => a + b, 0) / found.visits.length;
    found.visits.forEach((count) => {
      expect(count / mean).toBeGreaterThan(0.5);
    });
  });

  it.each([
    isingLattice({ size: [8, 8], beta: 1 }),
    isingLattice({ size: [4, 4, 4], beta: 1 }),
    pottsLattice({ size: [6, 6], states: 3, beta: 1 }),
  ])('converges in the sweeps that it allows itself: $kind $size', async (target) => {
    const { status, sweeps, energies } = await wangLandau(target, { key: key(1), finalLogFactor: 1e-4 });
    expect(status).toBe('converged');
    expect(sweeps).toBeGreaterThan(energies.length / target.sites / 1e-4);
  });

  it('says when it was to scale to ground states and met none', async () => {
    const large = isingLattice({ size: [16, 16], beta: 1 });
    const found = await wangLandau(large, { key: key(1), sweeps: 20, normalise: 'ground' });
    expect(found).toMatchObject({ status: 'no-ground', sweeps: 20 });
    expect(found.message).toMatch(/No ground state was found, so the counts are scaled to all states/);
    expect(found.energies[0]).toBeGreaterThan(-512);
    expect(found.logDensity).toEqual((await wangLandau(large, { key: key(1), sweeps: 20 })).logDensity);
  });

  it('is the same for the same key, and says when the sweeps ran out', async () => {
    const options = { key: key(1), sweeps: 300 };
    const once = await wangLandau(lattice, options);
    expect(once).toEqual(await wangLandau(lattice, options));
    expect(once).toMatchObject({ status: 'stopped', sweeps: 300 });
    expect(once.message).toMatch(/after 300 sweeps\. 0\.000001 takes about \d+ after the last new energy\. Allow more/);
    expect(once.visits.reduce((a, b) => a + b, 0)).toBe(300 * 16);
  });

  it('says what is wrong', async () => {
    const field = isingLattice({ size: [4, 4], field: 1, beta: 1 });
    await expect(wangLandau(field, { key: key(1) })).rejects.toThrow('without a field, got 1');
    await expect(wangLandau(lattice, { key: key(1), sweeps: 0 })).rejects.toThrow('sweeps must be a whole number');
    await expect(wangLandau(lattice, { key: key(1), finalLogFactor: 2 })).rejects.toThrow('between 0 and 1, got 2');
    await expect(wangLandau(lattice, { key: key(1), finalLogFactor: 0 })).rejects.toThrow('between 0 and 1, got 0');
    const anti = isingLattice({ size: [4, 4], coupling: -1, beta: 1 });
    await expect(wangLandau(anti, { key: key(1), normalise: 'ground' })).rejects.toThrow('only ferromagnets');
    const signal = AbortSignal.abort('enough');
    await expect(wangLandau(lattice, { key: key(1), signal })).rejects.toMatchObject({
      code: 'aborted',
      // Twice the 33 numbers of equal neighbours, over 16 sites and 1e-6.
      message: 'wangLandau: aborted after 0 of 4125000 sweeps.',
      cause: 'enough',
    });
  });
});
