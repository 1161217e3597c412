import {
  EbmError,
  equal,
  jit,
  makePacer,
  max,
  type Plain,
  type Progress,
  read,
  retire,
  stack,
  sum,
  type Tensor,
  type Tree,
  toPlain,
} from '@ebmkit/tensor';
import type { ContinuousEnergy } from '../energy.js';
import { scopedTree } from '../scoped-tree.js';
import { checkBox } from './box.js';
import {
  type Descent,
  type DescentInfo,
  type DescentOptions,
  type DescentState,
  descent,
  descentStatus,
} from './descent.js';
import { lbfgs } from './lbfgs.js';

/** How the search from one start ended. */
export type MinimiseStatus = 'converged' | 'maxSteps' | 'stalled' | 'diverged' | 'aborted';

/** What `minimise` found, one entry for each start. */
export interface Minima<X extends Tree> {
  /** Where each search ended, in the structure of the start. */
  readonly positions: Plain<X>;
  /** The energies there, `[n]`. */
  readonly energies: Float64Array;
  /** The largest coordinate of the projected gradient there, `[n]`. */
  readonly gradientNorms: Float64Array;
  /** Steps taken, `[n]`. */
  readonly steps: Int32Array;
  /** How often the energy and its gradient were computed, `[n]`. */
  readonly evaluations: Int32Array;
  /** How each search ended. */
  readonly status: readonly MinimiseStatus[];
  /** The same as sentences, with what may help. */
  readonly messages: readonly string[];
}

/** How to minimise. */
export interface MinimiseOptions<X extends Tree> extends Omit<DescentOptions<X>, 'method'>, WatchOptions {
  /** How to go downhill; `lbfgs()` unless given. */
  readonly method?: DescentOptions<X>['method'];
}

/** How a long computation is watched, stopped and run. */
export interface WatchOptions {
  /** Called about every 100 ms and at the end. Steps are those of the start that has taken most. */
  readonly onProgress?: (progress: Progress) => void;
  /** Stops between two evaluations. */
  readonly signal?: AbortSignal;
  /** Whether a step is traced and compiled (see `jit` in `@ebmkit/tensor`); true unless given. */
  readonly compile?: boolean;
}

/** The error of a minimisation that was aborted through its signal: code `aborted`, with where every start had come. */
export interface AbortedMinimisation<X extends Tree = Tree> extends EbmError {
  /** What had been found; starts that still ran have the status `aborted`. Pass its positions, uploaded, as starts to go on. */
  readonly minima: Minima<X>;
}

const sentences: Readonly<Record<MinimiseStatus, string>> = {
  converged: 'converged: the projected gradient or the change of the energy is within its tolerance.',
  maxSteps: 'stopped: maxSteps steps were taken. Allow more, or use lbfgs().',
  stalled:
    'stalled: no shorter step lowers the energy. Either it is as low as the precision resolves (raise gradientTolerance), or the gradient is not that of the energy.',
  diverged:
    'diverged: the energy or its gradient is not finite at the start, fell to -Infinity, or became infinite with a fixed stepSize. Start elsewhere, bound the position, or leave stepSize out.',
  aborted: 'aborted: the signal fired before the search ended.',
};

async function collect<X extends Tree>(state: DescentState<X>): Promise<Minima<X>> {
  const numbersOf = async (x: Tensor): Promise<ArrayLike<number>> => read(x);
  const plain: unknown = await toPlain<unknown>(state.position);
  const codes = Array.from(await numbersOf(state.status), (code) => descentStatus[code] ?? 'running');
  const status = codes.map((name) => (name === 'running' ? ('aborted' as const) : name));
  return {
    positions: plain as Plain<X>,
    energies: Float64Array.from(await numbersOf(state.energy)),
    gradientNorms: Float64Array.from(await numbersOf(state.gradientNorm)),
    steps: Int32Array.from(await numbersOf(state.steps)),
    evaluations: Int32Array.from(await numbersOf(state.evaluations)),
    status,
    messages: status.map((name) => sentences[name]),
  };
}

async function abortedError<X extends Tree>(
  state: DescentState<X>,
  signal: AbortSignal,
): Promise<AbortedMinimisation<X>> {
  const minima = await collect(state);
  const steps = minima.steps.reduce((a, b) => Math.max(a, b), 0);
  const error = new EbmError('aborted', `minimise: aborted after ${steps} steps. error.minima holds what was found.`, {
    cause: signal.reason,
  });
  return Object.assign(error, { minima });
}

/** How many starts still run, and the most steps that one has taken: int32 `[2]`. */
function outlookOf({ status, steps }: DescentInfo): Tensor {
  return stack([sum(equal(status, 0)), max(steps)]);
}

/** Steps the kernel until no start runs any more, and frees its states. */
async function descend<X extends Tree>(
  kernel: Descent<X>,
  start: X,
  steps: number,
  { onProgress, signal, compile = true }: WatchOptions,
): Promise<Minima<X>> {
  const once = (from: DescentState<X>): { readonly state: DescentState<X>; readonly outlook: Tensor } =>
    scopedTree(() => {
      const { state, info } = kernel.step(undefined, from);
      return { state, outlook: outlookOf(info) };
    });
  const compiled = compile ? jit(once) : undefined;
  const step = compiled ?? once;
  const pacer = makePacer(0, steps, onProgress);
  let state = kernel.init(start);
  let outlook = scopedTree(() => outlookOf(state));
  try {
    for (;;) {
      const [running, most] = (await read(outlook)) as unknown as readonly [number, number];
      if (running === 0) {
        pacer.finish(most);
        return await collect(state);
      }
      if (signal?.aborted) throw await abortedError(state, signal);
      await pacer.after(most);
      const next = step(state);
      retire([state, outlook], [next, start]);
      ({ state, outlook } = next);
    }
  } finally {
    retire([state, outlook], start);
    compiled?.clear();
  }
}

/**
 * Goes downhill from a batch of starts, each to its own local minimum of the energy: modes of $`p(x) \propto e^{-E(x)}`$, maximum a posteriori estimates,
 * completions of what `clamp` leaves open. Deterministic. Finds local minima only: pass many starts, and take the best. All starts go side by side, each
 * with its own line search and memory, and cost an evaluation until the last one has ended. To follow the path instead, see `descent`; for discrete outputs, `argminOutput`.
 *
 * @param e - A continuous energy over tensors or trees. What it holds fixed (see `clamp`) stays in place.
 * @param start - The starts, float32 `[n, ...event]` or a tree of such tensors, which stay yours. Those outside the box are moved into it.
 * @param options - The method, the box, when to stop, and how to watch it.
 * @returns Positions, energies, gradient norms, counts and status, as plain arrays.
 * @throws EbmError when an option is wrong, or with code `aborted` (an `AbortedMinimisation`) when the signal fires.
 *
 * @example
 * ```ts
 * const { energies, status } = await minimise(doubleWell(), tensor([[0.3], [-4]]), { lower: 0 });
 * ```
 * @see Nocedal and Wright, "Numerical optimization", 2006, https://doi.org/10.1007/978-0-387-40065-5
 */
export async function minimise<X extends Tree = Tensor>(
  e: ContinuousEnergy<X>,
  start: X,
  options: MinimiseOptions<X> = {},
): Promise<Minima<X>> {
  const { method = lbfgs(), maxSteps = 1000 } = options;
  await checkBox('minimise', options, start);
  return descend(descent(e, { ...options, method, maxSteps }), start, maxSteps, options);
}
