import {
  categorical,
  type Key,
  logSumExp,
  oneHot,
  pad,
  reshape,
  sigmoid,
  slice,
  softmax,
  sumEvent,
  type Tensor,
  transpose,
} from '@ebmkit/tensor';

/**
 * Binary units on a grid, `[n, height, width, filters]`, of which at most one is on in each block of one filter: a block is a
 * choice between its units and none. The pooling unit above a block is on when one of its units is.
 */
interface MaxPoolingUnits {
  /** The log-partition $`\sum_{blocks} \log(1 + \sum_{i} e^{a_i})`$ of inputs, to `[n]`. */
  readonly logPartition: (input: Tensor) => Tensor;
  /** The probability that each unit is on, $`e^{a_i} / (1 + \sum_{i'} e^{a_{i'}})`$, in the shape of the input. */
  readonly mean: (input: Tensor) => Tensor;
  /** The probability that each pooling unit is on, `[n, height / block, width / block, filters]`. */
  readonly poolMean: (input: Tensor) => Tensor;
  /** An exact draw of all units, bool, in the shape of the input. */
  readonly sample: (key: Key, input: Tensor) => Tensor;
}

/** Where the axes of blocks go: the two axes within a block behind all others. */
const blocksLast = [0, 1, 3, 5, 2, 4];
const blocksInPlace = [0, 1, 4, 2, 5, 3];

/**
 * Makes the units of probabilistic max pooling.
 *
 * @param block - Height and width of a block; they divide those of the grid.
 * @returns The units. They have no parameters: biases are part of the input.
 * @see Lee, Grosse, Ranganath and Ng, "Convolutional deep belief networks for scalable unsupervised learning of hierarchical
 * representations", 2009, §3.3, https://doi.org/10.1145/1553374.1553453
 */
export function maxPoolingUnits(block: readonly [number, number]): MaxPoolingUnits {
  const [tall, wide] = block;
  const size = tall * wide;

  /** `[n, height, width, filters]` to `[n, height / tall, width / wide, filters, size]`. */
  const toBlocks = (x: Tensor): Tensor => {
    const [n, height, width, filters] = x.shape as readonly [number, number, number, number];
    const [down, across] = [height / tall, width / wide];
    const cut = transpose(reshape(x, [n, down, tall, across, wide, filters]), blocksLast);
    return reshape(cut, [n, down, across, filters, size]);
  };
  const fromBlocks = (x: Tensor): Tensor => {
    const [n, down, across, filters] = x.shape as readonly [number, number, number, number];
    const laid = transpose(reshape(x, [n, down, across, filters, tall, wide]), blocksInPlace);
    return reshape(laid, [n, down * tall, across * wide, filters]);
  };
  /** The logits of the choice that each block makes: its units, and last none. */
  const choices = (input: Tensor): Tensor => pad(toBlocks(input), [0, 0, 0, 0, 0], [0, 0, 0, 0, 1]);
  const withoutNone = (x: Tensor): Tensor => slice(x, [0, 0, 0, 0, 0], [-1, -1, -1, -1, size]);

  return {
    logPartition: (input) => sumEvent(logSumExp(choices(input), -1)),
    mean: (input) => fromBlocks(withoutNone(softmax(choices(input)))),
    poolMean: (input) => sigmoid(logSumExp(toBlocks(input), -1)),
    sample: (key, input) => fromBlocks(withoutNone(oneHot(categorical(key, choices(input)), size + 1))),
  };
}
