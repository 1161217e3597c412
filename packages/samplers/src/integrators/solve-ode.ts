import {
  abs,
  add,
  div,
  EbmError,
  free,
  jit,
  makePacer,
  mapTree,
  max,
  maximum,
  mul,
  read,
  retire,
  scoped,
  sizeOf,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  type Tree,
  tensor,
  tensorsOf,
} from '@ebmkit/tensor';
import { type Draws, makeDrawStore } from '../drive/draw-store.js';
import { isFirstSameAsLast, type RungeKutta, rungeKuttaStep, type VectorField } from './runge-kutta.js';
import { dopri5 } from './runge-kutta-methods.js';
import { checkedSpan, checkedSteps, type Solution, type SolveOptions } from './solution.js';
import { stepController, type Tolerance } from './step-control.js';

/** How to solve an ordinary differential equation. */
export interface OdeOptions extends SolveOptions {
  /** The method: `euler`, `heun`, `rungeKutta4`, `bosh3`, `dopri5`, `dopri8`; `dopri5` unless given. */
  readonly method?: RungeKutta;
  /** That many equal steps instead of adaptive ones. */
  readonly steps?: number;
  /** How large the error of an adaptive step may be. */
  readonly tolerance?: Tolerance;
  /** The size of the first adaptive step; chosen from the first two velocities unless given. */
  readonly firstStep?: number;
  /** Adaptive steps, thrown away ones included, after which to stop; 10,000 unless given. */
  readonly maxSteps?: number;
}

/** The root of the mean square of all numbers of a tree. */
function rootMeanSquare(tree: Tree): Tensor {
  const tensors = tensorsOf(tree);
  const total = tensors.map((x) => sum(square(x))).reduce((a, b) => add(a, b));
  return sqrt(
    div(
      total,
      tensors.reduce((count, { shape }) => count + sizeOf(shape), 0),
    ),
  );
}

interface Scale {
  readonly relative: number;
  readonly absolute: number;
}

/** A tree in units of what is tolerated at states of the size of two others. */
function inUnits<X extends Tree>(tree: X, a: X, b: X, { relative, absolute }: Scale): X {
  return mapTree((e, p, q) => div(e, add(mul(maximum(abs(p), abs(q)), relative), absolute)), tree, a, b);
}

function checkedTolerance({ relative = 1e-4, absolute = 1e-6 }: Tolerance = {}): Scale {
  if (!(relative >= 0 && absolute >= 0 && relative + absolute > 0))
    throw new EbmError(
      'argument',
      `solveOde: tolerances must be at least 0 and not both 0, got relative ${relative} and absolute ${absolute}.`,
    );
  return { relative, absolute };
}

/** The programs of a solution, compiled. */
function compilePrograms<X extends Tree>(field: VectorField<X>, method: RungeKutta, scale: Scale) {
  return {
    velocity: jit((time: Tensor, x: X): X => mapTree((v) => add(v, 0), field(time, x))),
    step: jit((time: Tensor, h: Tensor, x: X, velocity: X) => {
      const next = rungeKuttaStep(method, field, time, x, velocity, h);
      const ratio = next.error
        ? rootMeanSquare(inUnits(next.error, x, next.x, scale))
        : tensorsOf(next.x)
            .map((y) => max(abs(y)))
            .reduce((a, b) => maximum(a, b));
      return { x: next.x, velocity: next.velocity, ratio };
    }),
    /** The sizes of states, velocities and the change of velocities over a small step, in units of what is tolerated. */
    sizes: jit((time: Tensor, h: Tensor, x: X, velocity: X) => {
      const moved = mapTree((a, v) => add(a, mul(v, h)), x, velocity);
      const change = mapTree((a, b) => sub(a, b), field(add(time, h), moved), velocity);
      return [x, velocity, change].map((tree) => rootMeanSquare(inUnits(tree, x, x, scale)));
    }),
  };
}

type Programs<X extends Tree> = ReturnType<typeof compilePrograms<X>>;

async function readNumber(x: Tensor): Promise<number> {
  return (await read(x))[0] as number;
}

