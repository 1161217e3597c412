import type { ContinuousEnergy } from '@ebmkit/energy';
import type { TensorLike, Tree } from '@ebmkit/tensor';
import { type HmcOptions, hmc } from '../continuous/hmc.js';
import { langevin } from '../continuous/langevin.js';
import { mala } from '../continuous/mala.js';
import { type NutsInfo, type NutsOptions, nuts } from '../continuous/nuts.js';
import type { HamiltonianInfo } from '../hamiltonian/hamiltonian-info.js';
import type { Metric } from '../hamiltonian/metric.js';
import type { GradientState } from '../kernel/evaluate.js';
import type { Kernel } from '../kernel/kernel.js';
import type { MoveInfo } from '../kernel/move-info.js';
import { adaptedMetric, type MassForm } from './mass-form.js';
import { type AdaptedParameters, type WarmUpOptions, type WarmUpResult, warmUp } from './warm-up.js';

/** The settings of a kernel over positions of one structure. */
export interface SamplerSettings<X extends Tree> {
  /** The step size. */
  readonly stepSize: TensorLike;
  /** The metric. */
  readonly metric: Metric<X>;
}

/** Makes a kernel for a target from its settings. */
export type SamplerOf<X extends Tree, I extends MoveInfo> = (
  target: ContinuousEnergy<X>,
  settings: SamplerSettings<X>,
) => Kernel<X, GradientState<X>, I>;

/** How the settings of a sampler are found. */
export interface AdaptiveRecipe<X extends Tree, I extends MoveInfo> {
  /** Makes the kernel that draws. */
  readonly kernel: SamplerOf<X, I>;
  /** Makes the kernel whose acceptance steers the step size: the same one, unless that accepts everything. */
  readonly guide: SamplerOf<X, MoveInfo>;
  /** The mean acceptance probability to reach. */
  readonly targetAcceptance: number;
  /** Which mass matrix is adapted. */
  readonly mass: MassForm;
}

/** How an adaptive sampler is warmed up. */
export type AdaptOptions<X extends Tree> = Omit<
  WarmUpOptions<X, GradientState<X>, MassForm>,
  'kernel' | 'mass' | 'targetAcceptance'
>;

/** A sampler that finds its settings itself: what `sample` and `adapt` take. `adaptiveSampler` makes one. */
export interface AdaptiveSampler<X extends Tree, I extends MoveInfo> extends AdaptiveRecipe<X, I> {
  /** Finds the settings for a target and makes the kernel. */
  readonly prepare: (target: ContinuousEnergy<X>, options: AdaptOptions<X>) => Promise<Adapted<X, I>>;
  /** Makes the kernel with settings that were found before. */
  readonly make: (target: ContinuousEnergy<X>, parameters: AdaptedParameters) => Kernel<X, GradientState<X>, I>;
}

/** How an adaptive sampler differs from its defaults. */
export interface AdaptiveOptions {
  /** The mean acceptance probability to reach, between 0 and 1. */
  readonly targetAcceptance?: number;
  /** Which mass matrix is adapted. */
  readonly mass?: MassForm;
}

/** What `adapt` found, and the kernel made with it. */
export interface Adapted<X extends Tree, I extends MoveInfo> extends WarmUpResult<X, MassForm> {
  /** The kernel with the adapted settings. */
  readonly kernel: Kernel<X, GradientState<X>, I>;
}

/**
 * A sampler that finds its settings itself, from how they are found: for kernels of your own that take a step size and a metric.
 *
 * @param recipe - The kernel, the one whose acceptance steers the step size, the acceptance to reach, and the mass matrix.
 * @returns What `sample` and `adapt` take.
 *
 * @example
 * ```ts
 * const kernel = (target, settings) => generalisedHmc(target, { ...settings, persistence: 0.9 });
 * const sampler = adaptiveSampler({ kernel, guide: kernel, targetAcceptance: 0.9, mass: 'diagonal' });
 * ```
 */
