import { add, EbmError, isTensor, scoped, type Tensor, type Tree, zeros } from '@ebmkit/tensor';
import { defineKernel, type Kernel } from '../kernel/kernel.js';
import type { ScheduledState, SettingSchedule } from './scheduled.js';

/**
 * A kernel whose target changes from step to step, for simulated annealing and for chains that are led through a sequence of
 * distributions: step $`t`$ is one of the kernel for the value $`s(t)`$, an inverse temperature or a noise level. The chains follow the
 * targets as closely as the schedule is slow; they leave none of them invariant. To weigh them, so that they estimate a normaliser,
 * use `annealedImportanceSampling`; to change a setting that leaves the target alone use `scheduled`.
 *
 * Since what a kernel caches belongs to the last target, each step begins with an evaluation of the next one: one more than the
 * kernel costs.
 *
 * @param schedule - The value at each step, a scalar tensor; from the number of steps done, a scalar int32 tensor.
 * @param makeKernel - Makes the kernel for a value, which may be traced: `(beta) => mala(temper(target, beta), { stepSize: 0.1 })`.
 * @returns A kernel whose state counts its steps.
 * @throws EbmError when the schedule does not give a scalar.
 *
 * @example
 * ```ts
 * const kernel = anneal(linearSchedule({ from: 0.1, to: 10, steps: 1000 }), (beta) => mala(temper(target, beta), { stepSize: 0.05 }));
 * ```
 * @see Kirkpatrick, Gelatt and Vecchi, "Optimization by simulated annealing", 1983, https://doi.org/10.1126/science.220.4598.671
 */
export function anneal<P extends Tree, S extends { readonly position: P }, I>(
  schedule: SettingSchedule,
  makeKernel: (value: Tensor) => Kernel<P, S, I>,
): Kernel<P, ScheduledState<P, S>, I> {
  const kernelAt = (step: Tensor): Kernel<P, S, I> => makeKernel(valueAt(schedule, step));
  const isEager = scoped<boolean>(() => kernelAt(zeros([], 'int32')).eager === true);
  return defineKernel<P, ScheduledState<P, S>, I>({
    init: (start, key) => {
      const step = zeros([], 'int32');
      const inner = kernelAt(step).init(start, key);
      return { position: inner.position, inner, step };
    },
    step: (key, { position, step }) => {
      const kernel = kernelAt(step);
      const { state, info } = kernel.step(key, kernel.init(position, key));
      kernel.clear?.();
      return { state: { position: state.position, inner: state, step: add(step, 1) }, info };
    },
    ...(isEager && { eager: true }),
  });
}

function valueAt(schedule: SettingSchedule, step: Tensor): Tensor {
  const value: unknown = schedule(step);
  if (isTensor(value) && value.shape.length === 0) return value;
  throw new EbmError(
    'argument',
    'anneal: the schedule must give a scalar tensor for each step. Use one of @ebmkit/optim, such as linearSchedule.',
  );
}
