import { type Average, type AverageState, applyUpdates, type Transform } from '@ebmkit/optim';
import { type Key, split, type Tensor, type Tree, valueGradAux } from '@ebmkit/tensor';
import type { Objective } from './objective.js';

/** Everything that training goes on from. */
export interface TrainingState<P extends Tree, O, S> {
  /** The parameters. */
  readonly params: P;
  /** The optimiser's state. */
  readonly optimiser: O;
  /** The objective's state. */
  readonly objective: S;
  /** The average of the parameters; null when none is kept. */
  readonly average: AverageState<P> | null;
}

/** What one step gives. */
export interface TrainingStep<P extends Tree, O extends Tree, S extends Tree> {
  /** The next state. */
  readonly state: TrainingState<P, O, S>;
  /** Scalars to watch: `loss` and the objective's own. */
  readonly metrics: Readonly<Record<string, Tensor>>;
}

/** What a training step is made of. */
export interface TrainingStepParts<P extends Tree, B, O extends Tree, S extends Tree> {
  /** What to minimise. */
  readonly objective: Objective<P, B, S>;
  /** How to move. */
  readonly optimiser: Transform<P, O>;
  /** The average of the parameters to keep. */
  readonly average?: Average<P>;
  /** Applied to the batch first, with a key of its own. */
  readonly prepare?: (key: Key, batch: B) => B;
}

/**
 * One training step (prepare the batch, loss, gradient, optimiser, average) as a pure function of key, state and batch. Give it to
 * `jit` of `@ebmkit/tensor` to make one program of it, which is what `fit` does.
 *
 * @param parts - Objective, optimiser, average, preparation.
 * @returns The step.
 */
export function trainingStep<P extends Tree, B, S extends Tree, O extends Tree>({
  objective,
  optimiser,
  average,
  prepare,
}: TrainingStepParts<P, B, O, S>): (key: Key, state: TrainingState<P, O, S>, batch: B) => TrainingStep<P, O, S> {
  return (key, state, raw) => {
    const [forBatch, forLoss] = split(key, 2);
    const batch = prepare ? prepare(forBatch, raw) : raw;
    const lossOf = (params: P) => {
      const result = objective.loss(forLoss, params, batch, state.objective);
      return [result.loss, result] as const;
    };
    const { value, aux, grad } = valueGradAux(lossOf)(state.params);
    const { updates, state: moved } = optimiser.update(grad, state.optimiser, state.params);
    const params = applyUpdates(state.params, updates);
    const averaged = average && state.average ? average.update(params, state.average) : null;
    return {
      state: { params, optimiser: moved, objective: aux.state, average: averaged },
      metrics: { ...aux.metrics, loss: value },
    };
  };
}
