import {
  EbmError,
  fold,
  free,
  gather,
  isKey,
  jit,
  type Key,
  makePacer,
  mapTree,
  type Progress,
  read,
  readSync,
  retire,
  scoped,
  split,
  type Tensor,
  type Tree,
  tensor,
  uniform,
} from '@ebmkit/tensor';
import { type Draws, makeDrawStore } from '../drive/draw-store.js';
import { checkedCount } from '../kernel/checked-count.js';
import type { AnnealingPath } from '../tempering/annealing-path.js';
import type { AnnealingBase } from './annealed-importance-sampling.js';
import { logMeanWeight } from './log-weights.js';
import { type LogZEstimate, symmetricEstimate } from './log-z-estimate.js';
import { systematicResampling } from './systematic-resampling.js';

/** How to lead particles from a base to a target. */
export interface TemperedSmcOptions<P extends Tree, S extends { readonly position: P }> {
  /** The way from the base, at beta 0, to the target, at beta 1. */
  readonly path: AnnealingPath<P, S>;
  /** The distribution at beta 0. Every exact energy of `@ebmkit/energy` is one. */
  readonly base: AnnealingBase<P>;
  /** How many particles each island has; at least 2. */
  readonly particles: number;
  /** Groups of particles that never mix, at least 4: their spread gives the standard error. 16 unless given. */
  readonly islands?: number;
  /** Moves at each temperature; 5 unless given. */
  readonly moves?: number;
  /** The rungs, from 0 to 1; chosen on the way unless given. */
  readonly betas?: readonly number[];
  /** How much of the particles a step to the next temperature may cost: the effective share that is left, in `(0, 1)`; 0.7 unless given. */
  readonly effectiveShare?: number;
  /** The key of the whole. */
  readonly key: Key;
  /** Called about every 100 ms and at the end; its steps are thousandths of beta. */
  readonly onProgress?: (progress: Progress) => void;
  /** Stops with an `EbmError` of code `aborted`. */
  readonly signal?: AbortSignal;
}

/** What came of sequential Monte Carlo, as plain data. */
export interface TemperedSmcResult<P> extends LogZEstimate {
  /** The particles at beta 1, equally weighted, `[islands * particles, ...event]`. */
  readonly draws: Draws<P>;
  /** The temperatures that were visited, from 0 to 1. */
  readonly betas: readonly number[];
  /** The share of moves that were accepted at each temperature after the first. */
  readonly acceptance: readonly number[];
}

/** Sizes and rules, checked. */
interface Plan {
  readonly islands: number;
  readonly particles: number;
  readonly moves: number;
  readonly effectiveShare: number;
  readonly betas: readonly number[] | undefined;
}

function checkedPlan(options: TemperedSmcOptions<never, never>): Plan {
  const { key, particles, islands = 16, moves = 5, effectiveShare = 0.7, betas } = options;
  if (!isKey(key)) throw new EbmError('argument', 'temperedSmc: expected a key. Make one with key(seed).');
  const counts = { particles: [particles, 2], islands: [islands, 4], moves: [moves, 1] } as const;
  for (const [name, [count, least]] of Object.entries(counts)) checkedCount('temperedSmc', name, count, least);
  if (!(effectiveShare > 0 && effectiveShare < 1))
    throw new EbmError('argument', `temperedSmc: effectiveShare must lie between 0 and 1, got ${effectiveShare}.`);
  const rises = betas?.every((beta, i) => i === 0 || beta > (betas[i - 1] as number)) ?? true;
  if (betas && (betas[0] !== 0 || betas.at(-1) !== 1 || !rises))
    throw new EbmError('argument', `temperedSmc: expected betas that rise from 0 to 1, got [${betas.join(', ')}].`);
  return { islands, particles, moves, effectiveShare, betas };
}

