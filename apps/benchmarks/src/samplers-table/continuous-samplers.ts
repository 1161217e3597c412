import { type ContinuousEnergy, gaussian } from '@ebmkit/energy';
import {
  adaptedMetric,
  adjustedMclmc,
  barker,
  diagonalRiemannianMetric,
  ellipticalSlice,
  generalisedHmc,
  hitAndRunSlice,
  hmc,
  independenceMetropolis,
  type Kernel,
  type KernelSettings,
  langevin,
  type MassForm,
  type Metric,
  type MoveInfo,
  mala,
  mclmc,
  nuts,
  parallelTempering,
  randomWalkMetropolis,
  rmhmc,
  scheduled,
  temperingPath,
  tuneLadder,
  underdampedLangevin,
  warmUp,
} from '@ebmkit/samplers';
import {
  add,
  cast,
  concat,
  div,
  exp,
  fromPlain,
  key,
  mod,
  mul,
  neg,
  readSync,
  slice,
  sub,
  type Tensor,
  tensor,
  zeros,
} from '@ebmkit/tensor';
import { normals } from '../inputs.js';
import type { ContinuousTarget } from './continuous-targets.js';
import { type ReadyChains, readyChains } from './measure-chains.js';

/** A sampler with the way in which it is tuned. */
export interface TableSampler<T> {
  /** The name of its function, and what sets it apart. */
  readonly name: string;
  /** How it is tuned, in a few words. */
  readonly tuning: string;
  /** The names of the targets that it is meant for; all unless given. */
  readonly targets?: readonly string[];
  /** Tunes it and brings its chains into the bulk. */
  readonly prepare: (target: T, chains: number) => Promise<ReadyChains>;
}

type HasPosition = { readonly position: Tensor };

/** How a sampler is warmed up. */
interface Recipe<S extends HasPosition, T extends HasPosition> {
  readonly name: string;
  readonly tuning: string;
  readonly targets?: readonly string[];
  /** The mean acceptance probability to reach. */
  readonly acceptance: (target: ContinuousTarget) => number;
  /** Which mass matrix is found. */
  readonly mass: MassForm;
  /** Steps of the warm-up; 1,000 unless given. */
  readonly warmup?: number;
  /** The kernel whose acceptance steers the step size. */
  readonly guide: (target: ContinuousTarget, settings: KernelSettings<Tensor>) => Kernel<Tensor, S, MoveInfo>;
  /** The kernel that draws; the guide with what was found unless given. */
  readonly kernel?: (target: ContinuousTarget, stepSize: number, metric: Metric<Tensor>) => Kernel<Tensor, T, MoveInfo>;
}

/** Where chains begin. */
function startOf({ size, startScale }: ContinuousTarget, chains: number): Tensor {
  return tensor(
    normals(11, chains * size).map((z) => startScale * z),
    [chains, size],
  );
}

/** Step size and masses for a target, and chains in its bulk. */
async function warmed<S extends HasPosition, T extends HasPosition>(
  { guide, acceptance, mass, warmup = 1000 }: Recipe<S, T>,
  target: ContinuousTarget,
  chains: number,
) {
  const { parameters, position } = await warmUp<Tensor, S, MassForm>({
    kernel: (settings) => guide(target, settings),
    start: startOf(target, chains),
    steps: warmup,
    key: key(3),
    targetAcceptance: acceptance(target),
    mass,
  });
  return { parameters, start: fromPlain(position) as Tensor };
}

function adapted<S extends HasPosition, T extends HasPosition = S>(
  recipe: Recipe<S, T>,
): TableSampler<ContinuousTarget> {
  const { name, tuning, targets, guide, kernel } = recipe;
  return {
    name,
    tuning,
    ...(targets && { targets }),
    prepare: async (target, chains) => {
      const { parameters, start } = await warmed(recipe, target, chains);
      const { stepSize, inverseMass } = parameters;
      const metric = adaptedMetric<Tensor>(inverseMass);
      if (kernel) return readyChains(kernel(target, stepSize, metric), start, chains, { read: readSync });
      const settings = { stepSize, metric } as KernelSettings<Tensor>;
      return readyChains(guide(target, settings), start, chains, { read: readSync });
    },
  };
}

