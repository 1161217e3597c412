import { rm } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import type { RbmParameters } from '@ebmkit/boltzmann';
import { loadCheckpoint, saveCheckpoint } from '@ebmkit/checkpoint';
import { chain, linearSchedule, sgd, type Transform, weightDecay } from '@ebmkit/optim';
import type { Tensor } from '@ebmkit/tensor';
import { bernoulli, EbmError, type Key, key, type Plain, type Tree, tensor } from '@ebmkit/tensor';
import {
  contrastiveDivergence,
  fit,
  type Objective,
  persistentContrastiveDivergence,
  rowBatches,
  type SavedTraining,
  type TrainingRecord,
} from '@ebmkit/trainers';
import { pixelMeans } from './column-means.js';
import type { Digits } from './digits.js';
import { bernoulliMachine, saveMachine } from './machine.js';
import { showNumber, showSeconds, startProgress } from './progress.js';
import { makeFolder, runFile, writeJson } from './run-folder.js';
import type { TrainingSettings } from './training-settings.js';

/** What is kept of a training run beside its parameters. */
export interface TrainingSummary {
  /** What was asked for. */
  readonly settings: TrainingSettings;
  /** The metrics along the way. */
  readonly history: readonly TrainingRecord[];
  /** Seconds that training took, since the start or the last resumption. */
  readonly seconds: number;
}

/** How a run is started. */
export interface TrainOptions {
  /** What decides the numbers. */
  readonly settings: TrainingSettings;
  /** Where files go. */
  readonly folder: string;
  /** Go on from the checkpoint in the folder. */
  readonly resume: boolean;
  /** Stops the run after the current step. */
  readonly signal?: AbortSignal;
}

/** What a run leaves. */
export interface Trained {
  /** The parameters. */
  readonly params: Plain<RbmParameters>;
  /** How it went. */
  readonly summary: TrainingSummary;
  /** Whether it was stopped by the signal. */
  readonly aborted: boolean;
}

function objectiveFor(settings: TrainingSettings, means: Float32Array): Objective<RbmParameters, Tensor, Tree> {
  const machine = bernoulliMachine(means.length, settings.hidden);
  const { k, chains } = settings;
  if (settings.objective === 'cd')
    return contrastiveDivergence(machine, { k, kernel: machine.kernel }) as Objective<RbmParameters, Tensor, Tree>;
  return persistentContrastiveDivergence(machine, {
    k,
    kernel: machine.kernel,
    start: (forStart) => bernoulli(forStart, tensor(means), [chains, means.length]),
  }) as unknown as Objective<RbmParameters, Tensor, Tree>;
}

function optimiserFor(
  { learningRate, weightDecay: rate }: TrainingSettings,
  steps: number,
): Transform<RbmParameters, Tree> {
  const descend = sgd<RbmParameters>({
    learningRate: linearSchedule({ from: learningRate, to: 0, steps: Math.max(1, steps) }),
  });
  if (rate === 0) return descend as unknown as Transform<RbmParameters, Tree>;
  return chain(
    weightDecay<RbmParameters>({ rate, include: (path) => path === 'weight' }),
    descend,
  ) as unknown as Transform<RbmParameters, Tree>;
}

/** A saved run, if it was started with the same settings. */
async function openCheckpoint(folder: string, settings: TrainingSettings): Promise<SavedTraining> {
  const { tree, metadata } = await loadCheckpoint<SavedTraining>(runFile(folder, 'checkpoint'));
  const wanted = JSON.stringify(settings);
  if (metadata.settings !== wanted)
    throw new EbmError(
      'argument',
      `train --resume: the run in ${folder} was started with ${metadata.settings}, not ${wanted}. Give the same settings, or another folder.`,
    );
  return tree;
}

/** The parts of `fit` that follow from the settings. */
function partsOf({ train: images }: Digits, settings: TrainingSettings) {
  const means = pixelMeans(images);
  const machine = bernoulliMachine(images.pixels, settings.hidden);
  const data = rowBatches(images.images, {
    eventShape: [images.pixels],
    batchSize: settings.batchSize,
    prepare: (forBatch, batch) => bernoulli(forBatch, batch),
  });
  return {
    model: { init: (forParams: Key) => machine.init(forParams, { visibleMeans: means }) },
    objective: objectiveFor(settings, means),
    optimiser: optimiserFor(settings, settings.epochs * data.batchesPerEpoch),
    data,
    epochs: settings.epochs,
    key: key(settings.seed),
  };
}

/**
 * Measures how long a training step takes here, compilation aside.
 *
 * @param digits - The images.
 * @param settings - The run to come, of which nothing is kept.
 * @param steps - How many steps to time.
 * @returns Seconds a step.
 */
export async function timeTrainingSteps(digits: Digits, settings: TrainingSettings, steps: number): Promise<number> {
  const { model, ...options } = partsOf(digits, settings);
  const controller = new AbortController();
  const warmup = 3;
  const times: number[] = [];
  await fit<RbmParameters, Tensor, Tree, Tree>(model, {
    ...options,
    recordEvery: 1,
    signal: controller.signal,
    data: {
      ...options.data,
      batch: (...place) => {
        times.push(performance.now());
        if (times.length > warmup + steps) controller.abort();
        return options.data.batch(...place);
      },
    },
  });
  const last = times.at(-1) as number;
  return (last - (times[warmup] as number)) / 1000 / Math.max(1, times.length - 1 - warmup);
}

/**
 * Trains a restricted Boltzmann machine on images: a progress bar, a checkpoint every epoch, and at the end `model.safetensors` and
 * `training.json` in the folder.
 *
 * @param digits - The images.
 * @param options - Settings and folder.
 * @returns Parameters and history.
 */
export async function train(digits: Digits, { settings, folder, resume, signal }: TrainOptions): Promise<Trained> {
  await makeFolder(folder);
  const { model, ...parts } = partsOf(digits, settings);
  const steps = settings.epochs * parts.data.batchesPerEpoch;
  const saved = resume ? await openCheckpoint(folder, settings) : undefined;
  const keep = (state: SavedTraining): Promise<void> =>
    saveCheckpoint(runFile(folder, 'checkpoint'), state, { settings: JSON.stringify(settings) });
  const bar = startProgress('Training  ', steps);
  const begun = performance.now();
  try {
    const result = await fit<RbmParameters, Tensor, Tree, Tree>(model, {
      ...parts,
      ...(saved ? { resume: saved } : {}),
      ...(signal ? { signal } : {}),
      checkpoint: {
        every: parts.data.batchesPerEpoch,
        save: keep,
      },
      onProgress: ({ step, epoch, metrics }) => {
        bar.update(
          step,
          `epoch ${epoch.toFixed(1)} of ${settings.epochs}, energy gap ${showNumber(metrics.energyGap)}`,
        );
      },
    });
    const isAborted = result.status === 'aborted';
    if (isAborted) await keep(result.saved);
    const seconds = (performance.now() - begun) / 1000;
    const summary = { settings, history: result.history, seconds };
    await saveMachine(runFile(folder, 'model'), result.params, { settings: JSON.stringify(settings) });
    await writeJson(runFile(folder, 'training'), summary);
    await rm(runFile(folder, 'evaluation'), { force: true });
    return { params: result.params, summary, aborted: isAborted };
  } finally {
    bar.stop();
    process.stderr.write(`Training took ${showSeconds((performance.now() - begun) / 1000)}.\n`);
  }
}
