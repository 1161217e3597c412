import { add, EbmError, fold, type Key, mul, type Tensor, type Tree } from '@ebmkit/tensor';
import type { Objective } from './objective.js';

/** One term of a sum of objectives. */
export interface WeightedObjective<P extends Tree, B, S extends Tree> {
  /** The objective. */
  readonly objective: Objective<P, B, S>;
  /** What its loss is multiplied by. */
  readonly weight: number;
}

/** WeightedTerms by name. What their parameters, batches and states are is left open, so that each keeps its own. */
export type WeightedTerms = Readonly<Record<string, { readonly objective: object; readonly weight: number }>>;

/** The objective that a sum of terms is: of the parameters and batches that all of them take, with their states by name. */
export type WeightedSum<T extends WeightedTerms> = T[keyof T]['objective'] extends {
  readonly loss: (key: Key, params: infer P extends Tree, batch: infer B, state: never) => unknown;
}
  ? Objective<P, B, { readonly [N in keyof T]: ObjectiveState<T[N]['objective']> }>
  : never;

/** What an objective keeps between batches. */
export type ObjectiveState<O> = O extends { readonly init: (...args: never) => infer S extends Tree } ? S : never;

/**
 * Objectives on the same batch added up, $`\sum_i w_i L_i`$: hybrid training of a generative and a discriminative loss, for instance. Term `i`
 * gets the key `fold(key, i)`.
 *
 * @param terms - The objectives and their weights, by name.
 * @returns An objective whose state holds those of the terms by name. Its metrics are theirs, as `name.metric`, and `name.loss`.
 * @throws EbmError when there is no term, or a weight is not a number.
 *
 * @example
 * ```ts
 * const hybrid = weightedSum({
 *   discriminative: { objective: logLoss(machine.logProbability), weight: 1 },
 *   generative: { objective: contrastiveDivergence(machine, { kernel: machine.kernel }), weight: 0.01 },
 * });
 * ```
 * @see Larochelle and Bengio, "Classification using discriminative restricted Boltzmann machines", ICML 2008, https://doi.org/10.1145/1390156.1390224
 */
export function weightedSum<T extends WeightedTerms>(terms: T): WeightedSum<T> {
  type State = Readonly<Record<string, Tree>>;
  const entries = Object.entries(terms) as unknown as [string, WeightedObjective<Tree, unknown, Tree>][];
  if (entries.length === 0) throw new EbmError('argument', 'weightedSum: expected at least one objective, got none.');
  for (const [name, { weight }] of entries)
    if (!Number.isFinite(weight))
      throw new EbmError('argument', `weightedSum: the weight of ${name} must be a finite number, got ${weight}.`);
  const summed: Objective<Tree, unknown, State> = {
    init: (params, key) =>
      Object.fromEntries(entries.map(([name, { objective }], i) => [name, objective.init(params, fold(key, i))])),
    loss: (key, params, batch, state) => {
      const parts = entries.map(([name, { objective, weight }], i) => ({
        name,
        weight,
        ...objective.loss(fold(key, i), params, batch, state[name]),
      }));
      return {
        loss: parts.map(({ loss, weight }) => mul(loss, weight)).reduce(add),
        state: Object.fromEntries(parts.map((part) => [part.name, part.state])),
        metrics: Object.fromEntries(
          parts.flatMap(({ name, loss, metrics }) => [
            ...Object.entries(metrics).map(([metric, value]): [string, Tensor] => [`${name}.${metric}`, value]),
            [`${name}.loss`, loss] as const,
          ]),
        ),
      };
    },
  };
  return summed as unknown as WeightedSum<T>;
}
