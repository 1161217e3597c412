import type { Key, Tensor, Tree } from '@ebmkit/tensor';

/** An energy over real states with parameters to learn: what the models of `@ebmkit/nn` are, and an `EnergyModel` of `@ebmkit/energy`. */
export interface NeuralEnergy<P extends Tree> {
  /** Draws initial parameters. */
  readonly init: (key: Key) => P;
  /** The energies of a batch under given parameters, `[n, ...event]` to `[n]`. */
  readonly energy: (params: P, x: Tensor) => Tensor;
  /** The states are real. */
  readonly support: 'continuous';
}
