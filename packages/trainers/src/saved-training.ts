import { loadCheckpoint, saveCheckpoint } from '@ebmkit/checkpoint';
import { EbmError, FormatError, isKey, isPlainTensor, type Key } from '@ebmkit/tensor';
import type { TrainingRecord } from './training-record.js';

/** All that a run goes on from, as plain data: it can be structured-cloned, sent to a worker or written to a file. */
export interface SavedTraining {
  /** Marks the kind of data. */
  readonly kind: 'ebmkit.training';
  /** Steps done. */
  readonly step: number;
  /** The key of the whole run. */
  readonly key: Key;
  /** Parameters, optimiser, objective and average: a `TrainingState` with its tensors as plain data. */
  readonly state: unknown;
  /** The metrics so far. */
  readonly history: readonly TrainingRecord[];
}

/** Whether a value is a saved training run. */
export function isSavedTraining(value: unknown): value is SavedTraining {
  return typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'ebmkit.training';
}

/** The structure and the shapes of a plain state in words: equal strings mean that one can stand for the other. */
function describeState(state: unknown): string {
  if (isPlainTensor(state)) return `[${state.shape.join(', ')}]`;
  if (typeof state !== 'object' || state === null || isKey(state)) return '*';
  const parts = Object.entries(state).map(([name, child]) => `${name}: ${describeState(child)}`);
  return `{ ${parts.join(', ')} }`;
}

/** Throws unless a saved run belongs to this key, to this many steps, and to parts that begin with such a state. */
export function checkResumable(
  saved: unknown,
  key: Key,
  steps: number,
  begun: unknown,
): asserts saved is SavedTraining {
  if (!isSavedTraining(saved))
    throw new EbmError(
      'argument',
      'fit: resume must be a saved training run. Pass result.saved or loadTraining(path).',
    );
  if (saved.key.words.some((word, i) => word !== key.words[i]))
    throw new EbmError(
      'argument',
      `fit: the saved run has the key [${saved.key.words.join(', ')}], got [${key.words.join(', ')}]. Pass key: saved.key.`,
    );
  if (saved.step > steps)
    throw new EbmError(
      'argument',
      `fit: the saved run has done ${saved.step} steps already, more than the ${steps} of this one. Ask for more epochs.`,
    );
  const [wanted, got] = [describeState(begun), describeState(saved.state)];
  if (wanted !== got)
    throw new EbmError(
      'argument',
      `fit: the saved run does not fit the model, optimiser, objective and average: they have the state ${wanted}, it has ${got}. Resume with the same parts.`,
    );
}

/**
 * Saves a training run to a safetensors file, atomically: whenever the process is killed, the path holds a whole run. Parameters
 * are the tensors under `state.params`. Node only.
 *
 * @param path - The file; its folder must exist.
 * @param saved - From `fit`: `result.saved`, or what `checkpoint.save` gets.
 * @param metadata - Free text to store beside it.
 */
export async function saveTraining(
  path: string,
  saved: SavedTraining,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  await saveCheckpoint(path, saved, metadata);
}

/**
 * Loads a training run. Node only.
 *
 * @param path - A file that `saveTraining` or `fit` with `checkpoint.path` wrote.
 * @returns What `fit` takes as `resume`; undefined when there is no such file, so that one line of code begins a run or goes on.
 * @throws FormatError when the file is damaged or something else.
 *
 * @example
 * ```ts
 * const path = 'run.safetensors';
 * await fit(model, { ...options, checkpoint: { path, every: 500 }, resume: await loadTraining(path) });
 * ```
 */
export async function loadTraining(path: string): Promise<SavedTraining | undefined> {
  let tree: unknown;
  try {
    ({ tree } = await loadCheckpoint(path));
  } catch (error) {
    if ((error as { cause?: { code?: unknown } }).cause?.code === 'ENOENT') return undefined;
    throw error;
  }
  if (!isSavedTraining(tree))
    throw new FormatError(`loadTraining: ${path} holds no training run. Load parameters with loadCheckpoint().`);
  return tree;
}
