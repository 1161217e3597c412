import type { ContinuousEnergy } from '@ebmkit/energy';
import { defineKernel, type Kernel } from '@ebmkit/samplers';
import { add, mul, sub, type Tensor, zerosLike } from '@ebmkit/tensor';
import { type Workload, workload } from '../workload.js';
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
import { exactMoments } from './plain-chains.js';

const momentum = 0.9;

type Point = { readonly position: Tensor };
type MovingPoint = { readonly position: Tensor; readonly velocity: Tensor };

function gradientDescent({ energy }: ContinuousEnergy, stepSize: number): Kernel<Tensor, Point, null> {
  return defineKernel({
    init: (position) => ({ position }),
    step: (_, { position }: Point) => {
      const { gradient } = energyGradient(energy, position);
      return { state: { position: sub(position, mul(gradient, stepSize)) }, info: null };
    },
  });
}

function nesterov({ energy }: ContinuousEnergy, stepSize: number): Kernel<Tensor, MovingPoint, null> {
  return defineKernel({
    init: (position) => ({ position, velocity: zerosLike(position) }),
    step: (_, { position, velocity }: MovingPoint) => {
      const carried = mul(velocity, momentum);
      const { gradient } = energyGradient(energy, add(position, carried));
      const next = sub(carried, mul(gradient, stepSize));
      return { state: { position: add(position, next), velocity: next }, info: null };
    },
  });
}

interface Descent<S extends Point> {
  readonly name: string;
  readonly title: string;
  readonly kernel: (target: ContinuousEnergy, stepSize: number) => Kernel<Tensor, S, null>;
  readonly move: (start: number, steps: number, stepSize: number) => number;
}

function descentWorkload<S extends Point>({ name, title, kernel, move }: Descent<S>): Workload {
  return workload<SamplerSize>({
    name,
    group: 'Samplers on a double well',
    title,
    rows: samplerScales,
    tiny: tinySampler,
    peers: ['torchebm'],
    inputs: standardStart,
    prepare: ({ chains, dim, steps, stepSize }, { start }) =>
      prepareChains({
        kernel: kernel(doubleWellTarget(dim), stepSize),
        start: start as Float32Array,
        chains,
        steps,
        judge: momentsOf,
      }),
    demand: ({ chains, dim, steps }) => ({ flops: chains * dim * steps * 8 }),
    throughput: ({ chains, dim, steps }) => ({ unit: 'M updates/s', perRun: (chains * dim * steps) / 1e6 }),
    expected: ({ steps, stepSize }, { start }) => exactMoments(start as Float32Array, (x) => move(x, steps, stepSize)),
  });
}

/** Gradient descent of many points. */
export const gradientDescentSampler = descentWorkload({
  name: 'gradient-descent-sampler',
  title: 'Gradient descent, double well h = 2',
  kernel: gradientDescent,
  move: (start, steps, stepSize) => {
    let x = start;
    for (let i = 0; i < steps; i++) x -= stepSize * doubleWellSlope(x);
    return x;
  },
});

/** Nesterov's accelerated gradient descent of many points. */
export const nesterovSampler = descentWorkload({
  name: 'nesterov-sampler',
  title: 'Nesterov descent, momentum 0.9, double well h = 2',
  kernel: nesterov,
  move: (start, steps, stepSize) => {
    let [x, v] = [start, 0];
    for (let i = 0; i < steps; i++) {
      v = momentum * v - stepSize * doubleWellSlope(x + momentum * v);
      x += v;
    }
    return x;
  },
});
