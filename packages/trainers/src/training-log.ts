import { DivergedError, type Jitted, jit, type Key, read, retire, type Tensor, toPlain } from '@ebmkit/tensor';
import { findNotFinite, isTreeFinite } from './finiteness.js';
import type { SavedTraining } from './saved-training.js';
import type { TrainingRecord } from './training-record.js';

/** A state and when it was. */
interface Moment<T> {
  readonly step: number;
  readonly state: T;
}

/** Records metrics, and keeps the last state that was seen to be finite. */
export interface TrainingLog<T> {
  /** Reads the metrics of a step; throws `DivergedError` when the loss or the state is not finite. */
  readonly record: (moment: Moment<T>, metrics: Readonly<Record<string, Tensor>>) => Promise<void>;
  /** The last state that was recorded: finite, and not to be freed by anyone else. */
  readonly last: () => Moment<T>;
  /** The metrics so far. */
  readonly history: readonly TrainingRecord[];
  /** The last recorded state as plain data. */
  readonly saved: () => Promise<SavedTraining>;
  /** Frees what is only the log's. */
  readonly clear: () => void;
}

async function readScalars(scalars: Readonly<Record<string, Tensor>>): Promise<Record<string, number>> {
  const entries = Object.entries(scalars).map(
    async ([name, scalar]) => [name, (await read(scalar))[0] as number] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

/**
 * Starts a log.
 *
 * @param start - Where the run begins or goes on.
 * @param key - The key of the run, to save with it.
 * @param batchesPerEpoch - To count epochs.
 * @param before - Metrics of the run that is resumed.
 */
export function trainingLog<T>(
  start: Moment<T>,
  key: Key,
  batchesPerEpoch: number,
  before: readonly TrainingRecord[],
): TrainingLog<T> {
  const history = [...before];
  const finite: Jitted<(state: T) => Tensor> = jit((state: T) => isTreeFinite(state));
  let last = start;

  const saved = async (): Promise<SavedTraining> => {
    const { step, state } = last;
    return { kind: 'ebmkit.training', step, key, state: await toPlain<unknown>(state), history: [...history] };
  };
  const diverged = async ({ step, state }: Moment<T>, loss: number | undefined): Promise<DivergedError> => {
    const path = findNotFinite(await toPlain<unknown>(state));
    const what =
      path === undefined ? `the loss became ${loss}` : `${path} became NaN or infinite (the loss is ${loss})`;
    return new DivergedError<SavedTraining>(
      `fit: between steps ${last.step} and ${step} ${what}. Lower the learning rate or clip the gradients; error.lastFinite holds the run at step ${last.step}, which fit can resume.`,
      await saved(),
    );
  };
  return {
    history,
    last: () => last,
    saved,
    clear: finite.clear,
    record: async (moment, metrics) => {
      const flag = finite(moment.state);
      const { isStateFinite, ...numbers } = await readScalars({ ...metrics, isStateFinite: flag });
      retire(flag, moment.state);
      if (!Number.isFinite(numbers.loss) || isStateFinite !== 1) throw await diverged(moment, numbers.loss);
      history.push({ step: moment.step, epoch: moment.step / batchesPerEpoch, metrics: numbers });
      retire(last.state, moment.state);
      last = moment;
    },
  };
}
