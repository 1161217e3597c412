import {
  EbmError,
  fold,
  free,
  isKey,
  type Jitted,
  jit,
  type Key,
  makePacer,
  type Progress,
  retire,
  scoped,
  split,
  type Tree,
} from '@ebmkit/tensor';
import type { AdaptedParameters } from '../adaptation/warm-up.js';
import { checkedCount } from '../kernel/checked-count.js';
import { isCompiled, type Kernel, type Transition } from '../kernel/kernel.js';
import { abortedRun } from './aborted.js';
import { isSavedRun, resumeRun, type SavedRun, saveRun } from './saved-run.js';

/** What every driver of kernels can be told. */
export interface DriveOptions {
  /** The key of the whole run. Step `i` gets `fold(key, i)`, whatever happened before, so a resumed run draws the same numbers. */
  readonly key: Key;
  /** Called about every 100 ms and at the end. */
  readonly onProgress?: (progress: Progress) => void;
  /** Stops the run between two steps: it then throws an `AbortedRun`. */
  readonly signal?: AbortSignal;
  /** Called with the run as plain data every `saveEvery` steps and after the last one. A promise is awaited. */
  readonly onSave?: (saved: SavedRun) => void | Promise<void>;
  /** How many steps lie between two calls of `onSave`. */
  readonly saveEvery?: number;
  /**
   * Whether the kernel's step is traced and compiled (see `jit` in `@ebmkit/tensor`); true unless given, but for kernels that
   * are `eager`.
   */
  readonly compile?: boolean;
}

/** One loop over the steps of a kernel. */
export interface Loop<P extends Tree, S extends { readonly position: P }, I> extends DriveOptions {
  /** Who drives, for messages. */
  readonly caller: string;
  /** Steps in all. */
  readonly steps: number;
  /** Called after every step with tensors that it must not keep. A promise is awaited before they are freed. */
  readonly visit: (transition: Transition<S, I>, step: number) => Promise<void> | void;
  /** What has been collected, for the error of an aborted run. */
  readonly collected: () => unknown;
  /** Called at the end with the last state, before it is freed. */
  readonly finish?: (state: S) => Promise<void>;
  /** What moves the chains. */
  readonly kernel: Kernel<P, S, I>;
  /** Where they begin. */
  readonly start: P | SavedRun;
  /** What a saved run must know to make its kernel again. */
  readonly adapted?: AdaptedParameters;
}

function checkLoop(
  caller: string,
  { steps, key, saveEvery, onSave }: Omit<DriveOptions, 'signal'> & { steps: number },
): void {
  if (!isKey(key))
    throw new EbmError('argument', `${caller}: expected a key, got ${typeof key}. Make one with key(seed).`);
  checkedCount(caller, 'steps', steps, 0);
  if ((saveEvery === undefined) !== (onSave === undefined))
    throw new EbmError('argument', `${caller}: give both of onSave and saveEvery, or none.`);
  if (saveEvery !== undefined) checkedCount(caller, 'saveEvery', saveEvery, 1);
}

/** Calls `init` or `step` in a scope, also for kernels that were not made with `defineKernel`. */
function inScope<T>(f: () => T): T {
  return scoped<T>(f as () => T extends PromiseLike<unknown> ? never : T);
}

/** A step that is compiled unless it is already, or should not be; and what frees the compiled program. What is compiled needs no scope. */
function compiledStep<P extends Tree, S extends { readonly position: P }, I>(
  kernel: Kernel<P, S, I>,
  compile: boolean,
) {
  if (isCompiled(kernel.step)) return { step: kernel.step, clear: () => kernel.clear?.() };
  if (!compile || kernel.eager)
    return { step: (key: Key, state: S) => inScope(() => kernel.step(key, state)), clear: () => kernel.clear?.() };
  const step: Jitted<Kernel<P, S, I>['step']> = jit((key: Key, state: S) => kernel.step(key, state));
  return { step, clear: step.clear };
}

/** The state of a saved run, after a check that this kernel makes such states. */
function resume<P extends Tree, S extends { readonly position: P }, I>(
  { caller, kernel, key, steps }: Loop<P, S, I>,
  saved: SavedRun,
): S {
  const state = resumeRun<S>(caller, saved, key, steps);
  const names = (value: object): string => Object.keys(value).sort().join(', ');
  try {
    const wanted = 'position' in state ? inScope(() => names(kernel.init(state.position, key))) : 'position';
    if (wanted !== names(state))
      throw new EbmError(
        'argument',
        `${caller}: the saved run has a state of ${names(state)}; this one's is of ${wanted}. Resume it with the kernel that it was saved from.`,
      );
    return state;
  } catch (error) {
    free(state);
    throw error;
  }
}

/**
 * The only loop over kernel steps, and the only place that frees their states. Every tensor that it makes is freed when it ends,
 * however it ends.
 */
export async function drive<P extends Tree, S extends { readonly position: P }, I>(loop: Loop<P, S, I>): Promise<void> {
  const { caller, kernel, start, steps, key, signal, onSave, saveEvery, visit } = loop;
  checkLoop(caller, loop);
  const resumed = isSavedRun(start);
  const borrowed = resumed ? undefined : start;
  const first = resumed ? start.step : 0;
  let state: S = isSavedRun(start) ? resume(loop, start) : inScope(() => kernel.init(start, split(key, 1)[0]));
  const { step, clear } = compiledStep(kernel, loop.compile ?? true);
  const save = (done: number): Promise<SavedRun> => saveRun(state, done, key, loop.adapted);
  const pacer = makePacer(first, steps, loop.onProgress);
  try {
    for (let i = first; i < steps; i++) {
      if (signal?.aborted) throw abortedRun(caller, steps, await save(i), loop.collected(), signal);
      const transition = step(fold(key, i), state);
      retire(state, [transition, borrowed]);
      state = transition.state;
      try {
        await visit(transition, i);
      } finally {
        retire(transition.info, [state, borrowed]);
      }
      const isSaving = saveEvery !== undefined && ((i + 1) % saveEvery === 0 || i + 1 === steps);
      if (isSaving) await onSave?.(await save(i + 1));
      await pacer.after(i + 1);
    }
    await loop.finish?.(state);
    pacer.finish(steps);
  } finally {
    retire(state, borrowed);
    clear();
  }
}
