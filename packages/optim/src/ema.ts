import { add, cast, div, mapTree, maximum, mul, scoped, sub, type Tensor, type Tree, zeros } from '@ebmkit/tensor';
import { checkNumber } from './checks.js';

/** How an average forgets. */
export interface EmaOptions {
  /** What part of the average is kept each step, from 0 to 1; 1 gives the plain mean of all steps. */
  readonly decay: number;
}

/** The state of an average over training steps. */
export type AverageState<P extends Tree> = {
  /** How many parameter values went in: a scalar int32 tensor. */
  readonly step: Tensor;
  /** The average so far, like the parameters; the initial parameters before the first step. */
  readonly average: P;
};

/** An average of parameters over training steps: pure, and apart from the optimiser, which never sees it. */
export interface Average<P extends Tree> {
  /** The state before the first step. */
  readonly init: (params: P) => AverageState<P>;
  /** The state after one more value of the parameters. */
  readonly update: (params: P, state: AverageState<P>) => AverageState<P>;
}

/**
 * An exponential moving average of the parameters, which often makes a better model than the last parameters:
 *
 * ```math
 * a_t = a_{t-1} + \max(1 - d, 1 / t) \, (\theta_t - a_{t-1})
 * ```
 *
 * with $`d`$ = `decay`. While $`1 / t`$ is the larger weight it is the plain mean of all values so far, so that the initial parameters
 * leave no trace and no correction is needed. It averages parameters, unlike the transform of that name in optax, which averages updates.
 *
 * @param options - The decay.
 * @returns `init` and `update`.
 * @throws EbmError when the decay is outside its range.
 * @see Polyak and Juditsky, "Acceleration of stochastic approximation by averaging", 1992, https://doi.org/10.1137/0330046
 */
export function ema<P extends Tree>({ decay }: EmaOptions): Average<P> {
  checkNumber('ema', 'decay', decay, { atLeast: 0, atMost: 1 });
  const updated = (params: P, state: AverageState<P>): AverageState<P> => {
    const step = add(state.step, 1);
    const weight = maximum(div(1, cast(step, 'float32')), 1 - decay);
    const average = mapTree((a, p) => add(a, mul(sub(p, a), weight)), state.average, params);
    return { step, average };
  };
  return {
    init: (params) => ({ step: zeros([], 'int32'), average: mapTree((p) => mul(p, 1), params) }),
    update: (params, state) => scoped<AverageState<P>>(() => updated(params, state)),
  };
}
