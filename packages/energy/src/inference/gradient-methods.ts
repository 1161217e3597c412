import {
  abs,
  add,
  div,
  EbmError,
  full,
  greater,
  greaterEqual,
  less,
  lessEqual,
  logicalAnd,
  logicalNot,
  logicalOr,
  mul,
  ones,
  perRow,
  sqrt,
  square,
  squaredNorm,
  sub,
  sumEvent,
  type Tensor,
  where,
  zeros,
} from '@ebmkit/tensor';
import {
  type Advance,
  chooseRows,
  type DescentMethod,
  type Evaluated,
  fellForever,
  finiteRows,
  type Problem,
} from './descent-method.js';

/** The settings of the methods that step along the gradient. */
export interface GradientMethodOptions {
  /**
   * A fixed step size, for which the largest curvature of the energy should be below 2 over it (1 over it for `nesterov`). Left out, each
   * start finds its own: from 1 down by halves, until the energy is below the bound that a curvature of 1 over the step size gives.
   */
  readonly stepSize?: number;
}

/** What both methods keep. */
type GradientMemory = {
  /** The point from which the step is made: the current one, or for Nesterov's method one ahead of it. */
  readonly anchor: Evaluated;
  /** The step size of each start, `[n]`. */
  readonly stepSize: Tensor;
  /** Nesterov's $`\theta_k`$, from which the momentum follows; 1 is none. */
  readonly theta: Tensor;
  /** Whether the trial is a new anchor rather than a step from the old one, bool `[n]`. */
  readonly isAhead: Tensor;
  /** Step sizes tried since the last step, `[n]`. */
  readonly tries: Tensor;
};

/** Energies closer than this, relatively, are one number as far as single precision can tell. */
const resolution = 1e-6;
const mostTries = 60;
/** How much a found step size grows when gradient descent accepts it at once. */
const growth = 1.1;

const dot = (a: Tensor, b: Tensor): Tensor => sumEvent(mul(a, b));

function stepFrom({ place }: Problem, anchor: Evaluated, stepSize: Tensor): Tensor {
  return place(sub(anchor.x, mul(anchor.gradient, perRow(stepSize, anchor.x.shape))));
}

/**
 * Whether the energy is below the quadratic bound $`E(y) + \nabla E(y) \cdot d + \|d\|^2 / 2t`$ of the step $`d`$. Where energies are too
 * close to tell, whether the curvature along the step, from the two gradients, is below $`1 / t`$, which for a quadratic is the same.
 */
function isBelowBound(anchor: Evaluated, look: Evaluated, stepSize: Tensor): Tensor {
  const move = sub(look.x, anchor.x);
  const quadratic = div(squaredNorm(move), stepSize);
  const bound = add(add(anchor.energy, dot(anchor.gradient, move)), mul(quadratic, 0.5));
  const isClose = lessEqual(abs(sub(look.energy, anchor.energy)), mul(abs(anchor.energy), resolution));
  const isFlat = lessEqual(dot(sub(look.gradient, anchor.gradient), move), quadratic);
  return logicalOr(lessEqual(look.energy, bound), logicalAnd(isClose, isFlat));
}

