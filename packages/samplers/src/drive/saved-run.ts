import { EbmError, fromPlain, isKey, type Key, toPlain } from '@ebmkit/tensor';
import type { AdaptedParameters } from '../adaptation/warm-up.js';

/**
 * A run as plain data, between two steps: state, key and step are all there is. It can be structured-cloned, sent to a worker or
 * written to a file, and `run` and `sample` go on from it as if they had never stopped, bit for bit.
 */
export interface SavedRun {
  /** Marks the kind of data. */
  readonly kind: 'ebmkit.run';
  /** How many steps were done. */
  readonly step: number;
  /** The key of the whole run. */
  readonly key: Key;
  /** What the warm-up of an adaptive sampler has found, once it is over. */
  readonly adapted?: AdaptedParameters;
  /** The kernel's state with numbers in place of tensors (see `toPlain` of `@ebmkit/tensor`). */
  readonly state: unknown;
}

/** Whether a value is a saved run. */
export function isSavedRun(value: unknown): value is SavedRun {
  return typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'ebmkit.run';
}

/** Reads every tensor of a state. */
export async function saveRun(state: unknown, step: number, key: Key, adapted?: AdaptedParameters): Promise<SavedRun> {
  return { kind: 'ebmkit.run', step, key, ...(adapted && { adapted }), state: await toPlain(state) };
}

/** The state of a saved run as tensors, after checking that it belongs to this key and to this many steps. */
export function resumeRun<S>(caller: string, saved: SavedRun, key: Key, steps: number): S {
  if (!isKey(saved.key) || saved.key.words.some((word, i) => word !== key.words[i]))
    throw new EbmError(
      'argument',
      `${caller}: the saved run has the key [${saved.key?.words?.join(', ')}], got [${key.words.join(', ')}]. Pass the key that it began with.`,
    );
  if (saved.step > steps)
    throw new EbmError(
      'argument',
      `${caller}: the saved run has done ${saved.step} steps already, more than ${steps}. Ask for the number of steps in all.`,
    );
  return fromPlain(saved.state) as S;
}
