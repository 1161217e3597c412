import type { ContinuousEnergy, StochasticEnergy } from '@ebmkit/energy';
import { EbmError, type Key, logicalAnd, type Tensor, type Tree } from '@ebmkit/tensor';
import { evaluate, type GradientState } from '../kernel/evaluate.js';
import { chainsOf, checkReal, finiteChains } from '../kernel/position.js';

/** Throws unless the target gives estimates, which the types ask for already. */
export function checkStochastic(caller: string, target: { readonly estimate?: unknown }): void {
  if (typeof target.estimate !== 'function')
    throw new EbmError(
      'argument',
      `${caller}: expected a stochastic energy with estimate(key, x), got none. Make one with stochasticEnergy, or use langevin for an exact energy.`,
    );
}

/** The energy as one key estimates it: the same choice of data wherever it is evaluated. */
export function batchEnergy<X extends Tree>(target: StochasticEnergy<X>, key: Key): ContinuousEnergy<X> {
  const { constrain } = target;
  return { energy: (x) => target.estimate(key, x), ...(constrain && { constrain }) };
}

/** The state at a start: checked, constrained, estimated. */
export function startEstimate<X extends Tree>(
  caller: string,
  target: StochasticEnergy<X>,
  key: Key,
  start: X,
): GradientState<X> {
  checkReal(caller, start);
  const position = target.constrain ? target.constrain(start) : start;
  return evaluate(caller, batchEnergy(target, key), position, chainsOf(caller, position));
}

/** Which chains know finite estimates both where they are and where they would go, bool `[chains]`. */
export function finiteMoves<X extends Tree>(from: GradientState<X>, to: GradientState<X>): Tensor {
  const finite = ({ energy, gradient }: GradientState<X>): Tensor => finiteChains([energy, gradient]) as Tensor;
  return logicalAnd(finite(from), finite(to));
}
