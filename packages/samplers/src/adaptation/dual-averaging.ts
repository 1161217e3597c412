import { EbmError } from '@ebmkit/tensor';

/** Where dual averaging stands: plain numbers. */
export type DualAveragingState = {
  /** Updates made, $`m`$. */
  readonly count: number;
  /** The running mean $`\bar h`$ of the target acceptance minus the measured one. */
  readonly error: number;
  /** The logarithm of the step size to try next. */
  readonly logStepSize: number;
  /** The logarithm of the averaged step size. */
  readonly logAveraged: number;
  /** What step sizes are drawn to, $`\mu`$. */
  readonly centre: number;
};

/** How dual averaging goes. */
export interface DualAveragingOptions {
  /** The mean acceptance probability to reach, between 0 and 1; 0.8 unless given. */
  readonly targetAcceptance?: number;
  /** $`\gamma`$: how strongly step sizes are drawn to the centre; 0.05 unless given. */
  readonly shrinkage?: number;
  /** $`t_0`$: how many imagined updates damp the first ones; 10 unless given. */
  readonly delay?: number;
  /** $`\kappa`$ in (0.5, 1]: how fast the average forgets; 0.75 unless given. */
  readonly decay?: number;
}

/** The three functions of dual averaging. */
export interface DualAveraging {
  /** The state at a first step size. */
  readonly init: (stepSize: number) => DualAveragingState;
  /** The state after a step whose mean acceptance probability was measured. One that is not finite counts as 0. */
  readonly update: (state: DualAveragingState, acceptance: number) => DualAveragingState;
  /** The step size to try next, and the averaged one to keep in the end. */
  readonly stepSizes: (state: DualAveragingState) => { readonly next: number; readonly averaged: number };
}

function checkOption(name: string, value: number, fits: boolean, required: string): void {
  if (!fits) throw new EbmError('argument', `dualAveraging: ${name} must be ${required}, got ${value}.`);
}

/**
 * Nesterov's dual averaging, which finds the step size at which moves are accepted as often as wanted. After the $`m`$-th step,
 * with acceptance $`\alpha_m`$ and target $`\delta`$,
 *
 * ```math
 * \bar h_m = \left(1 - \tfrac{1}{m + t_0}\right) \bar h_{m-1} + \tfrac{\delta - \alpha_m}{m + t_0}, \quad
 * \log \varepsilon_{m+1} = \mu - \tfrac{\sqrt m}{\gamma} \bar h_m, \quad
 * \log \bar\varepsilon_m = m^{-\kappa} \log \varepsilon_{m+1} + (1 - m^{-\kappa}) \log \bar\varepsilon_{m-1},
 * ```
 *
 * with $`\mu = \log 10 \varepsilon_1`$. It works on plain numbers and costs nothing. A chain whose step size it still changes does not leave
 * its target invariant: keep the averaged one and begin anew. `warmUp` does that.
 *
 * @param options - Target and constants; the defaults are Stan's.
 * @returns Functions of the state, which is plain data.
 * @throws EbmError when an option is out of its range.
 *
 * @example
 * ```ts
 * const averaging = dualAveraging({ targetAcceptance: 0.8 });
 * let state = averaging.init(0.1);
 * state = averaging.update(state, 0.95);
 * const { next } = averaging.stepSizes(state);
 * ```
 * @see Hoffman and Gelman, "The No-U-Turn Sampler", 2014, section 3.2, https://arxiv.org/abs/1111.4246
 */
export function dualAveraging({
  targetAcceptance = 0.8,
  shrinkage = 0.05,
  delay = 10,
  decay = 0.75,
}: DualAveragingOptions = {}): DualAveraging {
  const isBetween = targetAcceptance > 0 && targetAcceptance < 1;
  checkOption('targetAcceptance', targetAcceptance, isBetween, 'between 0 and 1');
  checkOption('shrinkage', shrinkage, shrinkage > 0 && Number.isFinite(shrinkage), 'a positive number');
  checkOption('delay', delay, delay >= 0 && Number.isFinite(delay), 'a number of at least 0');
  checkOption('decay', decay, decay > 0.5 && decay <= 1, 'above 0.5 and at most 1');
  return {
    init: (stepSize) => {
      checkOption('stepSize', stepSize, stepSize > 0 && Number.isFinite(stepSize), 'a positive number');
      const logStepSize = Math.log(stepSize);
      return { count: 0, error: 0, logStepSize, logAveraged: logStepSize, centre: Math.log(10) + logStepSize };
    },
    update: ({ count, error, logAveraged, centre }, acceptance) => {
      const m = count + 1;
      const share = 1 / (m + delay);
      const measured = Number.isFinite(acceptance) ? acceptance : 0;
      const nextError = (1 - share) * error + share * (targetAcceptance - measured);
      const logStepSize = centre - (Math.sqrt(m) / shrinkage) * nextError;
      const weight = m ** -decay;
      return {
        count: m,
        error: nextError,
        logStepSize,
        logAveraged: weight * logStepSize + (1 - weight) * logAveraged,
        centre,
      };
    },
    stepSizes: ({ logStepSize, logAveraged }) => ({ next: Math.exp(logStepSize), averaged: Math.exp(logAveraged) }),
  };
}
