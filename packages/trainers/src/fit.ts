import {
  DivergedError,
  EbmError,
  fold,
  free,
  fromPlain,
  type Key,
  read,
  retire,
  scoped,
  split,
  type Tensor,
  type Tree,
  toPlain,
} from '@ebmkit/tensor';
import type { FitOptions, FitResult, SavedTraining, TrainingRecord } from './fit-options.js';
import { type TrainingState, trainingStep } from './training-step.js';

/** What `fit` asks of a model: initial parameters. The objective knows the rest. */
export interface Initialised<P extends Tree> {
  /** Draws initial parameters. */
  readonly init: (key: Key) => P;
}

/** How long the loop may keep the event loop waiting, in milliseconds. */
const patience = 10;

function checkOptions({
  epochs,
  recordEvery,
  checkpoint,
  data,
}: Pick<FitOptions<Tree, unknown, Tree, Tree>, 'epochs' | 'recordEvery' | 'checkpoint' | 'data'>): void {
  const whole = (name: string, value: number, least: number): void => {
    if (!Number.isInteger(value) || value < least)
      throw new EbmError('argument', `fit: ${name} must be a whole number of at least ${least}, got ${value}.`);
  };
  whole('epochs', epochs, 0);
  whole('data.batchesPerEpoch', data.batchesPerEpoch, 1);
  if (recordEvery !== undefined) whole('recordEvery', recordEvery, 1);
  if (checkpoint) whole('checkpoint.every', checkpoint.every, 1);
}

async function readScalars(scalars: Readonly<Record<string, Tensor>>): Promise<Record<string, number>> {
  const entries = Object.entries(scalars).map(
    async ([name, scalar]) => [name, (await read(scalar))[0] as number] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

function sameKey(a: Key, b: Key): boolean {
  return a.words.every((word, i) => word === b.words[i]);
}

/**
 * Trains a model: any objective, any optimiser, any source of batches. One step (prepare the batch, loss, gradient, optimiser) is one
 * compiled function whose key is `fold(fold(key, 2), step)`, so that a resumed run equals the uninterrupted one bit for bit.
 *
 * Metrics are read every `recordEvery` steps. If the loss is then not finite, the run stops with a `DivergedError` that carries
 * the state of the last read at which it was.
 *
 * @param model - Whatever draws initial parameters: an energy model or a Boltzmann machine.
 * @param options - Objective, optimiser, data, epochs, key, and what to call along the way.
 * @returns Parameters, history and saved state as plain data.
 * @throws DivergedError when the loss is NaN or infinite; `lastFinite` is a `SavedTraining`.
 * @throws EbmError when an option is wrong, or the key is not that of the run to resume.
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
  checkOptions(options as never);
  const { objective, optimiser, data, epochs, key, resume, signal, onProgress, checkpoint } = options;
  if (resume && !sameKey(resume.key, key))
    throw new EbmError('argument', 'fit: the key must be the one of the run to resume. Pass key: saved.key.');
  const steps = epochs * data.batchesPerEpoch;
  const recordEvery = options.recordEvery ?? Math.max(1, Math.round(data.batchesPerEpoch / 20));
  const history: TrainingRecord[] = [...(resume?.history ?? [])];
  const [forInit, forData, forSteps] = [fold(key, 0), fold(key, 1), fold(key, 2)];
  const advance = trainingStep(objective, optimiser, data.prepare);
  const first = resume?.step ?? 0;
  const begun = performance.now();

  let state: TrainingState<P, O, S> = resume
    ? (fromPlain(resume.state) as TrainingState<P, O, S>)
    : begin(options, model, forInit, options.params && (await toPlain<unknown>(options.params)));
  /** The state at the last read with finite metrics; its tensors are kept until the next one. */
  let good = { step: first, state };
  let step = first;
  let heard = begun;
  let breathed = begun;
  let metrics: Readonly<Record<string, Tensor>> = {};

  const savedAt = async (at: typeof good): Promise<SavedTraining> => ({
    step: at.step,
    key,
    state: await toPlain(at.state as unknown),
    history: history.filter((record) => record.step <= at.step),
  });

  const record = async (): Promise<void> => {
    const numbers = await readScalars(metrics);
    if (!Number.isFinite(numbers.loss)) {
      const lastFinite = await savedAt(good);
      throw new DivergedError(
        `fit: the loss became ${numbers.loss} between steps ${good.step} and ${step}. Lower the learning rate or clip the gradients; error.lastFinite holds the state of step ${good.step}, which fit can resume.`,
        lastFinite,
      );
    }
    history.push({ step, epoch: step / data.batchesPerEpoch, metrics: numbers });
    const previous = good;
    good = { step, state };
    retire(previous.state, state);
  };

  const report = (now: number): void => {
    const last = history.at(-1);
    const seconds = (now - begun) / 1000;
    const done = step - first;
    onProgress?.({
      step,
      steps,
      epoch: step / data.batchesPerEpoch,
      metrics: last?.metrics ?? {},
      seconds,
      secondsLeft: done > 0 ? (seconds / done) * (steps - step) : Number.NaN,
    });
    heard = now;
  };

  try {
    while (step < steps && !signal?.aborted) {
      const batch = data.batch(forData, Math.floor(step / data.batchesPerEpoch), step % data.batchesPerEpoch);
      const next = advance(fold(forSteps, step), state, batch);
      free(batch);
      retire([state, metrics], [next.state, next.metrics, good.state]);
      ({ state, metrics } = next);
      step++;
      const due = step % recordEvery === 0 || step === steps || (checkpoint && step % checkpoint.every === 0);
      if (due) await record();
      if (checkpoint && (step % checkpoint.every === 0 || step === steps)) await checkpoint.save(await savedAt(good));
      const now = performance.now();
      if (onProgress && (now - heard >= 100 || step === steps)) report(now);
      if (now - breathed >= patience) {
        await new Promise<void>((resume_) => setTimeout(resume_, 0));
        breathed = performance.now();
      }
    }
    if (step > good.step) await record();
    const saved = await savedAt({ step, state });
    const status = step < steps ? 'aborted' : 'finished';
    const { params } = saved.state as { readonly params: unknown };
    const result: unknown = { params, history, status, saved };
    return result as FitResult<P>;
  } finally {
    free([state, metrics, good.state]);
    advance.clear();
  }
}

function begin<P extends Tree, B, O extends Tree, S extends Tree>(
  { objective, optimiser }: FitOptions<P, B, O, S>,
  model: Initialised<P>,
  key: Key,
  given: unknown,
): TrainingState<P, O, S> {
  const [forParams, forObjective] = split(key, 2);
  return scoped<TrainingState<P, O, S>>((() => {
    const params = given ? (fromPlain(given) as P) : model.init(forParams);
    return { params, optimiser: optimiser.init(params), objective: objective.init(params, forObjective) };
  }) as never);
}
