import { EbmError, scoped, type Tree, tensorsOf } from '@ebmkit/tensor';
import type { Kernel, Transition } from '../kernel/kernel.js';
import { type DriveOptions, drive } from './drive.js';
import type { NoTensor } from './plain-data.js';
import type { SavedRun } from './saved-run.js';

/** How to run a kernel. */
export interface RunOptions<S, I, R> extends DriveOptions {
  /** How many steps the run has in all; a resumed run does those that are left. */
  readonly steps: number;
  /**
   * Called after every step with the new state and the kernel's info, whose tensors it may read but not keep. What it returns is
   * collected: numbers, strings, typed arrays and plain objects of them.
   */
  readonly observe?: (transition: Transition<S, I>, step: number) => R;
}

/**
 * Runs a kernel: one chain of steps on all chains in parallel, with the step compiled. It frees every state, yields to the
 * event loop about every 10 ms, and can be watched, aborted, saved and resumed bit for bit. For draws as arrays with statistics
 * use `sample`.
 *
 * @param kernel - The kernel.
 * @param start - The position of every chain, a tree of tensors `[chains, ...event]`, which stays yours; or a run that was saved by
 * `onSave` or by an aborted run, to go on from it.
 * @param options - Number of steps, key, and what to observe.
 * @returns What `observe` returned, one entry for each step; an empty array without `observe`.
 * @throws EbmError with code `aborted` when the signal fires (an `AbortedRun`), with code `argument` when an option is wrong or
 * `observe` returns a tensor.
 *
 * @example
 * ```ts
 * const kernel = mala(gaussian({ mean: [0, 0] }), { stepSize: 0.5 });
 * const energies = await run(kernel, zeros([4, 2]), {
 *   steps: 1000,
 *   key: key(1),
 *   observe: ({ state }) => readSync(state.energy),
 * });
 * ```
 */
export async function run<P extends Tree, S extends { readonly position: P }, I, R = undefined>(
  kernel: Kernel<P, S, I>,
  start: P | SavedRun,
  options: RunOptions<S, I, R & NoTensor<R>>,
): Promise<R[]> {
  const { observe } = options;
  const collected: R[] = [];
  const visit = (transition: Transition<S, I>, step: number): void => {
    if (!observe) return;
    scoped<void>(() => {
      const seen = observe(transition, step);
      checkPlain(seen);
      collected.push(seen);
    });
  };
  await drive({ ...options, caller: 'run', kernel, start, visit, collected: () => collected });
  return collected;
}

function checkPlain(seen: unknown): void {
  const isPromise = typeof (seen as { then?: unknown } | null | undefined)?.then === 'function';
  if (!isPromise && tensorsOf(seen).length === 0) return;
  throw new EbmError(
    'argument',
    `run: observe must return plain data, got a ${isPromise ? 'promise. Make it synchronous' : 'tensor. Return what readSync(tensor) gives instead'}.`,
  );
}
