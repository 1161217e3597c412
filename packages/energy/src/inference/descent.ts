import {
  abs,
  add,
  cast,
  EbmError,
  equal,
  full,
  greaterEqual,
  type Key,
  less,
  lessEqual,
  logicalAnd,
  logicalOr,
  max,
  maximum,
  mul,
  ones,
  perRow,
  ShapeError,
  sub,
  type Tensor,
  type Tree,
  vjp,
  where,
  zeros,
} from '@ebmkit/tensor';
import type { ContinuousEnergy } from '../energy.js';
import { scopedTree } from '../scoped-tree.js';
import { type Box, intoBox, packBox } from './box.js';
import {
  type Advance,
  chooseRows,
  type DescentMethod,
  type Evaluated,
  finiteRows,
  type Plan,
  type Problem,
} from './descent-method.js';
import { checkedRows, pack, unpackLike } from './packed.js';

/** When to stop. */
export interface StoppingOptions {
  /**
   * A start has converged when no coordinate of its projected gradient, $`P(x - \nabla E(x)) - x`$ with $`P`$ the projection to the box, is
   * larger than this; 1e-4 unless given.
   */
  readonly gradientTolerance?: number;
  /**
   * A start has also converged when a step changes its energy by less than this times $`\max(|E|, |E'|, 1)`$; 0, which never holds, unless
   * given. Single precision resolves 1e-7.
   */
  readonly energyTolerance?: number;
  /** The most steps that a start takes; 1000 unless given. */
  readonly maxSteps?: number;
}

/** A descent's settings. */
export interface DescentOptions<X extends Tree> extends Box<X>, StoppingOptions {
  /** How to go downhill: `lbfgs()`, `nesterov()` or `gradientDescent()`. */
  readonly method: DescentMethod;
}

/** The codes of `DescentInfo.status`. */
export const descentStatus = ['running', 'converged', 'maxSteps', 'stalled', 'diverged'] as const;
const [running, converged, outOfSteps, stalled, diverged] = [0, 1, 2, 3, 4] as const;

/** How far every start has come. */
export type DescentInfo = {
  /** 0 running, 1 converged, 2 out of steps, 3 stalled, 4 diverged; int32 `[n]`. */
  readonly status: Tensor;
  /** Steps taken, int32 `[n]`. */
  readonly steps: Tensor;
  /** How often the energy and its gradient were computed, int32 `[n]`. */
  readonly evaluations: Tensor;
  /** The largest coordinate of the projected gradient, `[n]`. */
  readonly gradientNorm: Tensor;
};

/** All that a descent needs to go on. */
export type DescentState<X extends Tree> = DescentInfo & {
  /** Where each start is. */
  readonly position: X;
  /** The energies there, `[n]`. */
  readonly energy: Tensor;
  /** The gradients there, packed as rows `[n, size]`. */
  readonly gradient: Tensor;
  /** What the method planned. */
  readonly plan: Plan;
};

/** A descent as a deterministic kernel: what `run` of `@ebmkit/samplers` takes to follow its path. */
export interface Descent<X extends Tree> {
  /** The state at a position, which costs one evaluation. The key is not used. */
  readonly init: (position: X, key?: Key) => DescentState<X>;
  /** Evaluates one more point for every start that still runs. The key is not used. */
  readonly step: (
    key: Key | undefined,
    state: DescentState<X>,
  ) => { readonly state: DescentState<X>; readonly info: DescentInfo };
}

function checkedOptions(
  caller: string,
  { gradientTolerance = 1e-4, energyTolerance = 0, maxSteps = 1000 }: StoppingOptions,
) {
  for (const [name, value] of Object.entries({ gradientTolerance, energyTolerance }))
    if (!(value >= 0))
      throw new EbmError('argument', `${caller}: ${name} must be a number of at least 0, got ${value}.`);
  if (!Number.isInteger(maxSteps) || maxSteps < 0)
    throw new EbmError('argument', `${caller}: maxSteps must be a whole number of at least 0, got ${maxSteps}.`);
  return { gradientTolerance, energyTolerance, maxSteps };
}

/** Energies and gradients of rows: the energy's own gradient if it has one, else by automatic differentiation. */
function evaluateRows<X extends Tree>(caller: string, e: ContinuousEnergy<X>, like: X, x: Tensor): Evaluated {
  const rows = x.shape[0] as number;
  const energyOf = (position: X): Tensor => {
    const energy = e.energy(position);
    if (energy.shape.length === 1 && energy.shape[0] === rows && energy.dtype === 'float32') return energy;
    throw new ShapeError(
      `${caller}: expected the energy to give float32 [${rows}], one number for each start, got ${energy.dtype} [${energy.shape.join(', ')}]. Sum over the event axes only, for instance with sumEvent().`,
    );
  };
  const position = unpackLike(like, x);
  if (e.gradient) return { x, energy: energyOf(position), gradient: pack(e.gradient(position)) };
  const { value, grad } = vjp(energyOf, position, ones([rows]));
  return { x, energy: value, gradient: pack(grad) };
}

/** A descent's problem with its limits: what its functions share. */
interface Settings<X extends Tree> extends Required<StoppingOptions> {
  readonly caller: string;
  readonly energy: ContinuousEnergy<X>;
  readonly options: DescentOptions<X>;
}

