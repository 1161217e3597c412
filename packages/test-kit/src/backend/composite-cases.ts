import type { Shape, Tensor } from '@ebmkit/tensor';
import * as ops from '@ebmkit/tensor';
import * as fc from 'fast-check';
import {
  fullShapes,
  indicators,
  lattice,
  ofOne,
  ofOneWith,
  ofTwo,
  type SmoothSamples,
  smallShapes,
} from './smooth-samples.js';

const axisOf = (shape: Shape): fc.Arbitrary<number> => fc.nat(shape.length - 1);
const axesOf = (shape: Shape): fc.Arbitrary<number[]> => fc.subarray(shape.map((_, axis) => axis));
const positive = (x: number): number => 0.3 + Math.abs(x);

const takeAlongAxis: SmoothSamples = fullShapes.chain((shape) =>
  axisOf(shape).chain((axis) =>
    fc.tuple(lattice(shape), indicators(shape, 'int32', (shape[axis] as number) - 1)).map((inputs) => ({
      inputs,
      compute: ([x, i]) => ops.takeAlongAxis(x as Tensor, i as Tensor, axis),
      detail: { axis },
    })),
  ),
);

/** The energy of a two-layer network, summed over the batch: what gradient samplers differentiate. */
const network: SmoothSamples = fc
  .tuple(lattice([3, 4]), lattice([4, 5], Math.sin), lattice([5]), lattice([5, 1], Math.cos))
  .map((inputs) => ({
    inputs,
    compute: ([x, w, b, v]) =>
      ops.matMul(ops.silu(ops.add(ops.matMul(x as Tensor, w as Tensor), b as Tensor)), v as Tensor),
  }));

/** The free energy of a restricted Boltzmann machine: weights, biases and states together. */
const freeEnergy: SmoothSamples = fc
  .tuple(lattice([3, 4]), lattice([4, 2], Math.sin), lattice([4]), lattice([2]))
  .map((inputs) => ({
    inputs,
    compute: ([x, w, b, c]) =>
      ops.neg(
        ops.add(
          ops.sumEvent(ops.mul(x as Tensor, b as Tensor)),
          ops.sumEvent(ops.softplus(ops.add(ops.matMul(x as Tensor, w as Tensor), c as Tensor))),
        ),
      ),
  }));

/** The gradient of an energy, as in score matching: what is differentiated is already a derivative. */
const innerGradient: SmoothSamples = fc.tuple(lattice([3, 2]), lattice([2, 2], Math.sin)).map((inputs) => ({
  inputs,
  compute: ([x, w]) => ops.grad((t: Tensor) => ops.sum(ops.softplus(ops.matMul(t, w as Tensor))))(x as Tensor),
}));

/** Samples of every differentiable composite, by name, and of compositions as energies make them. */
export const compositeDerivativeCases: Readonly<Record<string, SmoothSamples>> = {
  square: ofOne(ops.square),
  reciprocal: ofOne(ops.reciprocal, positive),
  relu: ofOne(ops.relu),
  silu: ofOne(ops.silu),
  logSigmoid: ofOne(ops.logSigmoid),
  clip: ofOne((x) => ops.clip(x, -0.4, 0.7)),
  mean: ofOneWith(ops.mean, axesOf),
  variance: ofOneWith(ops.variance, axesOf),
  norm: ofOneWith(ops.norm, axesOf),
  prod: ofOneWith(ops.prod, axisOf),
  logSumExp: ofOneWith(ops.logSumExp, axesOf),
  logSoftmax: ofOneWith(ops.logSoftmax, axisOf),
  softmax: ofOneWith(ops.softmax, axisOf),
  squaredNorm: ofOne(ops.squaredNorm, undefined, fullShapes),
  sumEvent: ofOne(ops.sumEvent, undefined, fullShapes),
  perRow: ofOne((x) => ops.mul(ops.perRow(ops.sumEvent(x), x.shape), x), undefined, fullShapes),
  sumTo: ofOne(
    (x) =>
      ops.sumTo(
        x,
        x.shape.map(() => 1),
      ),
    undefined,
    smallShapes,
  ),
  restoreAxes: ofOneWith((x, axes) => ops.sub(x, ops.restoreAxes(ops.sum(x, axes), x.shape, axes)), axesOf),
  sort: ofOneWith(ops.sort, axisOf),
  takeAlongAxis,
  stack: ofTwo((a, b) => ops.stack([ops.add(a, ops.mul(b, 0)), ops.mul(a, b)])),
  expandDims: ofOne((x) => ops.expandDims(x, 0)),
  squeeze: ofOne((x) => ops.squeeze(ops.square(x))),
  network,
  freeEnergy,
  innerGradient,
};
