import {
  abs,
  add,
  div,
  EbmError,
  full,
  greater,
  greaterEqual,
  isFinite,
  less,
  lessEqual,
  logicalAnd,
  logicalNot,
  logicalOr,
  max,
  minimum,
  mul,
  neg,
  norm,
  perRow,
  sqrt,
  squaredNorm,
  sub,
  sumEvent,
  type Tensor,
  where,
  zeros,
  zerosLike,
} from '@ebmkit/tensor';
import {
  type Advance,
  chooseRows,
  type DescentMethod,
  type Evaluated,
  fellForever,
  type Problem,
} from './descent-method.js';
import { type Bracket, type LinePoint, searchLine } from './line-search.js';

/** The settings of L-BFGS. */
export interface LbfgsOptions {
  /** How many pairs of steps and gradient changes are kept; 10 unless given. */
  readonly memory?: number;
}

/** A step and the change of the gradient over it, `[n, size]` each; both 0 where there is none. */
type Pair = { readonly step: Tensor; readonly change: Tensor };

type LbfgsMemory = {
  /** The direction of the search, `[n, size]`. */
  readonly direction: Tensor;
  /** The slope along it at the point, `[n]`. */
  readonly slope: Tensor;
  /** The step size of the trial, `[n]`. */
  readonly t: Tensor;
  /** What the search knows. */
  readonly bracket: Bracket;
  /** Points looked at in this search, `[n]`. */
  readonly tries: Tensor;
  /** The pairs, newest first. */
  readonly pairs: readonly Pair[];
};

const mostTries = 25;
/** How near to a limit a coordinate counts as resting on it, at most. */
const nearLimit = 1e-3;
/** The smallest cosine between a step and the change of its gradient at which the pair is used. */
const leastCosine = 1e-6;

const dot = (a: Tensor, b: Tensor): Tensor => sumEvent(mul(a, b));
const along = (x: Tensor, factor: Tensor): Tensor => mul(x, perRow(factor, x.shape));

/** Which coordinates rest on a limit and are pushed against it (Bertsekas' $`\varepsilon`$-active set), bool `[n, size]`. */
function heldBack({ box, place }: Problem, { x, gradient }: Evaluated): Tensor | undefined {
  if (!box) return undefined;
  const margin = perRow(minimum(max(abs(sub(place(sub(x, gradient)), x)), 1), nearLimit), x.shape);
  return logicalOr(
    logicalAnd(lessEqual(x, add(margin, box.lower)), greater(gradient, 0)),
    logicalAnd(greaterEqual(x, sub(box.upper, margin)), less(gradient, 0)),
  );
}

/**
 * The two-loop recursion: the gradient times the inverse Hessian that the pairs make, on the free coordinates. A pair without positive curvature
 * there is passed over, row by row. Held coordinates get the gradient times the newest scale.
 */
function newtonStep(gradient: Tensor, pairs: readonly Pair[], held: Tensor | undefined): Tensor {
  const free = (x: Tensor): Tensor => (held ? where(held, 0, x) : x);
  let q = free(gradient);
  let scale = zerosLike(sumEvent(gradient));
  const used = pairs.map(({ step, change }) => {
    const [s, y] = [free(step), free(change)];
    const product = dot(s, y);
    const isConvex = greater(product, mul(sqrt(mul(squaredNorm(s), squaredNorm(y))), leastCosine));
    const inverse = where(isConvex, div(1, product), 0);
    const weight = mul(inverse, dot(s, q));
    q = sub(q, along(y, weight));
    scale = where(logicalAnd(isConvex, lessEqual(scale, 0)), div(product, squaredNorm(y)), scale);
    return { s, y, inverse, weight };
  });
  const positive = where(greater(scale, 0), scale, 1);
  let r = along(q, positive);
  for (const { s, y, inverse, weight } of used.reverse()) r = add(r, along(s, sub(weight, mul(inverse, dot(y, r)))));
  return held ? where(held, along(gradient, positive), r) : r;
}

/** A new search from a point: its direction, and a first step size of 1, or for the first of all a move of length 1 at most. */
function newSearch(
  problem: Problem,
  point: Evaluated,
  pairs: readonly Pair[],
): { readonly trial: Tensor; readonly memory: LbfgsMemory } {
  const { x, energy, gradient } = point;
  const newton = neg(newtonStep(gradient, pairs, heldBack(problem, point)));
  const isDownhill = less(dot(newton, gradient), 0);
  const direction = where(perRow(isDownhill, x.shape), newton, neg(gradient));
  const hasPairs = greater(squaredNorm((pairs[0] as Pair).change), 0);
  const t = where(logicalAnd(hasPairs, isDownhill), 1, minimum(div(1, norm(gradient, 1)), 1));
  const slope = slopeAlong(problem, point, direction);
  const nowhere = full(energy.shape, Number.POSITIVE_INFINITY);
  const bracket = { low: { t: zerosLike(t), energy, slope }, high: { t: nowhere, energy: nowhere, slope: nowhere } };
  return {
    trial: problem.place(add(x, along(direction, t))),
    memory: { direction, slope, t, bracket, tries: zerosLike(t), pairs },
  };
}

