import { bulkEss } from '@ebmkit/diagnostics';
import type { ContinuousEnergy } from '@ebmkit/energy';
import { adaptedMetric, nuts, run, warmUp } from '@ebmkit/samplers';
import { free, fromPlain, keep, key, readSync, type Tensor, tensor } from '@ebmkit/tensor';
import { normals } from '../inputs.js';
import { type Expectation, type Prepared, type Quality, workload } from '../workload.js';
import { correlatedGaussian } from './correlated-gaussian.js';
import { eightSchools, eightSchoolsMeans } from './eight-schools.js';

/** How much there is to draw, and how. */
type NutsSize = {
  /** Parallel chains. */
  readonly chains: number;
  /** Coordinates of a state. */
  readonly dim: number;
  /** Draws of each chain in a run. */
  readonly draws: number;
  /** The step size, with unit masses; 0 when each side adapts both by its own warm-up, which is not timed. */
  readonly stepSize: number;
  /** Steps before the first run: to settle, or to adapt. */
  readonly warmup: number;
  /** Whether eight schools are centred. */
  readonly centred: boolean;
};

/** Draws of all chains and what they cost. */
interface Drawn {
  readonly positions: Float32Array;
  readonly gradients: number;
}

/** The draws of one coordinate, chain by chain. */
function chainsOfCoordinate({ positions }: Drawn, { chains, dim, draws }: NutsSize, at: number): Float64Array[] {
  return Array.from({ length: chains }, (_, chain) =>
    Float64Array.from({ length: draws }, (__, step) => positions[(step * chains + chain) * dim + at] as number),
  );
}

/** The least bulk ESS over the coordinates, what it took, and the means of the first coordinates. */
function judgeDraws(drawn: Drawn, size: NutsSize, names: readonly string[], power: number): Quality {
  const all = Array.from({ length: size.dim }, (_, at) => chainsOfCoordinate(drawn, size, at));
  const minEss = Math.min(...all.map((chains) => bulkEss(chains)));
  const meansOf = (name: string, at: number) => {
    const chains = (all[at] as Float64Array[]).map((chain) => chain.map((x) => x ** power));
    const values = chains.flatMap((chain) => Array.from(chain));
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    const variance = values.reduce((s, x) => s + (x - mean) ** 2, 0) / (values.length - 1);
    return [name, { mean, error: Math.sqrt(variance / bulkEss(chains)) }] as const;
  };
  return {
    ...Object.fromEntries(names.map(meansOf)),
    minEss: { mean: minEss, error: 0 },
    gradients: { mean: drawn.gradients, error: 0 },
    essPerThousandGradients: { mean: (1000 * minEss) / drawn.gradients, error: 0 },
  };
}

/** Warms up and gives the kernel and where its chains begin. */
async function ready(target: ContinuousEnergy, { stepSize, warmup }: NutsSize, start: Tensor) {
  if (stepSize > 0) {
    const kernel = nuts(target, { stepSize });
    let end = start;
    await run(kernel, start, {
      steps: warmup,
      key: key(0),
      observe: ({ state }, at) => {
        if (at === warmup - 1) end = keep(tensor(Float32Array.from(readSync(state.position)), start.shape));
        return at;
      },
    });
    return { kernel, position: end };
  }
  const { parameters, position } = await warmUp({
    kernel: (settings) => nuts(target, settings),
    start,
    steps: warmup,
    key: key(0),
  });
  const kernel = nuts(target, { stepSize: parameters.stepSize, metric: adaptedMetric(parameters.inverseMass) });
  return { kernel, position: keep(fromPlain(position) as Tensor) };
}

async function prepareNuts(
  target: ContinuousEnergy,
  size: NutsSize,
  start: Float32Array,
  judge: (drawn: Drawn) => Quality,
): Promise<Prepared> {
  const { chains, dim, draws } = size;
  const begin = keep(tensor(start, [chains, dim]));
  const { kernel, position } = await ready(target, size, begin);
  let seed = 1;
  const draw = async (): Promise<Drawn> => {
    const positions = new Float32Array(draws * chains * dim);
    let gradients = 0;
    // `run` frees an eager kernel's programs when it ends; these are to last.
    await run({ ...kernel, clear: () => undefined }, position, {
      steps: draws,
      key: key(seed++),
      observe: ({ state, info }, at) => {
        positions.set(readSync(state.position), at * chains * dim);
        for (const leaves of readSync(info.integrationSteps)) gradients += leaves;
        return at;
      },
    });
    return { positions, gradients };
  };
  return {
    run: async () => {
      await draw();
    },
    quality: async () => judge(await draw()),
    release: () => {
      kernel.clear?.();
      free([begin, position]);
    },
  };
}

const inputs = ({ chains, dim }: NutsSize) => ({ start: normals(17, chains * dim) });
const throughput = () => ({ unit: 'ESS/s', perRun: 1, quality: 'minEss' });
const sizeOf = (size: string, parameters: NutsSize) => ({ size, parameters });
const schools: NutsSize = { chains: 4, dim: 10, draws: 1000, stepSize: 0.4, warmup: 200, centred: false };
const gaussians: NutsSize = { chains: 4, dim: 100, draws: 400, stepSize: 0.25, warmup: 200, centred: false };

/** NUTS on eight schools. */
export const nutsEightSchools = workload<NutsSize>({
  name: 'nuts-eight-schools',
  group: 'No-U-turn sampler',
  title: 'NUTS, eight schools, 4 chains of 1,000 draws',
  rows: [
    sizeOf('fixed', schools),
    sizeOf('adapted', { ...schools, stepSize: 0, warmup: 500 }),
    sizeOf('centred-adapted', { ...schools, stepSize: 0, warmup: 500, centred: true }),
  ],
  tiny: { ...schools, draws: 40, warmup: 30 },
  peers: ['blackjax'],
  inputs,
  prepare: (size, { start }) =>
    prepareNuts(eightSchools(size.centred), size, start as Float32Array, (drawn) =>
      judgeDraws(drawn, size, ['mu', 'logTau'], 1),
    ),
  throughput,
  expected: ({ centred }): Record<string, Expectation> => {
    const { mu, logTau } = eightSchoolsMeans();
    // The neck of the centred funnel is not reached by any step size: its draws are biased, as everyone's are.
    const relative = centred ? 0.3 : 0;
    return { mu: { mean: mu, error: 0, relative }, logTau: { mean: logTau, error: 0, relative } };
  },
});

/** NUTS on a Gaussian in 100 dimensions. */
export const nutsCorrelatedGaussian = workload<NutsSize>({
  name: 'nuts-correlated-gaussian',
  group: 'No-U-turn sampler',
  title: 'NUTS, Gaussian with covariances 0.9^|i−j|, 4 chains of 400 draws',
  rows: [sizeOf('100-fixed', gaussians), sizeOf('100-adapted', { ...gaussians, stepSize: 0, warmup: 500 })],
  tiny: { ...gaussians, dim: 4, draws: 60, warmup: 30 },
  peers: ['blackjax'],
  inputs,
  prepare: (size, { start }) =>
    prepareNuts(correlatedGaussian(size.dim), size, start as Float32Array, (drawn) =>
      judgeDraws(drawn, size, ['firstVariance', 'secondVariance'], 2),
    ),
  throughput,
  expected: () => ({ firstVariance: { mean: 1, error: 0 }, secondVariance: { mean: 1, error: 0 } }),
});