/** The acceptance at which the squared energy error of one step is 5e-4 for each dimension, $`2 \Phi(-\sqrt{5 \cdot 10^{-4} d} / 2)`$, to first order. */
const smallError = ({ size }: ContinuousTarget): number => 1 - Math.sqrt((5e-4 * size) / (2 * Math.PI));

/** Evenly spread numbers between 0 and 1, the multiples of the golden ratio. */
const spread = (step: Tensor): Tensor => mod(mul(cast(step, 'float32'), (Math.sqrt(5) - 1) / 2), 1);

const smooth = ['gaussian', 'eight-schools', 'funnel'];

const randomWalk = adapted({
  name: 'randomWalkMetropolis',
  tuning: 'accepts 0.234',
  acceptance: () => 0.234,
  mass: 'diagonal',
  warmup: 20_000,
  guide: ({ energy }, settings) => randomWalkMetropolis(energy, settings),
});

const slices = adapted({
  name: 'hitAndRunSlice',
  tuning: 'masses of a random walk, width 2.5',
  acceptance: () => 0.234,
  mass: 'diagonal',
  warmup: 20_000,
  guide: ({ energy }, settings) => randomWalkMetropolis(energy, settings),
  kernel: ({ energy }, _, metric) => hitAndRunSlice(energy, { width: 2.5, metric }),
});

const overdamped = [
  adapted({
    name: 'langevin',
    tuning: '`adaptiveLangevin`: MALA would accept 0.95',
    acceptance: () => 0.95,
    mass: 'identity',
    guide: ({ energy }, { stepSize }) => mala(energy, { stepSize }),
    kernel: ({ energy }, stepSize) => langevin(energy, { stepSize }),
  }),
  adapted({
    name: 'mala',
    tuning: '`adaptiveMala`: accepts 0.574',
    acceptance: () => 0.574,
    mass: 'identity',
    guide: ({ energy }, { stepSize }) => mala(energy, { stepSize }),
  }),
  adapted({
    name: 'barker',
    tuning: '`warmUp`: accepts 0.4',
    acceptance: () => 0.4,
    mass: 'identity',
    guide: ({ energy }, { stepSize }) => barker(energy, { stepSize }),
  }),
];

const withMomenta = [
  adapted({
    name: 'underdampedLangevin',
    tuning: 'one leapfrog step would be accepted with 0.95; friction 1',
    acceptance: () => 0.95,
    mass: 'diagonal',
    guide: ({ energy }, settings) => hmc(energy, { ...settings, leapfrogSteps: 1 }),
    kernel: ({ energy }, stepSize, metric) => underdampedLangevin(energy, { stepSize, metric, friction: 1 }),
  }),
  adapted({
    name: 'generalisedHmc',
    tuning: 'accepts 0.9; persistence 0.9',
    acceptance: () => 0.9,
    mass: 'diagonal',
    guide: ({ energy }, settings) => generalisedHmc(energy, { ...settings, persistence: 0.9 }),
  }),
  adapted({
    name: 'hmc',
    tuning: '`adaptiveHmc`: accepts 0.7',
    acceptance: () => 0.7,
    mass: 'diagonal',
    guide: ({ energy, leapfrogSteps }, settings) => hmc(energy, { ...settings, leapfrogSteps }),
  }),
  adapted({
    name: 'hmc, lengths varied',
    tuning: 'as above, steps 0.6 to 1 times as long by `scheduled`',
    targets: ['gaussian'],
    acceptance: () => 0.7,
    mass: 'diagonal',
    guide: ({ energy, leapfrogSteps }, settings) => hmc(energy, { ...settings, leapfrogSteps }),
    kernel: ({ energy, leapfrogSteps }, longest, metric) =>
      scheduled({ stepSize: (step) => mul(add(mul(spread(step), 0.4), 0.6), longest) }, ({ stepSize }) =>
        hmc(energy, { stepSize, leapfrogSteps, metric }),
      ),
  }),
  adapted({
    name: 'nuts',
    tuning: '`adaptiveNuts`: accepts 0.8',
    acceptance: () => 0.8,
    mass: 'diagonal',
    guide: ({ energy }, settings) => nuts(energy, settings),
  }),
  adapted({
    name: 'nuts, dense masses',
    tuning: '`adaptiveNuts`: accepts 0.8',
    targets: ['gaussian'],
    acceptance: () => 0.8,
    mass: 'dense',
    guide: ({ energy }, settings) => nuts(energy, settings),
  }),
  adapted({
    name: 'nuts, careful',
    tuning: '`adaptiveNuts`: accepts 0.99',
    targets: ['funnel'],
    acceptance: () => 0.99,
    mass: 'diagonal',
    guide: ({ energy }, settings) => nuts(energy, settings),
  }),
  adapted({
    name: 'mclmc',
    tuning: 'squared energy error of 5e-4 a dimension',
    targets: smooth,
    acceptance: smallError,
    mass: 'diagonal',
    guide: ({ energy }, settings) => adjustedMclmc(energy, { ...settings, integrationSteps: 1 }),
    kernel: ({ energy, size }, stepSize, metric) =>
      mclmc(energy, { stepSize, metric, decoherenceLength: Math.sqrt(size) }),
  }),
  adapted({
    name: 'adjustedMclmc',
    tuning: 'accepts 0.9; half the steps of HMC',
    targets: smooth,
    acceptance: () => 0.9,
    mass: 'diagonal',
    guide: ({ energy, leapfrogSteps }, settings) =>
      adjustedMclmc(energy, { ...settings, integrationSteps: Math.ceil(leapfrogSteps / 2) }),
  }),
];

