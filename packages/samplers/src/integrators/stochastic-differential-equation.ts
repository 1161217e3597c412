import { add, mapTree, mul, type Tensor, type TensorLike, type Tree } from '@ebmkit/tensor';
import type { VectorField } from './runge-kutta.js';
import { plus, times } from './tree-arithmetic.js';

/** A stochastic differential equation whose noise does not depend on the state: $`dx = f(t, x) \, dt + g(t) \, dW`$. */
export interface AdditiveEquation<X extends Tree = Tensor> {
  /** The drift $`f(t, x)`$, of the structure of the state. */
  readonly drift: VectorField<X>;
  /** Always said. */
  readonly noise: 'additive';
  /** The diffusion $`g(t)`$: a number, or a tensor that broadcasts to every tensor of the state. */
  readonly diffusion: (time: Tensor) => TensorLike;
}

/** A stochastic differential equation with noise of its own for each coordinate: $`dx_i = f_i(t, x) \, dt + g_i(t, x) \, dW_i`$. */
export interface DiagonalEquation<X extends Tree = Tensor> {
  /** The drift $`f(t, x)`$, of the structure of the state. */
  readonly drift: VectorField<X>;
  /** Always said. */
  readonly noise: 'diagonal';
  /** The diffusion $`g(t, x)`$, of the structure of the state. */
  readonly diffusion: (time: Tensor, x: X) => X;
}

/** A stochastic differential equation of either kind. */
export type StochasticEquation<X extends Tree = Tensor> = AdditiveEquation<X> | DiagonalEquation<X>;

/** What a Brownian path does over one step, for every coordinate. */
export interface BrownianStep<X extends Tree> {
  /** $`W = W_{t + h} - W_t`$. */
  readonly increment: X;
  /** The space-time Lévy area $`H = \frac1h \int_0^h (W_{t + s} - W_t - \frac sh W) \, ds`$, normal with variance $`h / 12`$, independent of $`W`$. */
  readonly area: X;
}

/** A method for stochastic differential equations. */
export interface StochasticMethod {
  /** What it is called, for messages. */
  readonly name: string;
  /** The kind of noise that it can do: `additive` only, or both. */
  readonly noise: 'additive' | 'diagonal';
  /** How it reads an equation whose diffusion depends on the state. */
  readonly calculus: 'ito' | 'stratonovich';
  /** Evaluations of the drift in a step. */
  readonly evaluations: number;
  /** Whether it uses the area of a step. */
  readonly usesArea: boolean;
  /** One step of length `stepSize`, a scalar tensor, from `time` and `x`. */
  readonly step: <X extends Tree>(
    equation: StochasticEquation<X>,
    time: Tensor,
    x: X,
    stepSize: Tensor,
    noise: BrownianStep<X>,
  ) => X;
}

/** The diffusion at a point times increments of the path. */
function diffuse<X extends Tree>(equation: StochasticEquation<X>, time: Tensor, x: X, increment: X): X {
  if (equation.noise === 'additive') return times(increment, equation.diffusion(time));
  return mapTree((g, w) => mul(g, w), equation.diffusion(time, x), increment);
}

/**
 * The Euler-Maruyama method: $`x' = x + f h + g W`$. One evaluation a step; strong order 1/2 (1 for additive noise), weak order 1;
 * solves equations in the sense of Itô.
 *
 * @see Kloeden and Platen, "Numerical solution of stochastic differential equations", 1992, https://doi.org/10.1007/978-3-662-12616-5
 */
export const eulerMaruyama: StochasticMethod = {
  name: 'eulerMaruyama',
  noise: 'diagonal',
  calculus: 'ito',
  evaluations: 1,
  usesArea: false,
  step: (equation, time, x, stepSize, { increment }) =>
    plus(plus(x, times(equation.drift(time, x), stepSize)), diffuse(equation, time, x, increment)),
};

/**
 * Heun's method for noise: an Euler-Maruyama step, then the means of drift and diffusion at both of its ends. Two evaluations
 * a step; strong order 1; solves equations in the sense of Stratonovich, which for additive noise is the same as that of Itô.
 *
 * @see Rümelin, "Numerical treatment of stochastic differential equations", 1982, https://doi.org/10.1137/0719041
 */
export const stochasticHeun: StochasticMethod = {
  name: 'stochasticHeun',
  noise: 'diagonal',
  calculus: 'stratonovich',
  evaluations: 2,
  usesArea: false,
  step: (equation, time, x, stepSize, { increment }) => {
    const end = add(time, stepSize);
    const drift = equation.drift(time, x);
    const noise = diffuse(equation, time, x, increment);
    const guess = plus(plus(x, times(drift, stepSize)), noise);
    const moved = times(plus(drift, equation.drift(end, guess)), mul(stepSize, 0.5));
    return plus(plus(x, moved), times(plus(noise, diffuse(equation, end, guess, increment)), 0.5));
  },
};

/**
 * Rößler's SRA1 for additive noise, strong order 3/2. Two evaluations a step:
 *
 * ```math
 * x' = x + h \left( \tfrac13 f(t, x) + \tfrac23 f\big(t + \tfrac34 h, \; x + \tfrac34 h f(t, x) + \tfrac32 g(t + h) J\big) \right) + g(t + h) (W - J) + g(t) J
 * ```
 *
 * with $`J = \frac1h \int_0^h (W_{t + s} - W_t) \, ds = W / 2 + H`$. Without noise it is Ralston's method of order 2.
 *
 * @see Rößler, "Runge-Kutta methods for the strong approximation of solutions of stochastic differential equations", 2010,
 * https://doi.org/10.1137/09076636X
 */
export const sra1: StochasticMethod = {
  name: 'sra1',
  noise: 'additive',
  calculus: 'ito',
  evaluations: 2,
  usesArea: true,
  step: (equation, time, x, stepSize, { increment, area }) => {
    const end = add(time, stepSize);
    const mean = mapTree((w, h) => add(mul(w, 0.5), h), increment, area);
    const rest = mapTree((w, h) => add(mul(w, 0.5), mul(h, -1)), increment, area);
    const drift = equation.drift(time, x);
    const inner = plus(plus(x, times(drift, mul(stepSize, 0.75))), times(diffuse(equation, end, x, mean), 1.5));
    const later = equation.drift(add(time, mul(stepSize, 0.75)), inner);
    const moved = plus(times(drift, mul(stepSize, 1 / 3)), times(later, mul(stepSize, 2 / 3)));
    return plus(plus(plus(x, moved), diffuse(equation, end, x, rest)), diffuse(equation, time, x, mean));
  },
};