/** The share of equally weighted draws that weights leave effective. */
function effectiveShareOf(logWeights: Float64Array): number {
  const { ess } = logMeanWeight(logWeights);
  return Number.isNaN(ess) ? 0 : ess / logWeights.length;
}

/** The largest step that leaves the wanted share of particles, by bisection. */
async function nextBeta(
  beta: number,
  logWeightsTo: (beta: number) => Promise<Float64Array>,
  effectiveShare: number,
): Promise<number> {
  if (effectiveShareOf(await logWeightsTo(1)) >= effectiveShare) return 1;
  let [low, high] = [beta, 1];
  for (let i = 0; i < 40 && high - low > 1e-6 * (high - beta); i++) {
    const middle = (low + high) / 2;
    if (effectiveShareOf(await logWeightsTo(middle)) >= effectiveShare) low = middle;
    else high = middle;
  }
  if (low > beta) return low;
  throw new EbmError(
    'argument',
    `temperedSmc: no step beyond beta ${beta} leaves ${effectiveShare} of the particles. Use a base that covers the target, more particles, or give betas.`,
  );
}

/** The programs that particles are led with. */
function compilePrograms<P extends Tree, S extends { readonly position: P }>(path: AnnealingPath<P, S>) {
  return {
    energy: jit((beta: Tensor, x: P) => path(beta).energy(x)),
    init: jit((beta: Tensor, x: P, key: Key) => path(beta).kernel.init(x, key)),
    step: jit((beta: Tensor, key: Key, state: S) => {
      const { state: next, info } = path(beta).kernel.step(key, state);
      return { next, probability: info.acceptanceProbability };
    }),
    take: jit((x: P, indices: Tensor) => mapTree((values) => gather(values, indices), x)),
  };
}

/** Several moves at one temperature. */
async function moveParticles<P extends Tree, S extends { readonly position: P }>(
  { init, step }: ReturnType<typeof compilePrograms<P, S>>,
  x: P,
  beta: number,
  moves: number,
  key: Key,
): Promise<{ readonly x: P; readonly acceptance: number }> {
  const at = tensor(beta);
  let state = init(at, x, fold(key, 0));
  let acceptance = 0;
  for (let i = 0; i < moves; i++) {
    const { next, probability } = step(at, fold(key, i + 1), state);
    const values = Float64Array.from(await read(probability));
    acceptance += values.reduce((a, b) => a + b, 0) / values.length / moves;
    free(probability);
    retire(state, [next, x]);
    state = next;
  }
  free(at);
  retire(state, [state.position, x]);
  return { x: state.position, acceptance };
}

/**
 * Tempered sequential Monte Carlo: particles go from a base whose normaliser is known through the distributions of a path to the
 * target. At each temperature they are weighed by $`e^{E_\beta(x) - E_{\beta'}(x)}`$, resampled (systematically, within their island),
 * and moved. The next temperature is as far as the weights allow. The product of the mean weights estimates $`Z / Z_0`$ for each island,
 * unbiased for given temperatures; chosen ones add a bias of the order of one over the number of particles. Compared with
 * `annealedImportanceSampling`, particles that fall behind are replaced.
 *
 * @param options - Path, base, particles and key.
 * @returns The estimate, the particles as draws from the target, and the temperatures.
 * @throws EbmError when an option is wrong or no temperature follows, or with code `aborted` when the signal fires.
 *
 * @example
 * ```ts
 * const base = gaussian({ mean: [0], scale: 2 });
 * const path = geometricPath(base, doubleWell(), (e) => mala(e, { stepSize: 0.1 }));
 * const { logZ, draws } = await temperedSmc({ path, base, particles: 200, key: key(1) });
 * ```
 * @see Del Moral, Doucet and Jasra, "Sequential Monte Carlo samplers", 2006, https://doi.org/10.1111/j.1467-9868.2006.00553.x
 */
