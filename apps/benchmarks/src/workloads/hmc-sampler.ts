import type { ContinuousEnergy } from '@ebmkit/energy';
import { defineKernel, type Kernel } from '@ebmkit/samplers';
import {
  add,
  exp,
  expandDims,
  less,
  minimum,
  mul,
  normal,
  split,
  square,
  sub,
  sum,
  type Tensor,
  uniform,
  where,
} from '@ebmkit/tensor';
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
import { energyGradient } from './energy-gradient.js';
import { type Draws, simulatedMoments } from './plain-chains.js';

const leapfrogSteps = 10;

type HmcState = { readonly position: Tensor; readonly energy: Tensor; readonly gradient: Tensor };

const kineticEnergy = (momentum: Tensor): Tensor => mul(sum(square(momentum), 1), 0.5);

/** Hamiltonian Monte Carlo with unit masses and a Metropolis test for each chain. */
function hmc(
  { energy }: ContinuousEnergy,
  stepSize: number,
): Kernel<Tensor, HmcState, { readonly acceptanceProbability: Tensor }> {
  return defineKernel({
    init: (position) => ({ position, ...energyGradient(energy, position) }),
    step: (key, state: HmcState) => {
      const [momentumKey, acceptKey] = split(key, 2);
      const start = normal(momentumKey, state.position.shape);
      let { position, gradient, energy: reached } = state;
      let momentum = sub(start, mul(gradient, stepSize / 2));
      for (let i = 1; i <= leapfrogSteps; i++) {
        position = add(position, mul(momentum, stepSize));
        ({ gradient, energy: reached } = energyGradient(energy, position));
        momentum = sub(momentum, mul(gradient, i < leapfrogSteps ? stepSize : stepSize / 2));
      }
      const before = add(state.energy, kineticEnergy(start));
      const logRatio = sub(before, add(reached, kineticEnergy(momentum)));
      const acceptanceProbability = exp(minimum(logRatio, 0));
      const accepted = less(uniform(acceptKey, acceptanceProbability.shape), acceptanceProbability);
      const rows = expandDims(accepted, 1);
      return {
        state: {
          position: where(rows, position, state.position),
          energy: where(accepted, reached, state.energy),
          gradient: where(rows, gradient, state.gradient),
        },
        info: { acceptanceProbability },
      };
    },
  });
}

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
      kernel: hmc(doubleWellTarget(dim), stepSize),
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
