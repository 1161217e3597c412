import { langevin } from '@ebmkit/samplers';
import { workload } from '../workload.js';
import { type MlpChainsSize, mlpChainsInputs, prepareMlpChains, tinyMlpChains } from './mlp-chains.js';
import { mlpPassFlops } from './mlp-energy.js';

/** Langevin dynamics on the energy network 2-128-128-1. */
export const mlpLangevin = workload<MlpChainsSize>({
  name: 'mlp-langevin',
  group: 'Loops that energy-based models consist of',
  title: 'Langevin on the energy network 2-128-128-1, SiLU, 100 steps',
  rows: [{ size: '1000', parameters: { chains: 1000, dim: 2, steps: 100, stepSize: 1e-2 } }],
  tiny: tinyMlpChains,
  peers: ['torch', 'jax', 'jax-js'],
  inputs: mlpChainsInputs,
  prepare: (parameters, inputs) =>
    prepareMlpChains((energy, stepSize) => langevin({ energy }, { stepSize }), parameters, inputs, true),
  demand: ({ chains, dim, steps }) => ({
    flops: 2 * mlpPassFlops(chains, dim) * steps,
    words: chains * dim * steps,
  }),
  throughput: ({ chains, dim, steps }) => ({
    unit: 'GFLOP/s',
    perRun: (2 * mlpPassFlops(chains, dim) * steps) / 1e9,
  }),
  agreed: { energyDrop: 1e-2 },
});
