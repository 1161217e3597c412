import { add, isTensor, mapTree, mul, type Tensor, type TensorLike, type Tree } from '@ebmkit/tensor';

/**
 * The right-hand side of an ordinary differential equation $`\dot x = f(t, x)`$: the velocities of states `[chains, ...event]` at a time,
 * a scalar tensor.
 */
export type VectorField<X extends Tree = Tensor> = (time: Tensor, x: X) => X;

/**
 * An explicit Runge-Kutta method, as its Butcher tableau: stage $`k_i = f(t + c_i h, x + h \sum_{j < i} a_{ij} k_j)`$, and the step
 * $`x + h \sum_i b_i k_i`$.
 */
export interface RungeKutta {
  /** What it is called, for messages. */
  readonly name: string;
  /** Its order: the error of a whole solution falls as the step size to this power. */
  readonly order: number;
  /** The times $`c_i`$ of the stages as shares of the step, from 0. */
  readonly nodes: readonly number[];
  /** The rows $`a_{ij}`$, one for each stage after the first. */
  readonly stages: readonly (readonly number[])[];
  /** The weights $`b_i`$ of the step. */
  readonly weights: readonly number[];
  /**
   * The weights minus those of an embedded method of a lower order, which give an estimate of the error of a step; left out where
   * there is none. A last entry beyond the stages weighs the velocity at the end of the step.
   */
  readonly errorWeights?: readonly number[];
  /** The order of the embedded method. */
  readonly embeddedOrder?: number;
}

/** A linear combination of trees, or undefined when every weight is 0. */
function combine<X extends Tree>(weights: readonly number[], trees: readonly X[], factor: TensorLike) {
  const terms = weights.flatMap((weight, i) => {
    const tree = trees[i];
    return weight === 0 || tree === undefined ? [] : [mapTree((k) => mul(k, scaled(factor, weight)), tree)];
  });
  return terms.length === 0 ? undefined : terms.reduce((a, b) => mapTree((p, q) => add(p, q), a, b));
}

function scaled(factor: TensorLike, weight: number): TensorLike {
  return isTensor(factor) ? mul(factor, weight) : factor * weight;
}

/** Whether the last stage of a step is the velocity at its end, and so the first stage of the next step. */
export function isFirstSameAsLast({ nodes, stages, weights }: RungeKutta): boolean {
  return nodes.at(-1) === 1 && weights.every((weight, i) => weight === (stages.at(-1)?.[i] ?? 0));
}

/** What came of one step. */
export interface RungeKuttaStep<X extends Tree> {
  /** The states at the end. */
  readonly x: X;
  /** The velocities there: the first stage of the next step. */
  readonly velocity: X;
  /** The estimate of the error of the step, where the method has one. */
  readonly error?: X;
}

/**
 * One step of a Runge-Kutta method. The velocity at the end is computed too, whether the method needs it or not: it is the first
 * stage of the next step, so that a run of steps costs as many evaluations each as the method has stages (for `bosh3` and `dopri5`,
 * whose last stage it is, one fewer).
 *
 * @param method - The method.
 * @param field - The right-hand side.
 * @param time - Where the step begins, a scalar tensor.
 * @param x - The states there.
 * @param velocity - The velocities there, `field(time, x)`.
 * @param stepSize - The length of the step: a number or a scalar tensor. Negative steps go back.
 * @returns The states and velocities at the end, and the estimate of the error.
 */
export function rungeKuttaStep<X extends Tree>(
  method: RungeKutta,
  field: VectorField<X>,
  time: Tensor,
  x: X,
  velocity: X,
  stepSize: TensorLike,
): RungeKuttaStep<X> {
  const { nodes, stages, weights, errorWeights } = method;
  const from = (move: X | undefined): X => (move ? mapTree((a, b) => add(a, b), x, move) : x);
  const at = (node: number): Tensor => add(time, scaled(stepSize, node));
  const slopes = [velocity];
  for (const [i, row] of stages.entries())
    slopes.push(field(at(nodes[i + 1] as number), from(combine(row, slopes, stepSize))));
  const end = from(combine(weights, slopes, stepSize));
  const last = isFirstSameAsLast(method) ? (slopes.at(-1) as X) : field(at(1), end);
  const error = errorWeights && combine(errorWeights, [...slopes, last], stepSize);
  return { x: end, velocity: last, ...(error && { error }) };
}
