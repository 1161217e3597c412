import { hmc } from '@ebmkit/samplers';
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
import { type Draws, simulatedMoments } from './plain-chains.js';

const leapfrogSteps = 10;

/** One proposal in plain numbers; at this step size practically every one is accepted. */
function plainProposal(start: number, stepSize: number, { normal: draw, uniform: flip }: Draws): number {
  const hamiltonian = (x: number, p: number): number => 2 * (x * x - 1) ** 2 + (p * p) / 2;
  const first = draw();
  let [x, p] = [start, first - (stepSize / 2) * doubleWellSlope(start)];
  for (let i = 1; i <= leapfrogSteps; i++) {
    x += stepSize * p;
    p -= (i < leapfrogSteps ? stepSize : stepSize / 2) * doubleWellSlope(x);
  }
  return flip() < Math.exp(hamiltonian(start, first) - hamiltonian(x, p)) ? x : start;
}

/** Hamiltonian Monte Carlo. */
export const hmcSampler = workload<SamplerSize>({
  name: 'hmc-sampler',
  group: 'Samplers on a double well',
  title: 'Hamiltonian Monte Carlo, 10 leapfrog steps, double well h = 2',
  rows: samplerScales,
  tiny: tinySampler,
  peers: ['torchebm'],
  inputs: standardStart,
  prepare: ({ chains, dim, steps, stepSize }, { start }) =>
    prepareChains({
      kernel: hmc(doubleWellTarget(dim), { stepSize, leapfrogSteps }),
      start: start as Float32Array,
      chains,
      steps,
      judge: (end, acceptance) => ({ ...momentsOf(end), acceptance: { mean: acceptance, error: 0 } }),
    }),
  demand: ({ chains, dim, steps }) => ({
    flops: chains * dim * steps * (leapfrogSteps * 10 + 25 + 10),
    words: chains * (dim + 1) * steps,
  }),
  throughput: ({ chains, dim, steps }) => ({
    unit: 'M gradients/s',
    perRun: (chains * dim * steps * leapfrogSteps) / 1e6,
  }),
  expected: ({ steps, stepSize }) => ({
    ...simulatedMoments(20_000, (start, draws) => {
      let x = start;
      for (let i = 0; i < steps; i++) x = plainProposal(x, stepSize, draws);
      return x;
    }),
    acceptance: { mean: 0.99, error: 0, side: 'atLeast' },
  }),
});
