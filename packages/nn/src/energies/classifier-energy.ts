import {
  expandDims,
  type Key,
  logSumExp,
  neg,
  ShapeError,
  softmax,
  squeeze,
  type Tensor,
  type Tree,
  takeAlongAxis,
} from '@ebmkit/tensor';
import { showShape } from '../checks.js';
import { type Layer, scopedTree } from '../layer.js';
import type { NeuralEnergy } from './neural-energy.js';

/** A classifier read as an energy of states, and of states with labels. */
export interface ClassifierEnergy<P extends Tree> extends NeuralEnergy<P> {
  /** The network's logits, `[n, ...event]` to `[n, classes]`. */
  readonly logits: (params: P, x: Tensor) => Tensor;
  /** $`E(x, y)`$ of states with int32 labels `[n]`, as `[n]`. */
  readonly jointEnergy: (params: P, x: Tensor, labels: Tensor) => Tensor;
  /** $`p(y \mid x)`$ of all classes, `[n, classes]`. */
  readonly posterior: (params: P, x: Tensor) => Tensor;
}

/**
 * A classifier as an energy (JEM): its logits $`f(x)`$ say how probable a state is, not only which class it is of,
 *
 * ```math
 * E(x, y) = -f(x)_y, \qquad E(x) = -\log \sum_y e^{f(x)_y}, \qquad p(y \mid x) = \frac{e^{f(x)_y}}{\sum_{y'} e^{f(x)_{y'}}} .
 * ```
 *
 * The three agree exactly: $`E(x, y) - E(x) = -\log p(y \mid x)`$ is the cross-entropy, which trains the classifier, while any objective
 * for energies trains $`E(x)`$. Costs one pass through the network each.
 *
 * @param network - A layer from states `[n, ...event]` to logits `[n, classes]`.
 * @returns A model with the network's parameters.
 * @throws ShapeError from its functions when the network does not give `[n, classes]`, or the labels are not `[n]`.
 *
 * @example
 * ```ts
 * const model = classifierEnergy(sequential([dense({ inputs: 2, outputs: 64 }), silu, dense({ inputs: 64, outputs: 3 })]));
 * const params = model.init(key(1));
 * const crossEntropy = mean(sub(model.jointEnergy(params, x, labels), model.energy(params, x)));
 * ```
 * @see Grathwohl et al., "Your classifier is secretly an energy based model and you should treat it like one", 2020, https://arxiv.org/abs/1912.03263
 */
export function classifierEnergy<P extends Tree>(network: Layer<P>): ClassifierEnergy<P> {
  const logits = (params: P, x: Tensor): Tensor => {
    const y = network.apply(params, x);
    if (y.shape.length !== 2 || y.shape[0] !== x.shape[0])
      throw new ShapeError(
        `classifierEnergy: the network must give logits [${x.shape[0] ?? 'n'}, classes], got ${showShape(y.shape)}. End it with a dense layer.`,
      );
    return y;
  };
  return {
    init: (key: Key) => network.init(key),
    logits: (params, x) => scopedTree(() => logits(params, x)),
    energy: (params, x) => scopedTree(() => neg(logSumExp(logits(params, x), 1))),
    jointEnergy: (params, x, labels) => {
      if (labels.shape.length !== 1 || labels.shape[0] !== x.shape[0])
        throw new ShapeError(
          `classifierEnergy.jointEnergy: expected labels [${x.shape[0] ?? 'n'}], got ${showShape(labels.shape)}. Give one label for each state.`,
        );
      return scopedTree(() => neg(squeeze(takeAlongAxis(logits(params, x), expandDims(labels, 1), 1), 1)));
    },
    posterior: (params, x) => scopedTree(() => softmax(logits(params, x), 1)),
    support: 'continuous',
  };
}
