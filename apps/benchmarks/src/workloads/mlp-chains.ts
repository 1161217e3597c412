import type { Kernel } from '@ebmkit/samplers';
import { free, readSync, scoped, type Tensor, tensor } from '@ebmkit/tensor';
import { normals } from '../inputs.js';
import { estimateOf } from '../statistics.js';
import type { Inputs, Prepared } from '../workload.js';
import { prepareChains } from './chains.js';
import { mlpEnergy, mlpParameters, mlpWeights } from './mlp-energy.js';

/** How much work chains on the energy network have. */
export type MlpChainsSize = {
  /** Independent chains. */
  readonly chains: number;
  /** Coordinates of a state. */
  readonly dim: number;
  /** Steps of a run. */
  readonly steps: number;
  /** The step size. */
  readonly stepSize: number;
};

/** A size for tests. */
export const tinyMlpChains: MlpChainsSize = { chains: 8, dim: 2, steps: 5, stepSize: 1e-2 };

/** Starting points, momenta and weights. */
export function mlpChainsInputs({ chains, dim }: MlpChainsSize): Inputs {
  return { start: normals(21, chains * dim), momentum: normals(22, chains * dim), weights: mlpWeights(dim) };
}

/** What makes a kernel for the energy network; `momentum` is the shared starting momentum. */
export type MlpKernel<S extends { readonly position: Tensor }, I> = (
  energy: (x: Tensor) => Tensor,
  stepSize: number,
  momentum: Tensor,
) => Kernel<Tensor, S, I>;

/** Chains on the energy network; what is judged is by how much their energy fell. */
export function prepareMlpChains<S extends { readonly position: Tensor }, I>(
  make: MlpKernel<S, I>,
  { chains, dim, steps, stepSize }: MlpChainsSize,
  { start, momentum, weights }: Inputs,
  isRandom: boolean,
): Prepared {
  const parameters = mlpParameters(dim, weights as Float32Array);
  const first = tensor(momentum as Float32Array, [chains, dim]);
  const energy = (x: Tensor): Tensor => mlpEnergy(parameters, x);
  const energies = (x: Float32Array): Float32Array => {
    const at = scoped<Tensor>(() => energy(tensor(x, [chains, dim])));
    const values = Float32Array.from(readSync(at));
    free(at);
    return values;
  };
  return prepareChains({
    kernel: make(energy, stepSize, first),
    start: start as Float32Array,
    chains,
    steps,
    judge: (end) => {
      const [before, after] = [energies(start as Float32Array), energies(end)];
      const drop = estimateOf(before.map((value, i) => value - (after[i] as number)));
      return { energyDrop: isRandom ? drop : { ...drop, error: 0 } };
    },
    release: () => free([parameters, first]),
  });
}
