import { EbmError, fromPlain, type Key, type Progress, split, type Tree } from '@ebmkit/tensor';
import type { AdaptationHistory, AdaptedParameters } from '../adaptation/warm-up.js';
import type { DriveOptions } from './drive.js';
import type { SampleOptions } from './sample.js';
import type { Sampler } from './sample-target.js';
import { isSavedRun, type SavedRun } from './saved-run.js';

/** What was found before the draws began. */
export interface Adaptation {
  /** The step size and the inverse masses that the kernel was made with. */
  readonly parameters: AdaptedParameters;
  /** How they were found; left out when the draws of a saved run go on. */
  readonly history?: AdaptationHistory;
}

/** A kernel that is ready to draw, and where from. */
export interface Prepared {
  /** The kernel. */
  readonly kernel: Sampler;
  /** The end of the warm-up as tensors that are ours to free, or the saved draws to go on from. */
  readonly start: Tree | SavedRun;
  /** What was found. */
  readonly adaptation: Adaptation;
}

/** Warm-up steps unless given. */
const usualWarmup = 500;

/** An adaptive sampler whose types the signatures of `sample` have checked, and whose own are too deep for the compiler. */
export interface AnyAdaptiveSampler {
  /** Finds the settings for a target and makes the kernel. */
  readonly prepare: (
    target: never,
    options: Omit<DriveOptions, 'compile'> & { readonly start: Tree | SavedRun; readonly steps: number },
  ) => Promise<Required<Adaptation> & { readonly kernel: Sampler; readonly position: unknown }>;
  /** Makes the kernel with settings that were found before. */
  readonly make: (target: never, parameters: AdaptedParameters) => Sampler;
}

/** Whether a sampler finds its settings in the warm-up. */
export function isAdaptive(sampler: unknown): sampler is AnyAdaptiveSampler {
  return typeof sampler === 'object' && sampler !== null && 'prepare' in sampler;
}

/** The warm-up steps of a run. */
export function warmupOf({ warmup }: { readonly warmup?: number }): number {
  return warmup ?? usualWarmup;
}

/** Progress of a part of a run as that of the whole. */
export function progressOf(
  report: ((progress: Progress) => void) | undefined,
  begun: number,
  before: number,
  steps: number,
): ((progress: Progress) => void) | undefined {
  return (
    report &&
    (({ step }) => {
      const elapsed = (performance.now() - begun) / 1000;
      const done = before + step;
      report({ step: done, steps, elapsed, remaining: (elapsed / done) * (steps - done) });
    })
  );
}

/**
 * Finds the settings of an adaptive sampler, or takes those of a saved run whose warm-up is over. A run that was saved in its warm-up
 * goes on with it.
 */
export async function prepare(
  target: object,
  sampler: AnyAdaptiveSampler,
  start: Tree | SavedRun,
  options: SampleOptions<Tree>,
  onProgress: ((progress: Progress) => void) | undefined,
): Promise<Prepared> {
  if (isSavedRun(start) && start.adapted) {
    const parameters = start.adapted;
    return { kernel: sampler.make(target as never, parameters), start, adaptation: { parameters } };
  }
  const steps = warmupOf(options);
  if (!Number.isInteger(steps) || steps < 1)
    throw new EbmError(
      'argument',
      `sample: an adaptive sampler needs a warmup of at least 1 step, got ${steps}. A few hundred are usual.`,
    );
  const { signal, onSave, saveEvery } = options;
  const { kernel, parameters, position, history } = await sampler.prepare(target as never, {
    start,
    steps,
    key: warmupKey(options.key),
    ...(signal && { signal }),
    ...(onProgress && { onProgress }),
    ...(onSave && { onSave }),
    ...(saveEvery !== undefined && { saveEvery }),
  });
  return { kernel, start: fromPlain(position) as Tree, adaptation: { parameters, history } };
}

/** The key of the warm-up: a child that neither the start nor a step of the draws uses. */
function warmupKey(key: Key): Key {
  return split(key, 3)[2];
}