/** The slope of the energy along a direction, without the coordinates that a limit stops: the path bends there. */
function slopeAlong({ box }: Problem, { x, gradient }: Evaluated, direction: Tensor): Tensor {
  const products = mul(gradient, direction);
  if (!box) return sumEvent(products);
  const stopped = logicalOr(
    logicalAnd(lessEqual(x, box.lower), less(direction, 0)),
    logicalAnd(greaterEqual(x, box.upper), greater(direction, 0)),
  );
  return sumEvent(where(stopped, 0, products));
}

/** The pairs with a new one in front where a step was taken, and none where the memory is cleared. */
function renewed(pairs: readonly Pair[], newest: Pair, moved: Tensor, cleared: Tensor): Pair[] {
  const choose = (a: Tensor, b: Tensor): Tensor =>
    where(perRow(cleared, a.shape), 0, where(perRow(moved, a.shape), a, b));
  return pairs.map((pair, i) => {
    const newer = i === 0 ? newest : (pairs[i - 1] as Pair);
    return { step: choose(newer.step, pair.step), change: choose(newer.change, pair.change) };
  });
}

function chooseMemory(choice: Tensor, a: LbfgsMemory, b: LbfgsMemory): Omit<LbfgsMemory, 'pairs'> {
  const pick = (p: Tensor, q: Tensor): Tensor => where(choice, p, q);
  const point = (p: LinePoint, q: LinePoint): LinePoint => ({
    t: pick(p.t, q.t),
    energy: pick(p.energy, q.energy),
    slope: pick(p.slope, q.slope),
  });
  return {
    direction: where(perRow(choice, a.direction.shape), a.direction, b.direction),
    slope: pick(a.slope, b.slope),
    t: pick(a.t, b.t),
    bracket: { low: point(a.bracket.low, b.bracket.low), high: point(a.bracket.high, b.bracket.high) },
    tries: pick(a.tries, b.tries),
  };
}

function advance(problem: Problem, point: Evaluated, look: Evaluated, memory: LbfgsMemory): Advance {
  const { direction, slope, pairs } = memory;
  const origin: LinePoint = { t: zerosLike(slope), energy: point.energy, slope };
  const there: LinePoint = { t: memory.t, energy: look.energy, slope: slopeAlong(problem, look, direction) };
  const move = sub(look.x, point.x);
  const { accepted, bracket, t } = searchLine(origin, there, dot(point.gradient, move), memory.bracket);
  const tries = add(memory.tries, 1);
  const failed = logicalAnd(logicalNot(accepted), greaterEqual(tries, mostTries));
  const hasPairs = greater(squaredNorm((pairs[0] as Pair).change), 0);
  const kept = renewed(pairs, { step: move, change: sub(look.gradient, point.gradient) }, accepted, failed);
  const next = chooseRows(accepted, look, point);
  const fresh = newSearch(problem, next, kept);
  const restarts = logicalOr(accepted, failed);
  const going = { ...memory, bracket, tries, t };
  const onward = problem.place(add(point.x, along(direction, t)));
  return {
    point: next,
    moved: accepted,
    stuck: logicalAnd(failed, logicalNot(hasPairs)),
    lost: logicalOr(fellForever(look), logicalAnd(failed, logicalNot(isFinite(bracket.high.t)))),
    trial: where(perRow(restarts, onward.shape), fresh.trial, onward),
    memory: { ...chooseMemory(restarts, fresh.memory, going), pairs: kept },
  };
}

/**
 * The limited-memory method of Broyden, Fletcher, Goldfarb and Shanno: a quasi-Newton direction from the last few steps and gradient changes by the
 * two-loop recursion, and a line search to the strong Wolfe conditions. In a box the direction is that of the free coordinates, while
 * those that rest on a limit and are pushed against it follow their own gradient (two-metric projection), and the search goes along the
 * projected path. Converges superlinearly in practice on smooth energies. About one evaluation a step; $`4 m`$ times the size of a state in
 * arithmetic for a memory of $`m`$. All starts are searched side by side, each with its own memory.
 *
 * @param options - How many steps are remembered.
 * @returns A method for `minimise` and `descent`.
 * @throws EbmError when the memory is not a whole number of at least 1.
 * @see Liu and Nocedal, "On the limited memory BFGS method", 1989, https://doi.org/10.1007/BF01589116; Bertsekas, "Projected Newton methods for optimization problems with simple constraints", 1982, https://doi.org/10.1137/0320018
 */
export function lbfgs({ memory: size = 10 }: LbfgsOptions = {}): DescentMethod {
  if (!Number.isInteger(size) || size < 1)
    throw new EbmError('argument', `lbfgs: memory must be a whole number of at least 1, got ${size}.`);
  return {
    name: 'lbfgs',
    begin: (problem, start) => {
      const none = { step: zeros(start.x.shape), change: zeros(start.x.shape) };
      return newSearch(
        problem,
        start,
        Array.from({ length: size }, () => none),
      );
    },
    advance: (problem, point, look, memory) => advance(problem, point, look, memory as LbfgsMemory),
  };
}