/** The first step as Hairer, Norsett and Wanner choose it; costs one evaluation. */
async function chooseFirstStep<X extends Tree>(
  { sizes }: Programs<X>,
  { x, velocity }: { readonly x: X; readonly velocity: X },
  from: number,
  span: number,
  order: number,
): Promise<number> {
  const sizesAt = async (h: number): Promise<number[]> => {
    const found = scoped<Tensor[]>(() => sizes(tensor(from), tensor(h), x, velocity));
    const numbers = await Promise.all(found.map(readNumber));
    free(found);
    return numbers;
  };
  const direction = Math.sign(span);
  const [d0, d1] = (await sizesAt(0)) as [number, number];
  const small = Math.min(d0 < 1e-5 || d1 < 1e-5 ? 1e-6 : (0.01 * d0) / d1, Math.abs(span));
  const d2 = ((await sizesAt(direction * small))[2] as number) / small;
  const steepest = Math.max(d1, d2);
  const guess = steepest <= 1e-15 ? Math.max(1e-6, small * 1e-3) : (0.01 / steepest) ** (1 / order);
  const h = Math.min(100 * small, guess, Math.abs(span));
  return direction * (Number.isFinite(h) && h > 0 ? h : Math.abs(span) / 100);
}

/** How steps are made. */
interface Rules {
  readonly method: RungeKutta;
  readonly isAdaptive: boolean;
  /** NaN where it is to be chosen. */
  readonly firstStep: number;
  readonly maxSteps: number;
  /** The length of the whole way, with its sign. */
  readonly span: number;
  readonly evaluationsPerStep: number;
  readonly control: ReturnType<typeof stepController>;
}

function checkedRules({ method = dopri5, steps, maxSteps = 10_000, firstStep }: OdeOptions, span: number): Rules {
  const { errorWeights, embeddedOrder, ...plain } = method;
  checkedSteps('solveOde', 'maxSteps', maxSteps);
  if (steps !== undefined) checkedSteps('solveOde', 'steps', steps);
  else if (errorWeights === undefined || embeddedOrder === undefined)
    throw new EbmError(
      'argument',
      `solveOde: ${method.name} has no error estimate to choose steps by. Pass steps, or use heun, bosh3, dopri5 or dopri8.`,
    );
  if (firstStep !== undefined && !(firstStep > 0))
    throw new EbmError('argument', `solveOde: firstStep must be a positive number, got ${firstStep}.`);
  return {
    method: steps === undefined ? method : plain,
    isAdaptive: steps === undefined,
    firstStep: steps === undefined ? Math.sign(span) * (firstStep ?? Number.NaN) : span / steps,
    maxSteps,
    span,
    evaluationsPerStep: method.nodes.length - (isFirstSameAsLast(method) ? 1 : 0),
    control: stepController(embeddedOrder ?? method.order),
  };
}

/** Where a solution has come to. */
interface Walk<X extends Tree> {
  state: { readonly x: X; readonly velocity: X };
  time: number;
  stepSize: number;
  made: number;
  rejected: number;
  evaluations: number;
  status: Solution<X>['status'];
}

/** Makes steps until a time is reached; false when that cannot be. */
async function walkTo<X extends Tree>(
  goal: number,
  walk: Walk<X>,
  { isAdaptive, maxSteps, span, evaluationsPerStep, control }: Rules,
  { step }: Programs<X>,
  start: X,
  between: (time: number) => Promise<void>,
): Promise<boolean> {
  const direction = Math.sign(span);
  while (direction * (goal - walk.time) > 1e-9 * Math.abs(span)) {
    await between(walk.time);
    if (isAdaptive && walk.made + walk.rejected >= maxSteps) walk.status = 'maxSteps';
    if (walk.status !== 'ok') return false;
    const isLast = direction * (walk.time + walk.stepSize * (1 + 1e-9) - goal) >= 0;
    const size = isLast ? goal - walk.time : walk.stepSize;
    const next = scoped(() => step(tensor(walk.time), tensor(size), walk.state.x, walk.state.velocity));
    const ratio = await readNumber(next.ratio);
    free(next.ratio);
    walk.evaluations += evaluationsPerStep;
    const { accepted, stepSize } = isAdaptive
      ? control(size, ratio)
      : { accepted: Number.isFinite(ratio), stepSize: walk.stepSize };
    if (accepted) {
      retire(walk.state, [next, start]);
      walk.state = { x: next.x, velocity: next.velocity };
      walk.time = isLast ? goal : walk.time + size;
      walk.made++;
    } else {
      free([next.x, next.velocity]);
      walk.rejected++;
      if (!isAdaptive || Math.abs(stepSize) < 1e-12 * Math.abs(span)) walk.status = 'diverged';
    }
    if (!(isLast && accepted)) walk.stepSize = stepSize;
  }
  return true;
}

