import { join } from 'node:path';
import { chain, linearSchedule, sgd, type Transform, weightDecay } from '@ebmkit/optim';
import type { Key, Tensor, Tree } from '@ebmkit/tensor';
import {
  type BatchSource,
  type FitOptions,
  type FitResult,
  fit,
  type Initialised,
  loadTraining,
  type Objective,
} from '@ebmkit/trainers';
import { showSeconds, sparingly } from './say.js';

/** One training run of a replication. */
export interface TrainingRun<P extends Tree, S extends Tree> {
  /** Its name, also that of the file it is saved in. */
  readonly name: string;
  /** What to minimise. */
  readonly objective: Objective<P, Tensor, S>;
  /** The batches. */
  readonly data: BatchSource<Tensor>;
  /** How often to go through them. */
  readonly epochs: number;
  /** The learning rate at the beginning. */
  readonly learningRate: number;
  /** The key of the run. */
  readonly key: Key;
  /** Parameters to begin with. */
  readonly params?: P;
  /** The folder in which the run is saved and from which it goes on. */
  readonly out?: string | undefined;
}

/** Gradient descent with a rate that falls to 0 along a straight line, and a little weight decay. */
function descent<P extends Tree>(learningRate: number, steps: number): Transform<P, Tree> {
  const decay = weightDecay<P>({ rate: 2e-4, include: (at) => /weight/.test(at) });
  const descend = sgd<P>({ learningRate: linearSchedule({ from: learningRate, to: 0, steps }) });
  return chain(decay, descend) as unknown as Transform<P, Tree>;
}

/**
 * Trains by stochastic gradient descent with a falling rate and a little weight decay, and says how far it is.
 *
 * @param model - What draws initial parameters.
 * @param run - The run.
 * @returns What `fit` gives.
 */
export async function runTraining<P extends Tree, S extends Tree>(
  model: Initialised<P>,
  { name, learningRate, params, out, ...run }: TrainingRun<P, S>,
): Promise<FitResult<P>> {
  const steps = Math.max(1, run.epochs * run.data.batchesPerEpoch);
  const path = out && join(out, `${name}.safetensors`);
  const resume = path ? await loadTraining(path) : undefined;
  const begun = performance.now();
  const report = sparingly();
  const options: FitOptions<P, Tensor, Tree, S> = {
    ...run,
    optimiser: descent<P>(learningRate, steps),
    ...(params && !resume && { params }),
    ...(path && { checkpoint: { path, every: run.data.batchesPerEpoch }, resume }),
    onProgress: ({ step, epoch, metrics }) => {
      const shown = Object.entries(metrics).map(([metric, value]) => `${metric} ${value.toFixed(3)}`);
      const time = showSeconds(performance.now() - begun);
      report(`${name}: epoch ${epoch.toFixed(1)} of ${run.epochs}, ${time}, ${shown.join(', ')}`, step === steps);
    },
  };
  return fit(model, options);
}
