import type { Key, Tensor, Tree } from '@ebmkit/tensor';

/** What kind of states an energy is over. Gradient samplers take continuous ones only. */
export type Support = 'continuous' | 'discrete';

/**
 * An energy: $`E(x) = -\log p(x) + \mathrm{const}`$, a function from a batch of states to a batch of numbers.
 *
 * @typeParam X - The states: one tensor `[n, ...event]`, or a tree of tensors that share their first axis.
 */
export interface Energy<X extends Tree = Tensor> {
  /** The energies of a batch, `[n, ...event]` to `[n]`. */
  readonly energy: (x: X) => Tensor;
  /** The analytic gradient $`\nabla E(x)`$, of the shape of `x`, where it is cheaper than automatic differentiation. */
  readonly gradient?: (x: X) => X;
  /**
   * Puts the fixed parts of states back in place (see `clamp`). Samplers apply it to the start and to every proposal, so
   * that what is fixed never moves. Left out when nothing is fixed.
   */
  readonly constrain?: (x: X) => X;
  /** What kind of states: left out means continuous. */
  readonly support?: Support;
}

/** An energy over real vectors: what gradient samplers take. */
export interface ContinuousEnergy<X extends Tree = Tensor> extends Energy<X> {
  /** Continuous, said or unsaid. */
  readonly support?: 'continuous';
}

/** An energy over discrete states. Gradient samplers refuse it, by type and at construction. */
export interface DiscreteEnergy<X extends Tree = Tensor> extends Energy<X> {
  /** Always said. */
  readonly support: 'discrete';
  /**
   * The energy as a differentiable function of real points that stand for states, float32: the state itself where its numbers are
   * its values, one-hot `[n, ...event, values]` for categories. Equal to `energy` at states; samplers only read its gradient there.
   * Left out where `energy` itself can be differentiated at float32 states.
   */
  readonly relaxed?: (x: X) => Tensor;
}

/**
 * An energy that is too dear to compute, of which each key gives a cheap estimate: what stochastic-gradient samplers take.
 *
 * The estimate is unbiased: over the keys, $`\mathbb{E}[\hat E(x)] = E(x)`$ up to a constant that does not depend on `x`, and, since it
 * is differentiable, $`\mathbb{E}[\nabla \hat E(x)] = \nabla E(x)`$. It says nothing about $`e^{-\hat E}`$: an accept step that uses it is biased.
 * `stochasticEnergy` makes one from a posterior by looking at a random batch of its data.
 *
 * @typeParam X - The states: one tensor `[n, ...event]`, or a tree of tensors that share their first axis.
 */
export interface StochasticEnergy<X extends Tree = Tensor> {
  /**
   * Estimates of the energies of a batch, `[n, ...event]` to `[n]`. The same key gives the same function of `x`, so that two states can
   * be compared, and a gradient taken, under one choice of data. All states of the batch share that choice.
   */
  readonly estimate: (key: Key, x: X) => Tensor;
  /** Puts the fixed parts of states back in place, as that of an `Energy` does. Left out when nothing is fixed. */
  readonly constrain?: (x: X) => X;
}

/**
 * An energy of states given something else: $`E(x \mid c)`$. `condition` fills in what is given.
 *
 * @typeParam C - What is given: anything, usually a tensor or a tree of tensors.
 * @typeParam X - The states.
 * @typeParam S - What kind of states.
 */
export interface ConditionalEnergy<C, X extends Tree = Tensor, S extends Support = 'continuous'> {
  /** The energies of a batch given `given`, `[n, ...event]` to `[n]`. */
  readonly energy: (x: X, given: C) => Tensor;
  /** The analytic gradient with respect to `x`. */
  readonly gradient?: (x: X, given: C) => X;
  /** Puts the fixed parts of states back in place. */
  readonly constrain?: (x: X, given: C) => X;
  /** The relaxation of an energy over discrete states, see `DiscreteEnergy`. */
  readonly relaxed?: (x: X, given: C) => Tensor;
  /** What kind of states: left out means continuous. */
  readonly support?: S;
}

/** A model whose blocks can each be drawn exactly given the others: what Gibbs sampling takes. */
export interface BlockConditional<B extends string> {
  /** The names of the blocks, in the order in which one sweep visits them. */
  readonly blocks: readonly B[];
  /**
   * Draws block `block` from its conditional distribution given the other blocks.
   * A block that the conditional does not depend on may be missing from `x`.
   */
  readonly sampleBlock: (key: Key, block: B, x: Readonly<Partial<Record<B, Tensor>>>) => Tensor;
  /**
   * Which chains have conditionals that are numbers, bool `[n]` or `[]` for all chains alike. Gibbs sampling keeps the old
   * states of the other chains and reports them as diverged. A model of binary units should say it, because a NaN
   * probability draws false and does not show in the states.
   */
  readonly finite?: (x: Readonly<Partial<Record<B, Tensor>>>) => Tensor;
}

/** A model with parameters to learn whose blocks can be drawn given the others: Boltzmann machines. */
export interface ConditionalModel<P extends Tree, B extends string> {
  /** The block conditionals under given parameters. */
  readonly conditional: (params: P) => BlockConditional<B>;
}

/**
 * An energy with parameters to learn.
 *
 * @typeParam P - The parameters.
 * @typeParam X - The states: one tensor `[n, ...event]`, or a tree of tensors that share their first axis.
 */
export interface EnergyModel<P extends Tree, X extends Tree = Tensor> {
  /** Draws initial parameters. */
  readonly init: (key: Key) => P;
  /** The energies of a batch under given parameters, `[n, ...event]` to `[n]`. */
  readonly energy: (params: P, x: X) => Tensor;
  /** What kind of states: left out means continuous. */
  readonly support?: Support;
}

/** What may be known exactly of an analytic energy, so that samplers can be judged. */
export interface Exact {
  /** $`\log Z = \log \int e^{-E(x)} dx`$, in nats. */
  readonly logZ: number;
  /** The mean of $`p`$, of the event's shape. */
  readonly mean: Float64Array;
  /** The covariance of $`p`$ over the flattened event, row by row. */
  readonly covariance: Float64Array;
  /** The shape of one state. */
  readonly eventShape: readonly number[];
  /** Draws `count` independent states, `[count, ...event]`. */
  readonly draw: (key: Key, count: number) => Tensor;
}
