import { banana, type ContinuousEnergy, funnel, gaussianMixture } from '@ebmkit/energy';
import { energyLandscape, histogram, lineChart, type Picture } from '@ebmkit/plot';
import {
  adapt,
  adaptiveNuts,
  hmc,
  type Kernel,
  type MoveInfo,
  mala,
  type NutsInfo,
  nuts,
  parallelTempering,
  randomWalkMetropolis,
  run,
  temperingPath,
} from '@ebmkit/samplers';
import { div, free, fromPlain, type Key, key, readSync, type Tensor, tensor } from '@ebmkit/tensor';
import { normals } from '../inputs.js';

/** A picture and the name of its file without ending. */
export interface NamedPicture {
  /** The name. */
  readonly name: string;
  /** The picture. */
  readonly picture: Picture;
}

/** How far a path goes. */
interface Budget<I> {
  /** The most evaluations of the energy or its gradient. */
  readonly evaluations: number;
  /** What a step costs; 1 unless given. */
  readonly costOf?: (info: I) => number;
}

/** The positions of one chain step by step, one list for each coordinate. */
async function pathOf<S extends { readonly position: Tensor }, I extends MoveInfo>(
  kernel: Kernel<Tensor, S, I>,
  start: readonly number[],
  seed: Key,
  { evaluations, costOf = () => 1 }: Budget<I>,
): Promise<number[][]> {
  const begin = tensor([start.slice()]);
  let spent = 0;
  const seen = await run(kernel, begin, {
    steps: evaluations,
    key: seed,
    observe: ({ state, info }) => {
      spent += costOf(info);
      return { spent, position: Array.from(readSync(state.position)) };
    },
  });
  free(begin);
  const path = seen.filter((step) => step.spent <= evaluations);
  return start.map((x, at) => [x, ...path.map(({ position }) => position[at] as number)]);
}

const [xRange, yRange] = [[-6, 6] as const, [-14, 5] as const];

/** The energies of a two-dimensional target on a grid. */
function gridOf(target: ContinuousEnergy, points: number): number[][] {
  const between = ([from, to]: readonly [number, number], i: number): number => from + ((to - from) * i) / (points - 1);
  const states = Array.from({ length: points * points }, (_, i) => [
    between(xRange, i % points),
    between(yRange, Math.floor(i / points)),
  ]);
  const [x, energies] = [tensor(states), [] as number[]];
  const energy = target.energy(x);
  energies.push(...readSync(energy));
  free([x, energy]);
  return Array.from({ length: points }, (_, row) => energies.slice(row * points, (row + 1) * points));
}

/** One chain of each of four samplers over a banana, each with 300 evaluations. */
async function walks(): Promise<NamedPicture[]> {
  const target = banana({ scale: 2, curvature: 0.5 });
  const energy = gridOf(target, 48);
  const [start, evaluations] = [[-3.5, -4], 300];
  const look = { xRange, yRange, range: [0, 10] as const, contours: [1, 2, 4, 8], width: 360, height: 330 };
  const draw = (name: string, title: string, [x = [], y = []]: readonly number[][]): NamedPicture => ({
    name: `banana-${name}`,
    picture: energyLandscape({ ...look, energy, title, chains: [{ name: '', x, y }] }),
  });
  const walk = await pathOf(randomWalkMetropolis(target, { stepSize: 1 }), start, key(1), { evaluations });
  const steep = await pathOf(mala(target, { stepSize: 0.2 }), start, key(2), { evaluations });
  const trajectories = hmc(target, { stepSize: 0.35, leapfrogSteps: 10 });
  const far = await pathOf(trajectories, start, key(3), { evaluations, costOf: () => 10 });
  const turning = nuts(target, { stepSize: 0.35 });
  const costOf = ({ integrationSteps }: NutsInfo): number => readSync(integrationSteps)[0] as number;
  const farther = await pathOf(turning, start, key(4), { evaluations, costOf });
  return [
    draw('random-walk', 'Random walk, 300 energies', walk),
    draw('mala', 'MALA, 300 gradients', steep),
    draw('hmc', 'HMC, 300 gradients', far),
    draw('nuts', 'NUTS, 300 gradients', farther),
  ];
}

/** The first coordinate of one chain of HMC and of one of parallel tempering on two modes. */
async function modes(): Promise<NamedPicture> {
  const target = gaussianMixture({ components: [{ mean: [-4, 0] }, { mean: [4, 0] }] });
  const path = temperingPath(target, (e, beta) => mala(e, { stepSize: div(0.5, beta) }));
  const start = [-4, 0];
  const steps = { evaluations: 400 };
  const [single = []] = await pathOf(hmc(target, { stepSize: 0.8, leapfrogSteps: 3 }), start, key(1), steps);
  const tempering = parallelTempering({ path, betas: [0.1, 0.25, 0.5, 1] });
  const [tempered = []] = await pathOf(tempering, start, key(2), steps);
  const picture = lineChart({
    title: 'Two modes at −4 and 4: one chain of each',
    xLabel: 'step',
    yLabel: 'first coordinate',
    width: 640,
    height: 260,
    series: [
      { name: 'parallel tempering', y: tempered },
      { name: 'HMC', y: single },
    ],
  });
  return { name: 'two-modes', picture };
}

/** The log variance of a funnel as NUTS draws it, beside what it is. */
async function neck(): Promise<NamedPicture> {
  const target = funnel();
  const start = tensor(normals(11, 160), [16, 10]);
  const { kernel, position } = await adapt(target, adaptiveNuts(), { start, steps: 500, key: key(1) });
  const begin = fromPlain(position) as Tensor;
  const drawn = await run(kernel, begin, {
    steps: 1000,
    key: key(2),
    observe: ({ state }) => Array.from(readSync(state.position)).filter((_, i) => i % 10 === 0),
  });
  free([start, begin]);
  const picture = histogram({
    title: 'The log variance of a funnel: 16,000 draws',
    xLabel: 'v',
    yLabel: 'density',
    width: 640,
    height: 260,
    bins: 60,
    series: [
      { name: 'independent draws', values: normals(12, 16_000).map((z) => 3 * z) },
      { name: 'NUTS', values: drawn.flat() },
    ],
  });
  return { name: 'funnel', picture };
}

/** All pictures of the page. */
export async function pictures(): Promise<NamedPicture[]> {
  return [...(await walks()), await modes(), await neck()];
}
