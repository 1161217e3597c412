import { defineKernel } from '@ebmkit/samplers';
import { add, mul, neg, normal, sub, type Tensor } from '@ebmkit/tensor';
import { type Workload, workload } from '../workload.js';
import { energyGradient } from './energy-gradient.js';
import { type MlpChainsSize, type MlpKernel, mlpChainsInputs, prepareMlpChains, tinyMlpChains } from './mlp-chains.js';
import { mlpPassFlops } from './mlp-energy.js';

const stepSize = 1e-3;
const diffusion = 0.1;

const scales = [
  { size: 'small', parameters: { chains: 64, dim: 8, steps: 50, stepSize } },
  { size: 'medium', parameters: { chains: 256, dim: 32, steps: 100, stepSize } },
  { size: 'large', parameters: { chains: 1024, dim: 128, steps: 200, stepSize } },
] as const;

interface Integrator<S extends { readonly position: Tensor }> {
  readonly name: string;
  readonly title: string;
  /** Gradients of the network that one step cannot do without. */
  readonly gradients: number;
  readonly isRandom: boolean;
  readonly kernel: MlpKernel<S, null>;
}

function integratorWorkload<S extends { readonly position: Tensor }>(integrator: Integrator<S>): Workload {
  const { name, title, gradients, isRandom, kernel } = integrator;
  return workload<MlpChainsSize>({
    name,
    group: 'Integrators, drift of an energy network',
    title,
    rows: scales,
    tiny: tinyMlpChains,
    peers: ['torchebm'],
    inputs: mlpChainsInputs,
    prepare: (parameters, inputs) => prepareMlpChains(kernel, parameters, inputs, isRandom),
    demand: ({ chains, dim, steps }) => ({
      flops: 2 * mlpPassFlops(chains, dim) * gradients * steps,
      words: isRandom ? chains * dim * steps : 0,
    }),
    throughput: ({ chains, dim, steps }) => ({
      unit: 'GFLOP/s',
      perRun: (2 * mlpPassFlops(chains, dim) * gradients * steps) / 1e9,
    }),
    agreed: { energyDrop: 2e-3 },
  });
}

const driftOf =
  (energy: (x: Tensor) => Tensor) =>
  (x: Tensor): Tensor =>
    neg(energyGradient(energy, x).gradient);

type Point = { readonly position: Tensor };

/** Euler-Maruyama steps. */
export const eulerMaruyama = integratorWorkload<Point>({
  name: 'euler-maruyama',
  title: 'Euler-Maruyama, diffusion 0.1',
  gradients: 1,
  isRandom: true,
  kernel: (energy, h) =>
    defineKernel({
      init: (position) => ({ position }),
      step: (key, { position }: Point) => {
        const noise = mul(normal(key, position.shape), Math.sqrt(2 * diffusion * h));
        return { state: { position: add(add(position, mul(driftOf(energy)(position), h)), noise) }, info: null };
      },
    }),
});

/** Heun's method with noise added at the end of a step. */
export const heun = integratorWorkload<Point>({
  name: 'heun',
  title: 'Heun, diffusion 0.1',
  gradients: 2,
  isRandom: true,
  kernel: (energy, h) =>
    defineKernel({
      init: (position) => ({ position }),
      step: (key, { position }: Point) => {
        const drift = driftOf(energy);
        const first = drift(position);
        const second = drift(add(position, mul(first, h)));
        const moved = add(position, mul(add(first, second), h / 2));
        const noise = mul(normal(key, position.shape), Math.sqrt(2 * diffusion * h));
        return { state: { position: add(moved, noise) }, info: null };
      },
    }),
});

type Particle = { readonly position: Tensor; readonly momentum: Tensor; readonly gradient: Tensor };

/** Leapfrog steps; the gradient at the end of a step is the one that the next begins with. */
export const leapfrog = integratorWorkload<Particle>({
  name: 'leapfrog',
  title: 'Leapfrog with momentum',
  gradients: 1,
  isRandom: false,
  kernel: (energy, h, start) =>
    defineKernel({
      init: (position) => ({
        position,
        momentum: add(start, 0),
        gradient: energyGradient(energy, position).gradient,
      }),
      step: (_, { position, momentum, gradient }: Particle) => {
        const half = sub(momentum, mul(gradient, h / 2));
        const next = add(position, mul(half, h));
        const slope = energyGradient(energy, next).gradient;
        return {
          state: { position: next, momentum: sub(half, mul(slope, h / 2)), gradient: slope },
          info: null,
        };
      },
    }),
});

/** The classical Runge-Kutta method of order four. */
export const rungeKutta = integratorWorkload<Point>({
  name: 'runge-kutta-4',
  title: 'Runge-Kutta 4',
  gradients: 4,
  isRandom: false,
  kernel: (energy, h) =>
    defineKernel({
      init: (position) => ({ position }),
      step: (_, { position }: Point) => {
        const drift = driftOf(energy);
        const k1 = drift(position);
        const k2 = drift(add(position, mul(k1, h / 2)));
        const k3 = drift(add(position, mul(k2, h / 2)));
        const k4 = drift(add(position, mul(k3, h)));
        const slope = add(add(k1, k4), mul(add(k2, k3), 2));
        return { state: { position: add(position, mul(slope, h / 6)) }, info: null };
      },
    }),
});