export function adaptiveSampler<X extends Tree, I extends MoveInfo>(
  recipe: AdaptiveRecipe<X, I>,
): AdaptiveSampler<X, I> {
  const { kernel, guide, targetAcceptance, mass } = recipe;
  const make: AdaptiveSampler<X, I>['make'] = (target, { stepSize, inverseMass }) =>
    kernel(target, { stepSize, metric: adaptedMetric(inverseMass) });
  return {
    ...recipe,
    make,
    prepare: async (target, options) => {
      const found = await warmUp<X, GradientState<X>, MassForm>({
        ...options,
        kernel: (settings) => guide(target, settings),
        targetAcceptance,
        mass,
      });
      return { ...found, kernel: make(target, found.parameters) };
    },
  };
}

/** `nuts`, adapted to an acceptance of 0.8 and a diagonal mass matrix unless told otherwise. */
export function adaptiveNuts<X extends Tree>({
  targetAcceptance = 0.8,
  mass = 'diagonal',
  ...options
}: AdaptiveOptions & Pick<NutsOptions<X>, 'maxTreeDepth' | 'integrator'> = {}): AdaptiveSampler<X, NutsInfo> {
  const kernel: SamplerOf<X, NutsInfo> = (target, settings) => nuts(target, { ...options, ...settings });
  return adaptiveSampler({ kernel, guide: kernel, targetAcceptance, mass });
}

/** `hmc`, adapted to an acceptance of 0.7 and a diagonal mass matrix unless told otherwise. */
export function adaptiveHmc<X extends Tree>({
  targetAcceptance = 0.7,
  mass = 'diagonal',
  ...options
}: AdaptiveOptions & Pick<HmcOptions<X>, 'leapfrogSteps' | 'integrator'>): AdaptiveSampler<X, HamiltonianInfo> {
  const kernel: SamplerOf<X, HamiltonianInfo> = (target, settings) => hmc(target, { ...options, ...settings });
  return adaptiveSampler({ kernel, guide: kernel, targetAcceptance, mass });
}

/** `mala`, its step size adapted to an acceptance of 0.574, which is best in many dimensions, unless told otherwise. */
export function adaptiveMala<X extends Tree>({
  targetAcceptance = 0.574,
}: Pick<AdaptiveOptions, 'targetAcceptance'> = {}): AdaptiveSampler<X, MoveInfo> {
  const kernel: SamplerOf<X, MoveInfo> = (target, { stepSize }) => mala(target, { stepSize });
  return adaptiveSampler({ kernel, guide: kernel, targetAcceptance, mass: 'identity' });
}

/**
 * `langevin`, its step size adapted to what `mala` would accept with it. Langevin dynamics accepts every move, and its bias is what MALA's
 * test removes: moves that MALA refuses now and then are moves that are off by that much. Adapted to an acceptance of 0.95
 * unless told otherwise; 0.99 brings less bias and shorter moves. The warm-up is one of MALA, and so ends in the target itself.
 */
export function adaptiveLangevin<X extends Tree>({
  targetAcceptance = 0.95,
}: Pick<AdaptiveOptions, 'targetAcceptance'> = {}): AdaptiveSampler<X, MoveInfo> {
  return adaptiveSampler({
    kernel: (target, { stepSize }) => langevin(target, { stepSize }),
    guide: (target, { stepSize }) => mala(target, { stepSize }),
    targetAcceptance,
    mass: 'identity',
  });
}

/**
 * Finds the settings of a sampler for a target by `warmUp`, and makes the kernel, for `run`. `sample` does it by itself.
 *
 * @param target - An energy over real states.
 * @param sampler - `adaptiveNuts()`, `adaptiveHmc(…)`, `adaptiveMala()`, `adaptiveLangevin()`.
 * @param options - Where to start, how long, and the key, as for `warmUp`.
 * @returns The kernel, with parameters, end positions and history as plain data.
 * @throws EbmError as `warmUp` does.
 *
 * @example
 * ```ts
 * const { kernel, position } = await adapt(target, adaptiveNuts(), { start: zeros([4, 10]), steps: 500, key: key(1) });
 * const energies = await run(kernel, fromPlain(position), { steps: 1000, key: key(2), observe: ({ state }) => readSync(state.energy) });
 * ```
 * @see Hoffman and Gelman, "The No-U-Turn Sampler", 2014, https://arxiv.org/abs/1111.4246
 */
export function adapt<X extends Tree, I extends MoveInfo>(
  target: ContinuousEnergy<X>,
  sampler: AdaptiveSampler<X, I>,
  options: AdaptOptions<X>,
): Promise<Adapted<X, I>> {
  return sampler.prepare(target, options);
}