/** Makes the method of either name. */
function gradientMethod(name: string, { stepSize: fixed }: GradientMethodOptions, hasMomentum: boolean): DescentMethod {
  if (fixed !== undefined && !(fixed > 0 && Number.isFinite(fixed)))
    throw new EbmError(
      'argument',
      `${name}: stepSize must be a positive number, got ${fixed}. Leave it out to have it found.`,
    );

  /** The momentum at a new point: where to look next, and from what point. */
  const momentum = (problem: Problem, before: Evaluated, look: Evaluated, { anchor, theta }: GradientMemory) => {
    const turnsBack = greater(dot(sub(anchor.x, look.x), sub(look.x, before.x)), 0);
    const next = mul(add(sqrt(add(mul(square(theta), 4), 1)), 1), 0.5);
    const share = where(turnsBack, 0, div(sub(theta, 1), next));
    const ahead = problem.place(add(look.x, mul(sub(look.x, before.x), perRow(share, look.x.shape))));
    return { ahead, hasShare: greater(share, 0), theta: where(turnsBack, 1, next) };
  };

  const advance = (problem: Problem, point: Evaluated, look: Evaluated, memory: GradientMemory): Advance => {
    const { isAhead, tries } = memory;
    const isFine = finiteRows(look);
    // A new anchor: the next trial is a step from it. Where it is outside the domain the momentum is dropped instead.
    const anchored = chooseRows(logicalAnd(isAhead, isFine), look, chooseRows(isAhead, point, memory.anchor));
    const isBelow = fixed === undefined ? isBelowBound(memory.anchor, look, memory.stepSize) : isFine;
    const moved = logicalAnd(logicalNot(isAhead), logicalAnd(isFine, isBelow));
    const failed = logicalNot(logicalOr(isAhead, moved));
    const grown =
      hasMomentum || fixed !== undefined ? memory.stepSize : mul(memory.stepSize, where(less(tries, 1), growth, 1));
    const stepSize = where(failed, mul(memory.stepSize, 0.5), where(moved, grown, memory.stepSize));
    const anchor = chooseRows(moved, look, anchored);
    const step = stepFrom(problem, anchor, stepSize);
    const shared = {
      point: chooseRows(moved, look, point),
      moved,
      stuck: logicalAnd(failed, greaterEqual(tries, mostTries)),
      lost: fixed === undefined ? fellForever(look) : failed,
    };
    const kept = { anchor, stepSize, tries: where(failed, add(tries, 1), 0) };
    const theta = where(logicalAnd(isAhead, logicalNot(isFine)), 1, memory.theta);
    if (!hasMomentum) return { ...shared, trial: step, memory: { ...kept, theta, isAhead } };
    const next = momentum(problem, point, look, memory);
    const looksAhead = logicalAnd(moved, next.hasShare);
    return {
      ...shared,
      trial: where(perRow(looksAhead, step.shape), next.ahead, step),
      memory: { ...kept, isAhead: looksAhead, theta: where(moved, next.theta, theta) },
    };
  };

  return {
    name,
    begin: (problem, start) => {
      const rows = start.x.shape[0] as number;
      const stepSize = full([rows], fixed ?? 1);
      const memory: GradientMemory = {
        anchor: start,
        stepSize,
        theta: ones([rows]),
        isAhead: zeros([rows], 'bool'),
        tries: zeros([rows]),
      };
      return { trial: stepFrom(problem, start, stepSize), memory };
    },
    advance: (problem, point, look, memory) => advance(problem, point, look, memory as GradientMemory),
  };
}

/**
 * Gradient descent, projected to the box if there is one:
 *
 * ```math
 * x_{k+1} = P(x_k - t \nabla E(x_k))
 * ```
 *
 * On an energy with curvatures between $`\mu`$ and $`L`$ the error shrinks by $`\max(|1 - t \mu|, |1 - t L|)`$ a step. One evaluation of the energy and
 * its gradient a step; each step size that is refused costs one more. `nesterov` needs about the square root of its steps, `lbfgs` far fewer.
 *
 * @param options - A step size, or nothing to have it found.
 * @returns A method for `minimise` and `descent`.
 * @throws EbmError when the step size is not positive.
 * @see Bertsekas, "On the Goldstein-Levitin-Polyak gradient projection method", 1976, https://doi.org/10.1109/TAC.1976.1101194
 */
export function gradientDescent(options: GradientMethodOptions = {}): DescentMethod {
  return gradientMethod('gradientDescent', options, false);
}

/**
 * Nesterov's accelerated gradient method with adaptive restart, projected to the box if there is one:
 *
 * ```math
 * x_{k+1} = P(y_k - t \nabla E(y_k)), \quad \theta_{k+1} = \tfrac12 (1 + \sqrt{1 + 4 \theta_k^2}), \quad
 * y_{k+1} = P\bigl(x_{k+1} + \tfrac{\theta_k - 1}{\theta_{k+1}} (x_{k+1} - x_k)\bigr)
 * ```
 *
 * from $`\theta_1 = 1`$, to which it returns whenever $`(y_k - x_{k+1}) \cdot (x_{k+1} - x_k) > 0`$: the step then turns against the momentum. The error of a
 * convex energy falls as $`1 / k^2`$, that of a strongly convex one as $`e^{-k \sqrt{\mu / L}}`$ up to constants. Two evaluations a step, one at $`x`$ and one at
 * $`y`$. The energy need not fall at every step.
 *
 * @param options - A step size, or nothing to have it found.
 * @returns A method for `minimise` and `descent`.
 * @throws EbmError when the step size is not positive.
 * @see Beck and Teboulle, "A fast iterative shrinkage-thresholding algorithm", 2009, https://doi.org/10.1137/080716542; O'Donoghue and Candès, "Adaptive restart for accelerated gradient schemes", 2015, https://doi.org/10.1007/s10208-013-9150-3
 */
export function nesterov(options: GradientMethodOptions = {}): DescentMethod {
  return gradientMethod('nesterov', options, true);
}
