import { applyUpdates, type Transform } from '@ebmkit/optim';
import { type Jitted, jit, type Key, split, type Tensor, type Tree, valueGradAux } from '@ebmkit/tensor';
import type { Objective } from './objective.js';

/** Everything that training goes on from. */
export interface TrainingState<P, O, S> {
  /** The parameters. */
  readonly params: P;
  /** The optimiser's state. */
  readonly optimiser: O;
  /** The objective's state. */
  readonly objective: S;
}

/** What one step gives. */
export interface TrainingStep<P extends Tree, O extends Tree, S extends Tree> {
  /** The next state. */
  readonly state: TrainingState<P, O, S>;
  /** Scalars to watch: `loss` and the objective's own. */
  readonly metrics: Readonly<Record<string, Tensor>>;
}

/**
 * Makes one training step (prepare the batch, loss, gradient, optimiser) as one compiled function.
 *
 * @param objective - What to minimise.
 * @param optimiser - How to move.
 * @param prepare - Applied to the batch first.
 * @returns The step; call `clear` on it when training is over.
 */
export function trainingStep<P extends Tree, B, S extends Tree, O extends Tree>(
  objective: Objective<P, B, S>,
  optimiser: Transform<P, O>,
  prepare?: (key: Key, batch: B) => B,
): Jitted<(key: Key, state: TrainingState<P, O, S>, batch: B) => TrainingStep<P, O, S>> {
  return jit((key: Key, state: TrainingState<P, O, S>, raw: B): TrainingStep<P, O, S> => {
    const [forBatch, forLoss] = split(key, 2);
    const batch = prepare ? prepare(forBatch, raw) : raw;
    const lossOf = (params: P) => {
      const result = objective.loss(forLoss, params, batch, state.objective);
      return [result.loss, result] as const;
    };
    const { value, aux, grad } = valueGradAux(lossOf)(state.params);
    const { updates, state: moved } = optimiser.update(grad, state.optimiser, state.params);
    return {
      state: { params: applyUpdates(state.params, updates), optimiser: moved, objective: aux.state },
      metrics: { ...aux.metrics, loss: value },
    };
  });
}