/** Masses by the curvature that the funnel has at a log variance. */
function funnelCurvature(x: Tensor): Tensor {
  const [chains = 0, size = 0] = x.shape;
  const v = slice(x, [0, 0], [chains, 1]);
  const ownCurvature = add(zeros([chains, 1]), 1 / 9 + (size - 1) / 2);
  return concat([ownCurvature, add(exp(neg(v)), zeros([chains, size - 1]))], 1);
}

const riemannian = adapted({
  name: 'rmhmc',
  tuning: 'accepts 0.8; masses by the curvature',
  targets: ['funnel'],
  acceptance: () => 0.8,
  mass: 'identity',
  guide: ({ energy, leapfrogSteps }, { stepSize }) =>
    rmhmc(energy, { stepSize, leapfrogSteps, metric: diagonalRiemannianMetric(funnelCurvature) }),
});

/** A Gaussian like the prior of eight schools: its log deviation is half-Cauchy there, which the likelihood makes up for. */
const schoolsPrior = () =>
  gaussian({ mean: Array.from({ length: 10 }, () => 0), diagonal: [25, 4, 1, 1, 1, 1, 1, 1, 1, 1] });

const elliptical: TableSampler<ContinuousTarget> = {
  name: 'ellipticalSlice',
  tuning: 'none',
  targets: ['eight-schools'],
  prepare: async (target, chains) => {
    const prior = schoolsPrior();
    const likelihood: ContinuousEnergy = { energy: (x) => sub(target.energy.energy(x), prior.energy(x)) };
    return readyChains(ellipticalSlice(likelihood, { prior }), startOf(target, chains), chains, { read: readSync });
  },
};

const independent: TableSampler<ContinuousTarget> = {
  name: 'independenceMetropolis',
  tuning: 'proposes from a Gaussian of 1.2 times the spread of the target',
  targets: ['two-modes'],
  prepare: async (target, chains) => {
    const diagonal = target.known.filter(({ power }) => power === 2).map(({ expected }) => 1.44 * expected);
    const proposal = gaussian({ mean: diagonal.map(() => 0), diagonal });
    return readyChains(independenceMetropolis(target.energy, { proposal }), startOf(target, chains), chains, {
      read: readSync,
    });
  },
};

const tempered: TableSampler<ContinuousTarget> = {
  name: 'parallelTempering',
  tuning: 'MALA on 5 rungs by `tuneLadder`, the hottest at 0.1',
  targets: ['two-modes'],
  prepare: async (target, chains) => {
    // Within a mode MALA accepts 0.574 in ten dimensions with about this step; hot distributions are wider.
    const path = temperingPath(target.energy, (e, beta) => mala(e, { stepSize: div(0.6, beta) }));
    const start = startOf(target, chains);
    const { betas } = await tuneLadder({ path, rungs: 5, hottest: 0.1, start, key: key(5) });
    return readyChains(parallelTempering({ path, betas }), start, chains, { read: readSync });
  },
};

/** The samplers of real states, in the order of the tables. */
export const continuousSamplers: readonly TableSampler<ContinuousTarget>[] = [
  randomWalk,
  slices,
  elliptical,
  ...overdamped,
  ...withMomenta,
  riemannian,
  independent,
  tempered,
];
