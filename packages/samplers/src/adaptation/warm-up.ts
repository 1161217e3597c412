import { EbmError, type Plain, type Tree, toPlain } from '@ebmkit/tensor';
import { type DriveOptions, drive } from '../drive/drive.js';
import type { SavedRun } from '../drive/saved-run.js';
import type { Kernel } from '../kernel/kernel.js';
import type { MoveInfo } from '../kernel/move-info.js';
import type { KernelSettings } from './adaptable.js';
import { type AdaptingInfo, type AdaptingState, adaptingKernel } from './adapting-kernel.js';
import { dualAveraging } from './dual-averaging.js';
import { type InverseMass, type MassForm, massKind } from './mass-form.js';
import { type WarmupWindows, warmupWindows } from './warmup-windows.js';

/** How to warm up. */
export interface WarmUpOptions<P extends Tree, S extends { readonly position: P }, M extends MassForm>
  extends Omit<DriveOptions, 'compile'> {
  /**
   * Makes the kernel from a step size and a metric: `({ stepSize, metric }) => nuts(target, { stepSize, metric })`. Both may be
   * traced, and it must only pass them on.
   */
  readonly kernel: (settings: KernelSettings<P>) => Kernel<P, S, MoveInfo>;
  /** Where the chains begin, `[chains, ...event]`, which stays yours; or a saved run, to go on from it. */
  readonly start: P | SavedRun;
  /** Steps in all, a whole number of at least 1; 1,000 unless given. */
  readonly steps?: number;
  /** The mean acceptance probability to reach, between 0 and 1; 0.8 unless given. Higher means smaller steps. */
  readonly targetAcceptance?: number;
  /** Which mass matrix is adapted; `diagonal` unless given. */
  readonly mass?: M;
  /** The step size at which the search for a first one begins, positive; 1 unless given. */
  readonly firstStepSize?: number;
  /** When the mass matrix is set; Stan's schedule unless given. */
  readonly schedule?: WarmupWindows;
}

/** What was adapted, as plain data. */
export interface AdaptedParameters<M extends MassForm = MassForm> {
  /** The step size. */
  readonly stepSize: number;
  /** The inverse masses, for `adaptedMetric`, `diagonalMetric` or `denseMetric`. */
  readonly inverseMass: InverseMass<M>;
}

/** How the adaptation went, one entry for each step. */
export interface AdaptationHistory {
  /** The step sizes taken. */
  readonly stepSize: Float64Array;
  /** The acceptance probability, mean over the chains. */
  readonly acceptance: Float64Array;
  /** How many chains diverged. */
  readonly diverged: Int32Array;
}

/** What came of a warm-up, as plain data: nothing needs to be freed. */
export interface WarmUpResult<P, M extends MassForm> {
  /** What a kernel is made with from now on. */
  readonly parameters: AdaptedParameters<M>;
  /** Where the chains ended: `fromPlain` of `@ebmkit/tensor` makes tensors of it. */
  readonly position: Plain<P>;
  /** How it went; a resumed warm-up tells of its own steps. */
  readonly history: AdaptationHistory;
}

/** `toPlain` without the type of its result, which is too deep for the compiler where the positions are any tree. */
const plainOf = toPlain as (tree: unknown) => Promise<unknown>;

function historyOf(reports: readonly AdaptingInfo[]): AdaptationHistory {
  return {
    stepSize: Float64Array.from(reports, ({ stepSize }) => stepSize),
    acceptance: Float64Array.from(reports, ({ acceptance }) => acceptance),
    diverged: Int32Array.from(reports, ({ diverged }) => diverged),
  };
}

function checkOptions(steps: number, firstStepSize: number, schedule: WarmupWindows): void {
  if (!Number.isInteger(steps) || steps < 1)
    throw new EbmError('argument', `warmUp: steps must be a whole number of at least 1, got ${steps}.`);
  if (!(firstStepSize > 0 && Number.isFinite(firstStepSize)))
    throw new EbmError('argument', `warmUp: firstStepSize must be a positive number, got ${firstStepSize}.`);
  if (schedule.steps !== steps)
    throw new EbmError(
      'argument',
      `warmUp: expected a schedule of ${steps} steps, got one of ${schedule.steps}. Make it with warmupWindows({ steps: ${steps} }).`,
    );
}

/**
 * Brings chains into the bulk of their distribution and finds the step size and the mass matrix for them: dual averaging for the step
 * size, the covariance of windows of draws for the masses, on Stan's schedule. Everything is pooled over the chains: one step
 * size and one mass matrix, from the draws and the acceptance of all of them, so that a few hundred steps of many chains are enough. The
 * moves of a warm-up are no draws. Make a kernel with the parameters afterwards, which are plain numbers, and start it at the end
 * positions; what adapts is never part of a kernel's state.
 *
 * Costs `steps` steps of the kernel, and a few more at the start and the end of each window to find the order of the step size. The
 * step is compiled once; step sizes and masses are its arguments. Like `run` it yields to the event loop, reports progress,
 * and can be aborted, saved and resumed bit for bit.
 *
 * @param options - How to make the kernel, where to start, how long, and what to adapt.
 * @returns Parameters, end positions and history, as plain data.
 * @throws EbmError when an option is wrong, when no step size is accepted at the start, when the kernel is eager and does not take
 * settings; or with code `aborted` when the signal fires (an `AbortedRun`, whose `collected` is the history so far).
 *
 * @example
 * ```ts
 * const { parameters, position } = await warmUp({
 *   kernel: ({ stepSize, metric }) => nuts(target, { stepSize, metric }),
 *   start: zeros([4, 10]),
 *   steps: 500,
 *   key: key(1),
 * });
 * const kernel = nuts(target, { stepSize: parameters.stepSize, metric: diagonalMetric(parameters.inverseMass) });
 * ```
 * @see Stan Reference Manual, "HMC algorithm parameters", https://mc-stan.org/docs/reference-manual/mcmc.html; Hoffman and Gelman, "The
 * No-U-Turn Sampler", 2014, https://arxiv.org/abs/1111.4246
 */
export async function warmUp<P extends Tree, S extends { readonly position: P }, M extends MassForm = 'diagonal'>(
  options: WarmUpOptions<P, S, M>,
): Promise<WarmUpResult<P, M>> {
  const { steps = 1000, targetAcceptance = 0.8, firstStepSize = 1, mass = 'diagonal', start } = options;
  const schedule = options.schedule ?? warmupWindows({ steps });
  checkOptions(steps, firstStepSize, schedule);
  const kind = massKind<P>(mass);
  const averaging = dualAveraging({ targetAcceptance });
  const reports: AdaptingInfo[] = [];
  let ending: Pick<WarmUpResult<P, M>, 'parameters' | 'position'> | undefined;
  await drive<P, AdaptingState<P, S>, AdaptingInfo>({
    ...options,
    caller: 'warmUp',
    steps,
    start,
    kernel: adaptingKernel({
      make: options.kernel,
      kind,
      schedule,
      averaging,
      targetAcceptance,
      firstStepSize,
    }),
    collected: () => historyOf(reports),
    visit: ({ info }) => {
      reports.push(info);
    },
    finish: async (state) => {
      const stepSize = averaging.stepSizes(state.averaging).averaged;
      const inverseMass = kind.numbersOf(state.mass) as InverseMass<M>;
      ending = { parameters: { stepSize, inverseMass }, position: (await plainOf(state.position)) as Plain<P> };
    },
  });
  if (!ending) throw new EbmError('argument', 'warmUp: the run ended without a result.');
  return { ...ending, history: historyOf(reports) };
}
