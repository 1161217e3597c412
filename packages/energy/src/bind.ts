import type { Tensor, Tree } from '@ebmkit/tensor';
import type { BlockConditional, ContinuousEnergy, DiscreteEnergy, Energy, EnergyModel } from './energy.js';

/** The energy that a model becomes with its parameters: of the model's support, with block conditionals where it has them. */
export type Bound<M> = (M extends { readonly support: 'discrete' }
  ? DiscreteEnergy
  : M extends { readonly energy: unknown; readonly support?: 'continuous' }
    ? ContinuousEnergy
    : Energy) &
  (M extends { readonly conditional: (params: never) => BlockConditional<infer B> } ? BlockConditional<B> : unknown);

/** What `bind` takes of a model. */
type Model<P extends Tree> = Pick<EnergyModel<P>, 'energy' | 'support'> & {
  readonly conditional?: (params: P) => { readonly blocks: readonly string[] };
};

/**
 * A model with its parameters filled in, as an energy. When the model has block conditionals, so has the result, and it
 * goes to `gibbs` as well as to anything that takes an energy.
 *
 * @param model - A model: its `energy(params, x)`, its `support`, and `conditional(params)` if it has one.
 * @param params - The parameters, which are borrowed: keep them alive as long as the energy is used.
 * @returns The energy of the model under these parameters.
 *
 * @example
 * ```ts
 * const machine = rbm({ visible: bernoulli(784), hidden: bernoulli(500) });
 * const trained = bind(machine, params); // trained.energy(x) is the free energy; gibbs(trained) samples it
 * ```
 */
export function bind<P extends Tree, M extends Model<P>>(model: M & Model<P>, params: P): Bound<M> {
  const conditional = (model.conditional as ((params: P) => BlockConditional<string>) | undefined)?.(params);
  return {
    energy: (x: Tensor) => model.energy(params, x),
    ...(model.support && { support: model.support }),
    ...conditional,
  } as Bound<M>;
}
