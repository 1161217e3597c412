import { performance } from 'node:perf_hooks';
import { fantasies } from '@ebmkit/boltzmann';
import { free, key } from '@ebmkit/tensor';
import type { Digits } from './digits.js';
import { bernoulliMachine } from './machine.js';
import { timeTrainingSteps } from './train.js';
import type { TrainingSettings } from './training-settings.js';

/** What will be run after training, in Gibbs steps of about a hundred chains. */
export interface Plan {
  /** Distributions of annealed importance sampling; both directions pass through all of them. */
  readonly betas: number;
  /** Other Gibbs steps: mixing, samples, inpainting. */
  readonly gibbsSteps: number;
}

/** Reading, free energies, pictures: what does not depend on the plan, in seconds. */
const fixedSeconds = 8;

/** One step of annealing costs about this many Gibbs steps: the same products and two energies more. */
const annealingCost = 1.4;

/**
 * Says how long a run will take, from a few steps of each kind on this machine.
 *
 * @param digits - The images.
 * @param settings - How training will go.
 * @param plan - What follows.
 * @returns Seconds.
 */
export async function forecast(
  digits: Digits,
  settings: TrainingSettings,
  { betas, gibbsSteps }: Plan,
): Promise<number> {
  const trainingStep = await timeTrainingSteps(digits, settings, 8);
  const steps = settings.epochs * Math.floor(digits.train.count / settings.batchSize);
  const machine = bernoulliMachine(digits.train.pixels, settings.hidden);
  const params = machine.init(key(0));
  const trial = { chains: 100, key: key(0) };
  try {
    await fantasies(machine, params, { ...trial, steps: 2 });
    const begun = performance.now();
    await fantasies(machine, params, { ...trial, steps: 12 });
    const gibbsStep = (performance.now() - begun) / 12_000;
    return steps * trainingStep + (2 * betas * annealingCost + gibbsSteps) * gibbsStep + fixedSeconds;
  } finally {
    free(params);
  }
}
