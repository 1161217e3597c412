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
import { type WarmUpOptions, type WarmUpResult, warmUp } from './warm-up.js';

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

/** A sampler that says how its settings are found: what `adapt` takes. */
export interface AdaptiveSampler<X extends Tree, I extends MoveInfo> {
  /** Makes the kernel that draws. */
  readonly kernel: SamplerOf<X, I>;
  /** Makes the kernel whose acceptance steers the step size: the same one, unless that accepts everything. */
  readonly guide: SamplerOf<X, MoveInfo>;
  /** The mean acceptance probability to reach. */
  readonly targetAcceptance: number;
  /** Which mass matrix is adapted. */
  readonly mass: MassForm;
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

/** `nuts`, adapted to an acceptance of 0.8 and a diagonal mass matrix unless told otherwise. */
export function adaptiveNuts<X extends Tree>({
  targetAcceptance = 0.8,
  mass = 'diagonal',
  ...options
}: AdaptiveOptions & Pick<NutsOptions<X>, 'maxTreeDepth' | 'integrator'> = {}): AdaptiveSampler<X, NutsInfo> {
  const kernel: SamplerOf<X, NutsInfo> = (target, settings) => nuts(target, { ...options, ...settings });
  return { kernel, guide: kernel, targetAcceptance, mass };
}

/** `hmc`, adapted to an acceptance of 0.7 and a diagonal mass matrix unless told otherwise. */
export function adaptiveHmc<X extends Tree>({
  targetAcceptance = 0.7,
  mass = 'diagonal',
  ...options
}: AdaptiveOptions & Pick<HmcOptions<X>, 'leapfrogSteps' | 'integrator'>): AdaptiveSampler<X, HamiltonianInfo> {
  const kernel: SamplerOf<X, HamiltonianInfo> = (target, settings) => hmc(target, { ...options, ...settings });
  return { kernel, guide: kernel, targetAcceptance, mass };
}

/** `mala`, its step size adapted to an acceptance of 0.574, which is best in many dimensions, unless told otherwise. */
export function adaptiveMala<X extends Tree>({
  targetAcceptance = 0.574,
}: Pick<AdaptiveOptions, 'targetAcceptance'> = {}): AdaptiveSampler<X, MoveInfo> {
  const kernel: SamplerOf<X, MoveInfo> = (target, { stepSize }) => mala(target, { stepSize });
  return { kernel, guide: kernel, targetAcceptance, mass: 'identity' };
}

/**
 * `langevin`, its step size adapted to what `mala` would accept with it. Langevin dynamics accepts every move, and its bias is what MALA's
 * test removes: moves that MALA refuses now and then are moves that are off by that much. Adapted to an acceptance of 0.95
 * unless told otherwise; 0.99 brings less bias and shorter moves. The warm-up is one of MALA, and so ends in the target itself.
 */
export function adaptiveLangevin<X extends Tree>({
  targetAcceptance = 0.95,
}: Pick<AdaptiveOptions, 'targetAcceptance'> = {}): AdaptiveSampler<X, MoveInfo> {
  return {
    kernel: (target, { stepSize }) => langevin(target, { stepSize }),
    guide: (target, { stepSize }) => mala(target, { stepSize }),
    targetAcceptance,
    mass: 'identity',
  };
}

/**
 * Finds the settings of a sampler for a target by `warmUp`, and makes the kernel.
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
 * const { draws } = await sample(target, { sampler: () => kernel, start: fromPlain(position), steps: 1000, key: key(2) });
 * ```
 * @see Hoffman and Gelman, "The No-U-Turn Sampler", 2014, https://arxiv.org/abs/1111.4246
 */
export async function adapt<X extends Tree, I extends MoveInfo>(
  target: ContinuousEnergy<X>,
  sampler: AdaptiveSampler<X, I>,
  options: Omit<WarmUpOptions<X, GradientState<X>, MassForm>, 'kernel' | 'mass' | 'targetAcceptance'>,
): Promise<Adapted<X, I>> {
  const { kernel, guide, targetAcceptance, mass } = sampler;
  const found = await warmUp<X, GradientState<X>, MassForm>({
    ...options,
    kernel: (settings) => guide(target, settings),
    targetAcceptance,
    mass,
  });
  const { stepSize, inverseMass } = found.parameters;
  return { ...found, kernel: kernel(target, { stepSize, metric: adaptedMetric(inverseMass) }) };
}
