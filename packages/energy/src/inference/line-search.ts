import {
  abs,
  add,
  div,
  greater,
  greaterEqual,
  isFinite,
  less,
  lessEqual,
  logicalAnd,
  logicalNot,
  logicalOr,
  maximum,
  minimum,
  mul,
  sqrt,
  sub,
  type Tensor,
  where,
} from '@ebmkit/tensor';

/** A place on the line of a search: how far along, and the energy and slope there. Each `[n]`. */
export type LinePoint = {
  /** The step size. */
  readonly t: Tensor;
  /** The energy there. */
  readonly energy: Tensor;
  /** The derivative of the energy by the step size there. */
  readonly slope: Tensor;
};

/**
 * An interval that holds acceptable step sizes: the energy at `low` is low enough and still falls there; at `high` it is too high, or rises.
 * Until one is found, `high.t` is Infinity.
 */
export type Bracket = {
  /** The end at which the energy is low enough and falls. */
  readonly low: LinePoint;
  /** The end at which it is too high or rises. */
  readonly high: LinePoint;
};

/** What a search makes of a point that it has looked at. */
export type Verdict = {
  /** Whether the strong Wolfe conditions hold, bool `[n]`. */
  readonly accepted: Tensor;
  /** The bracket with the point in it. */
  readonly bracket: Bracket;
  /** The step size to try next, `[n]`. */
  readonly t: Tensor;
};

const sufficientDecrease = 1e-4;
const curvature = 0.9;
/** Energies closer than this, relatively, are one number as far as single precision can tell. */
const resolution = 1e-6;

const choose = (choice: Tensor, a: LinePoint, b: LinePoint): LinePoint => ({
  t: where(choice, a.t, b.t),
  energy: where(choice, a.energy, b.energy),
  slope: where(choice, a.slope, b.slope),
});

/** The minimiser of the cubic that has the energies and slopes of both ends (Nocedal and Wright, equation 3.59); NaN if there is none. */
function cubicMinimiser(a: LinePoint, b: LinePoint): Tensor {
  const width = sub(b.t, a.t);
  const first = sub(add(a.slope, b.slope), div(mul(sub(b.energy, a.energy), 3), width));
  const second = sqrt(sub(mul(first, first), mul(a.slope, b.slope)));
  const share = div(sub(add(b.slope, second), first), add(sub(b.slope, a.slope), mul(second, 2)));
  return sub(b.t, mul(width, share));
}

/** The step size to try next: inside the bracket by a cubic, or beyond by a secant of the slopes while there is no upper end. */
function nextStep(before: LinePoint, { low, high }: Bracket): Tensor {
  const width = sub(high.t, low.t);
  const cubic = cubicMinimiser(low, high);
  const inner = where(isFinite(cubic), cubic, add(low.t, mul(width, 0.5)));
  const inside = minimum(maximum(inner, add(low.t, mul(width, 0.1))), sub(high.t, mul(width, 0.1)));
  const reach = sub(low.t, before.t);
  const secant = add(low.t, div(mul(reach, low.slope), sub(before.slope, low.slope)));
  const outer = where(greater(low.slope, before.slope), secant, add(low.t, mul(reach, 4)));
  const outside = minimum(maximum(outer, add(low.t, mul(reach, 1.1))), add(low.t, mul(reach, 4)));
  return where(isFinite(high.t), inside, outside);
}

/**
 * One round of a strong Wolfe search, for every row by itself. The energy may be $`\varepsilon`$ above the start where rounding hides a decrease, if the slope
 * shows one (the approximate condition of Hager and Zhang).
 *
 * @param origin - The energy and slope at step size 0.
 * @param look - The point that was evaluated; an energy that is not finite counts as too high.
 * @param decrease - The decrease that the slope at the origin foretells for it, $`\nabla E \cdot (x(t) - x)`$: less than 0.
 * @param bracket - What is known so far.
 * @see Hager and Zhang, "A new conjugate gradient method with guaranteed descent and an efficient line search", 2005, https://doi.org/10.1137/030601880
 */
export function searchLine(origin: LinePoint, look: LinePoint, decrease: Tensor, bracket: Bracket): Verdict {
  const isLower = lessEqual(look.energy, add(origin.energy, mul(decrease, sufficientDecrease)));
  const isLevel = lessEqual(look.energy, add(origin.energy, mul(abs(origin.energy), resolution)));
  const isSlower = lessEqual(look.slope, mul(origin.slope, 2 * sufficientDecrease - 1));
  const isFine = logicalAnd(isFinite(look.energy), isFinite(look.slope));
  const isSufficient = logicalAnd(isFine, logicalOr(isLower, logicalAnd(isLevel, isSlower)));
  const isSteep = less(look.slope, mul(origin.slope, curvature));
  const rises = greater(look.slope, mul(origin.slope, -curvature));
  const isLow = logicalAnd(isSufficient, isSteep);
  const accepted = logicalAnd(
    isSufficient,
    logicalAnd(greaterEqual(look.slope, mul(origin.slope, curvature)), logicalNot(rises)),
  );
  const found = {
    low: choose(isLow, look, bracket.low),
    high: choose(logicalOr(isLow, accepted), bracket.high, look),
  };
  return { accepted, bracket: found, t: nextStep(bracket.low, found) };
}