/** The problem beside positions like the given ones. */
function problemAt<X extends Tree>({ caller, energy: { constrain }, options }: Settings<X>, like: X): Problem {
  const box = packBox(caller, options, like);
  const fix = (x: Tensor): Tensor => (constrain ? pack(constrain(unpackLike(like, x))) : x);
  return { box, place: (x) => fix(intoBox(box, x)) };
}

/** The largest coordinate of the projected gradient. */
function gradientNormAt({ place }: Problem, { x, gradient }: Evaluated): Tensor {
  return max(abs(sub(place(sub(x, gradient)), x)), 1);
}

function beginning<X extends Tree>(settings: Settings<X>, position: X): DescentState<X> {
  const { caller, energy, options, gradientTolerance, maxSteps } = settings;
  const rows = checkedRows(caller, position);
  const problem = problemAt(settings, position);
  const start = evaluateRows(caller, energy, position, problem.place(pack(position)));
  const gradientNorm = gradientNormAt(problem, start);
  const open = where(lessEqual(gradientNorm, gradientTolerance), converged, maxSteps === 0 ? outOfSteps : running);
  return {
    position: unpackLike(position, start.x),
    energy: start.energy,
    gradient: start.gradient,
    status: cast(where(finiteRows(start), open, diverged), 'int32'),
    steps: zeros([rows], 'int32'),
    evaluations: full([rows], 1, 'int32'),
    gradientNorm,
    plan: options.method.begin(problem, start),
  };
}

/** How starts that still run end after an evaluation, if they do. */
function endings(
  { gradientTolerance, energyTolerance, maxSteps }: Required<StoppingOptions>,
  { moved, stuck, lost }: Pick<Advance, 'moved' | 'stuck' | 'lost'>,
  { gradientNorm, steps }: Pick<DescentInfo, 'gradientNorm' | 'steps'>,
  [before, after]: readonly [Tensor, Tensor],
): Tensor {
  const scale = maximum(maximum(abs(after), abs(before)), 1);
  const isSettled = logicalAnd(moved, less(abs(sub(before, after)), mul(scale, energyTolerance)));
  const isConverged = logicalOr(lessEqual(gradientNorm, gradientTolerance), isSettled);
  const limited = where(greaterEqual(steps, maxSteps), outOfSteps, running);
  return cast(where(lost, diverged, where(isConverged, converged, where(stuck, stalled, limited))), 'int32');
}

function advanced<X extends Tree>(settings: Settings<X>, state: DescentState<X>): DescentState<X> {
  const { caller, energy, options } = settings;
  const problem = problemAt(settings, state.position);
  const before: Evaluated = { x: pack(state.position), energy: state.energy, gradient: state.gradient };
  const look = evaluateRows(caller, energy, state.position, state.plan.trial);
  const { point, trial, memory, ...found } = options.method.advance(problem, before, look, state.plan.memory);
  const isRunning = equal(state.status, running);
  const next = chooseRows(isRunning, point, before);
  const steps = add(state.steps, cast(logicalAnd(isRunning, found.moved), 'int32'));
  const gradientNorm = gradientNormAt(problem, next);
  const ended = endings(settings, found, { gradientNorm, steps }, [before.energy, next.energy]);
  return {
    position: unpackLike(state.position, next.x),
    energy: next.energy,
    gradient: next.gradient,
    status: where(isRunning, ended, state.status),
    steps,
    evaluations: add(state.evaluations, cast(isRunning, 'int32')),
    gradientNorm,
    plan: { trial: where(perRow(isRunning, trial.shape), trial, next.x), memory },
  };
}

/**
 * Going downhill as a kernel: `init` and a pure `step` that evaluates one point for every start. For the minimum and nothing else use
 * `minimise`, which drives it; use this one to follow the path, with `run` of `@ebmkit/samplers`. Deterministic; one evaluation of the energy and
 * its gradient a step. A trial point of a line search is a step of the kernel, but counts in `steps` only when it is accepted.
 *
 * @param energy - A continuous energy. What it holds fixed (see `clamp`) stays in place.
 * @param options - The method, the box, and when to stop.
 * @returns The kernel. Starts that have ended stay where they are.
 * @throws EbmError when an option is wrong, or the energy is over discrete states.
 *
 * @example
 * ```ts
 * const path = descent(doubleWell(), { method: gradientDescent({ stepSize: 0.01 }) });
 * let state = path.init(tensor([[0.1], [-2]]));
 * for (let i = 0; i < 50; i++) state = path.step(undefined, state).state;
 * ```
 * @see Nocedal and Wright, "Numerical optimization", 2006, https://doi.org/10.1007/978-0-387-40065-5
 */
export function descent<X extends Tree>(energy: ContinuousEnergy<X>, options: DescentOptions<X>): Descent<X> {
  const caller = options.method.name;
  const settings: Settings<X> = { caller, energy, options, ...checkedOptions(caller, options) };
  if ((energy.support as string | undefined) === 'discrete')
    throw new EbmError(
      'argument',
      `${caller}: expected an energy over real states, got one over discrete states. Use argminOutput.`,
    );
  return {
    init: (position) => scopedTree(() => beginning(settings, position)),
    step: (_, from) =>
      scopedTree(() => {
        const state = advanced(settings, from);
        const { status, steps, evaluations, gradientNorm } = state;
        return { state, info: { status, steps, evaluations, gradientNorm } };
      }),
  };
}
