import {
  abs,
  EbmError,
  fold,
  free,
  isKey,
  jit,
  type Key,
  makePacer,
  mapTree,
  max,
  maximum,
  mul,
  read,
  retire,
  scoped,
  split,
  sqrt,
  type Tensor,
  type Tree,
  tensor,
  tensorsOf,
} from '@ebmkit/tensor';
import { type Draws, makeDrawStore } from '../drive/draw-store.js';
import { checkedCount } from '../kernel/checked-count.js';
import { normalLike } from '../kernel/position.js';
import type { BrownianPath } from './brownian-tree.js';
import { checkedSpan, type Solution, type SolveOptions } from './solution.js';
import {
  type BrownianStep,
  eulerMaruyama,
  type StochasticEquation,
  type StochasticMethod,
} from './stochastic-differential-equation.js';

/** How to solve a stochastic differential equation. */
export interface SdeOptions<X extends Tree> extends SolveOptions {
  /** The method: `eulerMaruyama`, `stochasticHeun`, `sra1`; `eulerMaruyama` unless given. */
  readonly method?: StochasticMethod;
  /** How many equal steps. */
  readonly steps: number;
  /** The key of the noise: a step draws its own from it. Give it or `path`. */
  readonly key?: Key;
  /** The noise as a path that other solutions may share; `to` must then lie after `from`. */
  readonly path?: BrownianPath<X>;
}

/** The largest number of a tree by its size; NaN if any is. */
function largest(tree: Tree): Tensor {
  return tensorsOf(tree)
    .map((x) => max(abs(x)))
    .reduce((a, b) => maximum(a, b));
}

/** What a path that no one else sees does over one step. */
function drawStep<X extends Tree>(key: Key, like: X, stepSize: Tensor, usesArea: boolean): BrownianStep<X> {
  const root = sqrt(abs(stepSize));
  const [pathKey, areaKey] = split(key, 2);
  const draw = (k: Key, factor: number): X => mapTree((n) => mul(n, mul(root, factor)), normalLike(k, like));
  const increment = draw(pathKey, 1);
  return { increment, area: usesArea ? draw(areaKey, Math.sqrt(1 / 12)) : increment };
}

function checkedNoise<X extends Tree>(
  equation: StochasticEquation<X>,
  { key, path, from = 0, to, method = eulerMaruyama }: SdeOptions<X>,
): StochasticMethod {
  if ((key === undefined) === (path === undefined) || (key !== undefined && !isKey(key)))
    throw new EbmError('argument', 'solveSde: expected one of key and path. Make a key with key(seed).');
  if (path && to < from)
    throw new EbmError(
      'argument',
      `solveSde: a path goes forwards, got from ${from} and to ${to}. Pass a key to go back.`,
    );
  if (method.noise === 'additive' && equation.noise !== 'additive')
    throw new EbmError(
      'argument',
      `solveSde: ${method.name} is for additive noise, got an equation with ${equation.noise} noise. Use eulerMaruyama or stochasticHeun.`,
    );
  return method;
}

/**
 * Solves $`dx = f \, dt + g \, dW`$ for a batch of starts, in equal steps. Every coordinate of every chain has a noise of its
 * own. Biased by the order of its method in the step size. Backwards in time (`to` below `from`) the noise keeps its size and the drift
 * changes its sign, as in the reverse processes of diffusion models.
 *
 * @param equation - Drift and diffusion.
 * @param start - The states at `from`, a tree of tensors `[chains, ...event]`, which stays yours.
 * @param options - Times, method, steps and noise.
 * @returns Times and states; `diverged` with the states before it when a state was not finite.
 * @throws EbmError when an option is wrong, or the method cannot do the noise; with code `aborted` when the signal fires.
 *
 * @example
 * ```ts
 * const target = doubleWell();
 * const equation: AdditiveEquation = { noise: 'additive', drift: (t, x) => neg(target.gradient(x)), diffusion: () => Math.SQRT2 };
 * const { states } = await solveSde(equation, zeros([1000, 1]), { to: 5, steps: 500, key: key(1), method: sra1 });
 * ```
 * @see Kloeden and Platen, "Numerical solution of stochastic differential equations", 1992, https://doi.org/10.1007/978-3-662-12616-5
 */
export async function solveSde<X extends Tree>(
  equation: StochasticEquation<X>,
  start: X,
  options: SdeOptions<X>,
): Promise<Solution<X>> {
  const { from, to, saveAt, direction } = checkedSpan('solveSde', options);
  const method = checkedNoise(equation, options);
  const { key, path, signal } = options;
  const size = (to - from) / checkedCount('solveSde', 'steps', options.steps, 1);
  const along = jit((time: Tensor, h: Tensor, x: X, noise: BrownianStep<X>) =>
    method.step(equation, time, x, h, noise),
  );
  const drawn = jit((time: Tensor, h: Tensor, x: X, stepKey: Key) =>
    method.step(equation, time, x, h, drawStep(stepKey, x, h, method.usesArea)),
  );
  const next = (time: number, h: number, x: X, step: number): X =>
    scoped<X>((() =>
      path
        ? along(tensor(time), tensor(h), x, path.between(time, time + h))
        : drawn(tensor(time), tensor(h), x, fold(key as Key, step))) as never);
  const store = makeDrawStore(saveAt.length);
  const pacer = makePacer(0, 1000, options.onProgress);
  let x: X = start;
  let [time, steps, saved, isFinite] = [from, 0, 0, true];
  try {
    for (const goal of saveAt) {
      while (direction * (goal - time) > 1e-9 * Math.abs(to - from)) {
        if (signal?.aborted)
          throw new EbmError('aborted', `solveSde: aborted at time ${time} of ${to}.`, { cause: signal.reason });
        const isLast = direction * (time + size * (1 + 1e-9) - goal) >= 0;
        const moved = next(time, isLast ? goal - time : size, x, steps);
        retire(x, [moved, start]);
        x = moved;
        time = isLast ? goal : time + size;
        steps++;
        await pacer.after(Math.round((1000 * (time - from)) / (to - from)));
      }
      isFinite = await hasFiniteNumbers(x);
      if (!isFinite) break;
      await store.add(x);
      saved++;
    }
    pacer.finish(1000);
  } finally {
    retire(x, start);
    along.clear();
    drawn.clear();
  }
  return {
    times: Float64Array.from(saveAt.slice(0, saved)),
    states: (store.draws() ?? { data: new Float32Array(0), shape: [0] }) as Draws<X>,
    evaluations: steps * method.evaluations,
    steps,
    rejected: 0,
    status: isFinite ? 'ok' : 'diverged',
    message: isFinite
      ? 'Every state was finite.'
      : `States at time ${time} are not finite. Use more steps, or look at the drift and the diffusion there.`,
  };
}

async function hasFiniteNumbers(x: Tree): Promise<boolean> {
  const size = scoped<Tensor>(() => largest(x));
  const [value] = await read(size);
  free(size);
  return Number.isFinite(value);
}
