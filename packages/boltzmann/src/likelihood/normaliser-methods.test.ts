import {
  annealedImportanceSampling,
  bridgeSampling,
  crooks,
  jarzynski,
  type LogZEstimate,
  sampleLadder,
  steppingStone,
  temperedSmc,
  thermodynamicIntegration,
} from '@ebmkit/samplers';
import { fillUniform, free, key, readSync, reference, type Tensor, tensor, useBackend } from '@ebmkit/tensor';
import { wasm } from '@ebmkit/tensor-wasm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { drawFromBiases } from '../rbm/layers.js';
import { rbm } from '../rbm/rbm.js';
import { bernoulli } from '../units/bernoulli.js';
import { annealedMachine, baseRate, baseRateLogZ } from './annealed-machine.js';
import { exactLogZ } from './exact-log-z.js';

const [visible, hidden] = [10, 6];
const machine = rbm({ visible: bernoulli(visible), hidden: bernoulli(hidden) });

/** Numbers that look normal, with a spread. */
function spread(size: number, scale: number, phase: number): Float32Array {
  return Float32Array.from({ length: size }, (_, i) => {
    const x = Math.sin((i + 1) * 12.9898 + phase) * 43758.5453;
    return scale * 3.4 * (x - Math.floor(x) - 0.5);
  });
}

const load = () => ({
  weight: tensor(spread(visible * hidden, 0.8, 1), [visible, hidden]),
  visibleBias: tensor(spread(visible, 0.5, 2)),
  hiddenBias: tensor(spread(hidden, 0.5, 3)),
});

/** Every visible state. */
const allStates = (): Tensor =>
  tensor(
    Array.from({ length: 2 ** visible }, (_, s) => Array.from({ length: visible }, (_, i) => ((s >> i) & 1) === 1)),
  );

/** Exact independent draws by inverting the distribution function. */
function exactDraws(energies: ArrayLike<number>, seed: number, count: number): Tensor {
  const weights = Array.from(energies, (e) => Math.exp(-e));
  const total = weights.reduce((a, b) => a + b, 0);
  const u = new Float64Array(count);
  fillUniform(key(seed).words, u);
  const states = Array.from(u, (at) => {
    let rest = at * total;
    return Math.max(
      0,
      weights.findIndex((w) => {
        rest -= w;
        return rest < 0;
      }),
    );
  });
  return tensor(states.map((s) => Array.from({ length: visible }, (_, i) => ((s >> i) & 1) === 1)));
}

beforeAll(() => useBackend(wasm({ threads: 1 })));
afterAll(() => useBackend(reference()));

test('every method finds the normaliser of a machine within 3 of its standard errors, for 20 keys', async () => {
  const params = load();
  const truth = await exactLogZ(machine, params);
  const base = baseRate(machine, params, {});
  const start = {
    logZ: await baseRateLogZ(machine, base),
    draw: (k: ReturnType<typeof key>, count: number) => drawFromBiases(machine.visible, base.visible, k, count),
  };
  const path = annealedMachine(machine, params, base);
  const states = allStates();
  const energies = readSync(machine.energy(params, states));
  const found = new Map<string, LogZEstimate[]>();
  for (let seed = 0; seed < 20; seed++) {
    const common = { path, base: start, key: key(seed) };
    const targetDraws = exactDraws(energies, 500 + seed, 64);
    const annealed = await annealedImportanceSampling({ ...common, betas: 40, chains: 64, targetDraws });
    free(targetDraws);
    const ladder = await sampleLadder({ ...common, betas: 8, chains: 24, steps: 100 });
    const work = annealed.forward.logWeights.map((w) => -w);
    const all: Record<string, LogZEstimate> = {
      annealed,
      smc: await temperedSmc({ ...common, particles: 40, islands: 32, moves: 6 }),
      integration: thermodynamicIntegration(ladder),
      stone: steppingStone(ladder),
      bridge: bridgeSampling(ladder),
      jarzynski: jarzynski(work, start.logZ),
      crooks: crooks(work, annealed.reverse?.logWeights.map((w) => -w) ?? [], start.logZ),
    };
    for (const [name, estimate] of Object.entries(all)) found.set(name, [...(found.get(name) ?? []), estimate]);
  }
  for (const [name, estimates] of found) {
    const scores = estimates.map(({ logZ, standardError }) => (logZ - truth) / standardError);
    const said = `${name}: ${scores.map((z) => z.toFixed(1)).join(' ')}`;
    expect(Math.max(...scores.map(Math.abs)), said).toBeLessThan(3);
    expect(Math.sqrt(scores.reduce((sum, z) => sum + z * z, 0) / 20), said).toBeGreaterThan(0.4);
    expect(estimates.filter(({ lower, upper }) => lower <= truth && truth <= upper).length).toBeGreaterThanOrEqual(18);
    expect(Math.max(...estimates.map(({ standardError }) => standardError)), name).toBeLessThan(0.3);
  }
}, 300_000);
