import { EbmError, makePacer, retire, scoped, type Tree, tensor } from '@ebmkit/tensor';
import { type Draws, makeDrawStore } from '../drive/draw-store.js';
import { checkedCount } from '../kernel/checked-count.js';
import { checkedTolerance, compilePrograms } from './ode-programs.js';
import { chooseFirstStep, type Rules, type Walk, walkTo } from './ode-walk.js';
import { isFirstSameAsLast, type RungeKutta, type VectorField } from './runge-kutta.js';
import { dopri5 } from './runge-kutta-methods.js';
import { checkedSpan, type Solution, type SolveOptions } from './solution.js';
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

function checkedRules({ method = dopri5, steps, maxSteps = 10_000, firstStep }: OdeOptions, span: number): Rules {
  const { errorWeights, embeddedOrder, ...plain } = method;
  checkedCount('solveOde', 'maxSteps', maxSteps, 1);
  if (steps !== undefined) checkedCount('solveOde', 'steps', steps, 1);
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