export async function temperedSmc<P extends Tree, S extends { readonly position: P }>(
  options: TemperedSmcOptions<P, S>,
): Promise<TemperedSmcResult<P>> {
  const plan = checkedPlan(options as unknown as TemperedSmcOptions<never, never>);
  const { islands, particles, moves } = plan;
  const { path, base, key, signal } = options;
  const programs = compilePrograms(path);
  const pacer = makePacer(0, 1000, options.onProgress);
  const logRatios = new Float64Array(islands);
  const [visited, acceptance]: [number[], number[]] = [[0], []];
  const energyAt = async (beta: number, positions: P): Promise<Float64Array> => {
    const energies = scoped<Tensor>(() => programs.energy(tensor(beta), positions));
    const numbers = Float64Array.from(await read(energies));
    free(energies);
    return numbers;
  };
  let x = scoped<P>((() => base.draw(split(key, 1)[0], islands * particles)) as never);
  try {
    for (let stage = 0; visited.at(-1) !== 1; stage++) {
      if (signal?.aborted)
        throw new EbmError('aborted', `temperedSmc: aborted at beta ${visited.at(-1)}.`, { cause: signal.reason });
      const beta = visited.at(-1) as number;
      const here = await energyAt(beta, x);
      const logWeightsTo = async (next: number): Promise<Float64Array> => {
        const there = await energyAt(next, x);
        return here.map((energy, i) => finiteOrNothing(energy - (there[i] as number)));
      };
      const next = plan.betas?.[stage + 1] ?? (await nextBeta(beta, logWeightsTo, plan.effectiveShare));
      const [resampleKey, moveKey] = split(fold(key, stage + 1), 2);
      const chosen = resampleIslands(resampleKey, await logWeightsTo(next), plan, logRatios);
      const taken = scoped<P>((() => programs.take(x, tensor(chosen))) as never);
      free(x);
      x = taken;
      const moved = await moveParticles(programs, x, next, moves, moveKey);
      retire(x, moved.x);
      x = moved.x;
      visited.push(next);
      acceptance.push(moved.acceptance);
      await pacer.after(Math.round(1000 * next));
    }
    pacer.finish(1000);
    const store = makeDrawStore(1);
    await store.add(x);
    const { logMean, standardError, ess } = logMeanWeight(logRatios);
    return {
      ...symmetricEstimate(base.logZ + logMean, standardError, ess * particles),
      draws: withoutSteps(store.draws()) as Draws<P>,
      betas: visited,
      acceptance,
    };
  } finally {
    free(x);
    for (const program of Object.values(programs)) program.clear();
  }
}

/** A particle whose energy is not a number, or infinite at the next temperature, weighs nothing. */
function finiteOrNothing(logWeight: number): number {
  return Number.isFinite(logWeight) ? logWeight : Number.NEGATIVE_INFINITY;
}

/** The particles that go on, island by island; adds the logs of the mean weights. */
function resampleIslands(
  key: Key,
  logWeights: Float64Array,
  { islands, particles }: Plan,
  logRatios: Float64Array,
): Int32Array {
  const chosen = new Int32Array(islands * particles);
  const draws = scoped<Tensor>(() => uniform(key, [islands]));
  const uniforms = readSync(draws);
  free(draws);
  for (let island = 0; island < islands; island++) {
    const first = island * particles;
    const own = logWeights.slice(first, first + particles);
    logRatios[island] = (logRatios[island] as number) + logMeanWeight(own).logMean;
    chosen.set(
      systematicResampling(own, uniforms[island] as number).map((i) => first + i),
      first,
    );
  }
  return chosen;
}

/** Draws of one step without the axis of steps. */
function withoutSteps(draws: unknown): unknown {
  const { data, shape } = draws as { readonly data?: unknown; readonly shape?: readonly number[] };
  if (data instanceof Float32Array && shape) return { data, shape: shape.slice(1) };
  return Object.fromEntries(Object.entries(draws as object).map(([name, part]) => [name, withoutSteps(part)]));
}
