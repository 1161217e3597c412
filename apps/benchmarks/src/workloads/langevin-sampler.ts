import { langevin } from '@ebmkit/samplers';
import { workload } from '../workload.js';
import { momentsOf, prepareChains } from './chains.js';
import {
  doubleWellSlope,
  doubleWellTarget,
  type SamplerSize,
  samplerScales,
  standardStart,
  tinySampler,
} from './double-well-target.js';
import { simulatedMoments } from './plain-chains.js';

/** Multiplications and additions of one coordinate in one step, and of one normal number by Box and Muller. */
const [stepFlops, normalFlops] = [10, 25];

/** Langevin dynamics with the gradient by automatic differentiation. */
export const langevinSampler = workload<SamplerSize>({
  name: 'langevin-sampler',
  group: 'Samplers on a double well',
  title: 'Langevin dynamics, double well h = 2',
  rows: [...samplerScales, { size: '10000x2x500', parameters: { chains: 10_000, dim: 2, steps: 500, stepSize: 1e-2 } }],
  tiny: tinySampler,
  peers: ['torchebm', 'torch', 'torch-analytic', 'jax', 'jax-js'],
  inputs: standardStart,
  prepare: ({ chains, dim, steps, stepSize }, { start }) =>
    prepareChains({
      kernel: langevin(doubleWellTarget(dim), { stepSize }),
      start: start as Float32Array,
      chains,
      steps,
      judge: momentsOf,
    }),
  demand: ({ chains, dim, steps }) => ({
    flops: chains * dim * steps * (stepFlops + normalFlops),
    words: chains * dim * steps,
  }),
  throughput: ({ chains, dim, steps }) => ({ unit: 'M updates/s', perRun: (chains * dim * steps) / 1e6 }),
  expected: ({ steps, stepSize }) =>
    simulatedMoments(20_000, (start, { normal }) => {
      let x = start;
      for (let i = 0; i < steps; i++) x += Math.sqrt(2 * stepSize) * normal() - stepSize * doubleWellSlope(x);
      return x;
    }),
});
