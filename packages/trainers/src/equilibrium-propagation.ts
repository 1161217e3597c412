import type { EnergyModel } from '@ebmkit/energy';
import {
  abs,
  div,
  EbmError,
  max,
  maximum,
  mean,
  stopGradient,
  sub,
  type Tensor,
  type Tree,
  tensorsOf,
} from '@ebmkit/tensor';
import type { Objective } from './objective.js';

/** How a phase goes downhill. */
export interface PhaseOptions {
  /** How many steps. */
  readonly steps: number;
  /** The size of a step. */
  readonly stepSize: number;
  /** How strongly the cost pulls: the phase goes down $`E + \beta C`$ with the nudge $`\beta`$; 0 in the free phase. */
  readonly nudge: number;
}

/**
 * A model that answers by settling in a minimum of its energy: what equilibrium propagation takes, such as `layeredNetwork` of
 * `@ebmkit/boltzmann`.
 *
 * @typeParam P - The parameters.
 * @typeParam X - The states, with what a batch fixes of them.
 * @typeParam B - One batch: inputs and what is wanted for them.
 */
export interface SettlingModel<P extends Tree, X extends Tree, B> extends Pick<EnergyModel<P, X>, 'energy'> {
  /** The states at which the free phase begins. */
  readonly start: (params: P, batch: B) => X;
  /** The states after some steps down $`E + \beta C`$ with the nudge $`\beta`$. */
  readonly relax: (params: P, states: X, batch: B, options: PhaseOptions) => X;
  /** The cost $`C`$ of each row, `[n]`: how far the answer is from what is wanted. It does not depend on the parameters. */
  readonly cost: (states: X, batch: B) => Tensor;
}

/** The settings of equilibrium propagation. */
export interface EquilibriumPropagationOptions {
  /** How strongly the nudged phases are pulled towards what is wanted, above 0. The gradient is exact in the limit of 0. */
  readonly nudge: number;
  /** Steps of the free phase, from the start to the answer. */
  readonly freeSteps: number;
  /** Steps of each nudged phase, from the answer on. */
  readonly nudgedSteps: number;
  /** The size of every step. */
  readonly stepSize: number;
  /** Whether to nudge towards and away, which leaves an error of $`O(\beta^2)`$ and not $`O(\beta)`$, for one more nudged phase; true unless given. */
  readonly symmetric?: boolean;
}

function checkOptions({ nudge, freeSteps, nudgedSteps, stepSize }: EquilibriumPropagationOptions): void {
  for (const [name, value] of Object.entries({ freeSteps, nudgedSteps }))
    if (!Number.isInteger(value) || value < 1)
      throw new EbmError(
        'argument',
        `equilibriumPropagation: ${name} must be a whole number of at least 1, got ${value}.`,
      );
  for (const [name, value] of Object.entries({ nudge, stepSize }))
    if (!(value > 0) || !Number.isFinite(value))
      throw new EbmError('argument', `equilibriumPropagation: ${name} must be a positive number, got ${value}.`);
}

/** The largest distance between the numbers of two trees of the same shapes. */
function largestDistance(a: Tree, b: Tree): Tensor {
  const others = tensorsOf(b);
  return tensorsOf(a)
    .map((x, i) => max(abs(sub(x, others[i] as Tensor))))
    .reduce((most, distance) => maximum(most, distance));
}

/**
 * Equilibrium propagation: the gradient of a cost at the minimum of an energy, from two minima and no backward pass. The free phase settles in
 * $`s_0`$, a minimum of $`E_\theta`$; phases with the nudge $`\beta`$ go on from there to minima $`s_{\pm\beta}`$ of $`E_\theta \pm \beta C`$. With the states held fixed the loss is
 *
 * ```math
 * \frac{E_\theta(s_\beta) - E_\theta(s_{-\beta})}{2 \beta}, \qquad \text{one-sided} \quad \frac{E_\theta(s_\beta) - E_\theta(s_0)}{\beta}
 * ```
 *
 * averaged over the batch. Its gradient is that of $`C(s_0)`$ up to $`O(\beta^2)`$, one-sided $`O(\beta)`$, if the phases settle; its value means little: watch
 * `cost`. Costs `freeSteps + 2 nudgedSteps` relaxation steps (one-sided `freeSteps + nudgedSteps`) and two energy gradients a batch.
 *
 * @param model - A model that settles.
 * @param options - Strength of the nudge, and length of the phases.
 * @returns An objective without a state. Its metrics are `cost`, the mean $`C(s_0)`$, and `residual`, the most that one
 * more step would change a number of $`s_0`$: near 0 when the free phase has settled.
 * @throws EbmError when a count is not a whole number of at least 1, or `nudge` or `stepSize` is not positive.
 *
 * @example
 * ```ts
 * const network = layeredNetwork({ layers: [784, 500, 10] });
 * const objective = equilibriumPropagation(network, { nudge: 0.5, freeSteps: 20, nudgedSteps: 4, stepSize: 0.5 });
 * ```
 * @see Scellier and Bengio, "Equilibrium propagation: bridging the gap between energy-based models and backpropagation", 2017, https://arxiv.org/abs/1602.05179
 * @see Laborieux et al., "Scaling equilibrium propagation to deep convnets by drastically reducing its gradient estimator bias", 2021, https://arxiv.org/abs/2006.03824
 */
export function equilibriumPropagation<P extends Tree, X extends Tree, B>(
  model: SettlingModel<P, X, B>,
  options: EquilibriumPropagationOptions,
): Objective<P, B, null> {
  checkOptions(options);
  const { nudge, freeSteps, nudgedSteps, stepSize, symmetric = true } = options;
  return {
    init: () => null,
    loss: (_, params, batch) => {
      const fixed = stopGradient(params);
      const settle = (from: X, steps: number, strength: number): X =>
        stopGradient(model.relax(fixed, from, batch, { steps, stepSize, nudge: strength }));
      const free = settle(model.start(fixed, batch), freeSteps, 0);
      const towards = settle(free, nudgedSteps, nudge);
      const away = symmetric ? settle(free, nudgedSteps, -nudge) : free;
      const gap = mean(sub(model.energy(params, towards), model.energy(params, away)));
      return {
        loss: div(gap, symmetric ? 2 * nudge : nudge),
        state: null,
        metrics: {
          cost: mean(stopGradient(model.cost(free, batch))),
          residual: largestDistance(settle(free, 1, 0), free),
        },
      };
    },
  };
}
