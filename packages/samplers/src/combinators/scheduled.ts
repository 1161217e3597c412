import { add, EbmError, isTensor, scoped, type Tensor, type Tree, zeros } from '@ebmkit/tensor';
import { defineKernel, type Kernel } from '../kernel/kernel.js';

/**
 * A setting that changes from step to step: from the number of steps done, a scalar int32 tensor, to a scalar float32 tensor. The
 * schedules of `@ebmkit/optim` are such functions.
 */
export type SettingSchedule = (step: Tensor) => Tensor;

/** The state of a kernel whose settings follow schedules. */
export type ScheduledState<P extends Tree, S extends { readonly position: P }> = {
  /** Where the chains are. */
  readonly position: P;
  /** The state of the kernel itself. */
  readonly inner: S;
  /** Steps done, an int32 scalar. */
  readonly step: Tensor;
};

/**
 * A kernel whose settings follow schedules: any option of any kernel that takes a tensor, such as a step size that shrinks or
 * oscillates. The step that is under way sees the values at the number of steps done before it, in one compiled program. What the
 * kernel caches must not depend on the settings (a step size, a friction, a metric); to change the target itself use `anneal`.
 * Whatever the schedules, a kernel that leaves its target invariant for all settings still does. An eager kernel is compiled anew in
 * every step.
 *
 * @param schedules - A function of the step for each setting.
 * @param makeKernel - Makes the kernel from the settings as scalar tensors. It must not look at their numbers.
 * @returns A kernel whose state counts its steps.
 * @throws EbmError when a schedule is not a function, or gives something else than a scalar.
 *
 * @example
 * ```ts
 * const kernel = scheduled({ stepSize: cosineSchedule({ from: 0.5, to: 0.01, steps: 1000 }) }, (settings) => mala(target, settings));
 * ```
 * @see Zhang, Li, Zhang, Chen and Wilson, "Cyclical stochastic gradient MCMC for Bayesian deep learning", 2020,
 * https://arxiv.org/abs/1902.03932
 */
export function scheduled<N extends string, P extends Tree, S extends { readonly position: P }, I>(
  schedules: Readonly<Record<N, SettingSchedule>>,
  makeKernel: (settings: Readonly<Record<N, Tensor>>) => Kernel<P, S, I>,
): Kernel<P, ScheduledState<P, S>, I> {
  const settingsAt = (step: Tensor): Readonly<Record<N, Tensor>> => evaluateSchedules(schedules, step);
  const isEager = scoped<boolean>(() => makeKernel(settingsAt(zeros([], 'int32'))).eager === true);
  return defineKernel<P, ScheduledState<P, S>, I>({
    init: (start, key) => {
      const step = zeros([], 'int32');
      const inner = makeKernel(settingsAt(step)).init(start, key);
      return { position: inner.position, inner, step };
    },
    step: (key, { inner, step }) => {
      const kernel = makeKernel(settingsAt(step));
      const { state, info } = kernel.step(key, inner);
      kernel.clear?.();
      return { state: { position: state.position, inner: state, step: add(step, 1) }, info };
    },
    ...(isEager && { eager: true }),
  });
}

/** The settings at a step. */
function evaluateSchedules<N extends string>(
  schedules: Readonly<Record<N, SettingSchedule>>,
  step: Tensor,
): Readonly<Record<N, Tensor>> {
  const entries = Object.entries<unknown>(schedules).map(([name, schedule]) => {
    const value: unknown = typeof schedule === 'function' ? (schedule as SettingSchedule)(step) : undefined;
    if (!isTensor(value) || value.shape.length > 0)
      throw new EbmError(
        'argument',
        `scheduled: the schedule of ${name} must be a function from the step to a scalar tensor. Use one of @ebmkit/optim, such as linearSchedule.`,
      );
    return [name, value] as const;
  });
  return Object.fromEntries(entries) as Readonly<Record<N, Tensor>>;
}
