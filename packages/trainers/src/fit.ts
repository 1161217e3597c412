import {
  EbmError,
  fold,
  free,
  fromPlain,
  isKey,
  jit,
  type Key,
  retire,
  scoped,
  split,
  type Tensor,
  type Tree,
  toPlain,
} from '@ebmkit/tensor';
import { findNotFinite } from './finiteness.js';
import type { FitOptions, FitResult } from './fit-options.js';
import { fitPacer } from './fit-pacer.js';
import { checkResumable, type SavedTraining, saveTraining } from './saved-training.js';
import { trainingLog } from './training-log.js';
import { type TrainingState, trainingStep } from './training-step.js';

/** What `fit` asks of a model: initial parameters. The objective knows the rest. */
export interface Initialised<P extends Tree> {
  /** Draws initial parameters. */
  readonly init: (key: Key) => P;
}

function checkOptions<P extends Tree, B, O extends Tree, S extends Tree>({
  epochs,
  recordEvery,
  checkpoint,
  data,
  key,
  params,
  resume,
}: FitOptions<P, B, O, S>): void {
  const whole = (name: string, value: number, least: number): void => {
    if (!Number.isInteger(value) || value < least)
      throw new EbmError('argument', `fit: ${name} must be a whole number of at least ${least}, got ${value}.`);
  };
  if (!isKey(key)) throw new EbmError('argument', `fit: expected a key, got ${typeof key}. Make one with key(seed).`);
  whole('epochs', epochs, 0);
  whole('data.batchesPerEpoch', data.batchesPerEpoch, 1);
  if (recordEvery !== undefined) whole('recordEvery', recordEvery, 1);
  if (checkpoint) whole('checkpoint.every', checkpoint.every, 1);
  if (checkpoint && 'path' in checkpoint === 'save' in checkpoint)
    throw new EbmError('argument', 'fit: checkpoint needs either path or save. Give one of them.');
  if (params !== undefined && resume !== undefined)
    throw new EbmError('argument', 'fit: params and resume exclude each other, since a saved run has its parameters.');
}

/** The state before the first step. */
function begin<P extends Tree, B, O extends Tree, S extends Tree>(
  { objective, optimiser, average }: FitOptions<P, B, O, S>,
  model: Initialised<P>,
  key: Key,
  given: unknown,
): TrainingState<P, O, S> {
  const [forParams, forObjective] = split(key, 2);
  return scoped<TrainingState<P, O, S>>(() => {
    const params = given ? (fromPlain(given) as P) : model.init(forParams);
    return {
      params,
      optimiser: optimiser.init(params),
      objective: objective.init(params, forObjective),
      average: average ? average.init(params) : null,
    };
  });
}

/** The state at which this call begins, and how many steps were done before. */
async function start<P extends Tree, B, O extends Tree, S extends Tree>(
  model: Initialised<P>,
  options: FitOptions<P, B, O, S>,
  steps: number,
): Promise<{ readonly step: number; readonly state: TrainingState<P, O, S> }> {
  const { key, resume, params } = options;
  const given = params && (await toPlain<unknown>(params));
  const state = begin(options, model, fold(key, 0), given);
  const plain = await toPlain<unknown>(state);
  const bad = resume ? undefined : findNotFinite(plain);
  if (!resume && bad === undefined) return { step: 0, state };
  free(state);
  if (bad !== undefined)
    throw new EbmError(
      'argument',
      `fit: ${bad} holds NaN or an infinity before the first step. Begin with finite numbers.`,
    );
  checkResumable(resume, key, steps, plain);
  return { step: resume.step, state: fromPlain(resume.state) as TrainingState<P, O, S> };
}

/** What stores a run, if anything does. */
function saverOf({ checkpoint }: Pick<FitOptions<Tree, unknown, Tree, Tree>, 'checkpoint'>) {
  if (!checkpoint) return undefined;
  return 'path' in checkpoint ? (saved: SavedTraining) => saveTraining(checkpoint.path, saved) : checkpoint.save;
}

/** The result from the last saved state. */
function resultOf<P extends Tree>(saved: SavedTraining, steps: number): FitResult<P> {
  const { params, average } = saved.state as TrainingState<never, unknown, unknown>;
  const { step, history } = saved;
  const result: unknown = {
    params,
    ...(average ? { average: (average as { average: unknown }).average } : {}),
    history,
    steps: step,
    status: step < steps ? 'aborted' : 'finished',
    saved,
  };
  return result as FitResult<P>;
}

/**
 * Trains a model: any objective, any optimiser, any source of batches. One step (prepare the batch, loss, gradient, optimiser) is one
 * compiled function whose key is `fold(fold(key, 2), step)`, so that a resumed run equals the uninterrupted one bit for bit. The loop
 * yields to the event loop about every 10 ms.
 *
 * Metrics are read every `recordEvery` steps, and whenever the run is saved. If the loss or any number of the state is then not finite, the
 * run stops with a `DivergedError` that carries the state of the read before, which was finite.
 *
 * @param model - Whatever draws initial parameters: an energy model or a Boltzmann machine.
 * @param options - Objective, optimiser, data, epochs, key, and what to call along the way.
 * @returns Parameters, history and saved state as plain data.
 * @throws DivergedError when numbers become NaN or infinite; `lastFinite` is a `SavedTraining`.
 * @throws EbmError when an option is wrong, or the run to resume is not of these parts and this key.
 *
 * @example
 * ```ts
 * const result = await fit(machine, { objective, optimiser: sgd({ learningRate: 0.05 }), data, epochs: 5, key: key(1) });
 * const params = fromPlain(result.params);
 * ```
 */
export async function fit<P extends Tree, B, O extends Tree, S extends Tree>(
  model: Initialised<P>,
  options: FitOptions<P, B, O, S>,
): Promise<FitResult<P>> {
  checkOptions(options);
  const { data, key, resume, signal, checkpoint } = options;
  const { batchesPerEpoch, prepare } = data;
  const steps = options.epochs * batchesPerEpoch;
  const recordEvery = options.recordEvery ?? Math.max(1, Math.round(batchesPerEpoch / 20));
  const [forData, forSteps] = [fold(key, 1), fold(key, 2)];
  const save = saverOf({ checkpoint } as never);
  const advance = jit(trainingStep({ ...options, ...(prepare ? { prepare } : {}) }));
  let { step, state } = await start(model, options, steps);
  const log = trainingLog({ step, state }, key, batchesPerEpoch, resume?.history ?? []);
  const pacer = fitPacer(step, steps, batchesPerEpoch, log.history, options.onProgress);
  let metrics: Readonly<Record<string, Tensor>> = {};
  let batch: B | undefined;
  try {
    while (step < steps && !signal?.aborted) {
      batch = data.batch(forData, Math.floor(step / batchesPerEpoch), step % batchesPerEpoch);
      const next = advance(fold(forSteps, step), state, batch);
      retire([state, metrics, batch], [next, log.last().state]);
      ({ state, metrics } = next);
      step++;
      const isSaving = checkpoint !== undefined && (step % checkpoint.every === 0 || step === steps);
      if (isSaving || step % recordEvery === 0 || step === steps) await log.record({ step, state }, metrics);
      if (isSaving) await save?.(await log.saved());
      await pacer.after(step);
    }
    if (step > log.last().step) await log.record({ step, state }, metrics);
    pacer.finish(step);
    return resultOf(await log.saved(), steps);
  } finally {
    free([state, metrics, batch, log.last().state]);
    log.clear();
    advance.clear();
  }
}