/**
 * Solves $`\dot x = f(t, x)`$ for a batch of starts. With `steps` it makes equal steps of any method; without, it chooses the
 * steps so that the estimated error of each, as a root mean square over all chains, stays within the tolerance. All chains share
 * one step size, so that with adaptive steps a chain's solution depends (within the tolerance) on which others are beside it.
 *
 * Steps end exactly at the times of `saveAt`. An evaluation is of all chains; a step costs as many as its method has stages.
 *
 * @param field - The right-hand side: velocities of the structure and shapes of `x`.
 * @param start - The states at `from`, a tree of tensors `[chains, ...event]`, which stays yours.
 * @param options - Times, method and tolerance.
 * @returns Times, states, and what it took.
 * @throws EbmError when an option is wrong, or a method without an error estimate is to choose its steps; with code `aborted` when the
 * signal fires.
 *
 * @example
 * ```ts
 * const { states } = await solveOde((t, x) => neg(x), ones([1, 1]), { to: 1 }); // e^-1
 * ```
 * @see Hairer, Norsett and Wanner, "Solving ordinary differential equations I", 1993, https://doi.org/10.1007/978-3-540-78862-1
 */
export async function solveOde<X extends Tree>(
  field: VectorField<X>,
  start: X,
  options: OdeOptions,
): Promise<Solution<X>> {
  const { from, to, saveAt } = checkedSpan('solveOde', options);
  const rules = checkedRules(options, to - from);
  const programs = compilePrograms(field, rules.method, checkedTolerance(options.tolerance));
  const store = makeDrawStore(saveAt.length);
  const pacer = makePacer(0, 1000, options.onProgress);
  const state = { x: start, velocity: scoped<X>((() => programs.velocity(tensor(from), start)) as never) };
  const walk: Walk<X> = {
    state,
    time: from,
    stepSize: rules.firstStep,
    made: 0,
    rejected: 0,
    evaluations: 1,
    status: 'ok',
  };
  let saved = 0;
  try {
    if (Number.isNaN(walk.stepSize)) {
      walk.stepSize = await chooseFirstStep(programs, state, from, to - from, rules.method.order + 1);
      walk.evaluations += 2;
    }
    for (const goal of saveAt) {
      const isThere = await walkTo(goal, walk, rules, programs, start, async (time) => {
        if (options.signal?.aborted)
          throw new EbmError('aborted', `solveOde: aborted at time ${time} of ${to}.`, {
            cause: options.signal.reason,
          });
        await pacer.after(Math.round((1000 * (time - from)) / (to - from)));
      });
      if (!isThere) break;
      await store.add(walk.state.x);
      saved++;
    }
    pacer.finish(1000);
  } finally {
    retire(walk.state, start);
    for (const program of Object.values(programs)) program.clear();
  }
  return {
    times: Float64Array.from(saveAt.slice(0, saved)),
    states: (store.draws() ?? { data: new Float32Array(0), shape: [0] }) as Draws<X>,
    evaluations: walk.evaluations,
    steps: walk.made,
    rejected: walk.rejected,
    status: walk.status,
    message: messageOf(walk.status, walk.time, rules.maxSteps),
  };
}

function messageOf(status: Solution<Tree>['status'], time: number, maxSteps: number): string {
  if (status === 'ok') return 'Every step was finite and within the tolerance.';
  if (status === 'maxSteps')
    return `Stopped at time ${time} after ${maxSteps} steps. Raise maxSteps or the tolerance; a stiff equation needs smaller steps than its accuracy asks for.`;
  return `States beyond time ${time} are not finite. Look at the right-hand side there, or use more steps.`;
}
