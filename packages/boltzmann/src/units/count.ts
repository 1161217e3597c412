import {
  add,
  EbmError,
  logSumExp,
  matMul,
  mul,
  neg,
  reshape,
  softmax,
  sum,
  type Tensor,
  tensor,
  zeros,
} from '@ebmkit/tensor';
import { checkMeans, checkWhole } from './check-units.js';
import { multinomial } from './multinomial.js';
import { logMean } from './softmax.js';
import type { Units } from './units.js';

/** Settings of `count`. */
export interface CountOptions {
  /**
   * The number of words of every document. Unless given, each document keeps the length that it has, and what needs a length without a
   * document (`exactLogZ`, `estimateLogZ`, draws from nothing) throws.
   */
  readonly length?: number;
  /** The most words that a document may have; a draw costs as many uniform numbers. `length` where that is given, else 1000. */
  readonly longest?: number;
}

/**
 * The word counts of a document, as visible units: replicated softmax. A document of $`D`$ words is $`D`$ softmax units over the vocabulary that
 * share their weights, and it keeps its length. With bias $`b`$ and input $`a`$ every word is $`k`$ with probability $`\mathrm{softmax}(b + a)_k`$, the
 * counts are multinomial, $`U(x) = -b \cdot x`$ and $`A(a) = D \log \sum_k e^{b_k + a_k}`$. The biases of the hidden units count $`D`$ times.
 *
 * States are float32 `[n, vocabulary]`. An energy is that of one order of the words: it leaves out the number of orders
 * $`D! / \prod_k x_k!`$ of a document, which no parameter changes. A longer document than `longest` is drawn as NaN.
 *
 * @param vocabulary - How many words there are to count, at least 2.
 * @param options - Lengths of documents.
 * @returns The layer, as a value for the visible side of `rbm`.
 * @throws EbmError when a count is not a whole number in its range.
 *
 * @example
 * ```ts
 * const machine = rbm({ visible: count(2000, { longest: 300 }), hidden: bernoulli(50) });
 * const topics = machine.hiddenMean(params, documents); // of word counts, float32 [n, 2000]
 * ```
 * @see Salakhutdinov and Hinton, "Replicated softmax: an undirected topic model", 2009, https://papers.nips.cc/paper/3856-replicated-softmax-an-undirected-topic-model
 */
export function count(
  vocabulary: number,
  { length, longest = length ?? 1000 }: CountOptions = {},
): Units<'bias', 'discrete'> {
  checkWhole('count', 'vocabulary', vocabulary, 2);
  checkWhole('count', 'longest', longest);
  if (length !== undefined) checkWhole('count', 'length', length);
  if (length !== undefined && length > longest)
    throw new EbmError('argument', `count: length must be at most longest, got ${length} and ${longest}.`);
  const lengths = (states?: Tensor): Tensor | number => {
    if (length !== undefined) return length;
    if (states === undefined)
      throw new EbmError(
        'argument',
        'count: the length of documents is required, and there is none to keep. Pass documents, or make the units with count(vocabulary, { length }).',
      );
    return sum(states, 1);
  };
  const copies = (states?: Tensor): Tensor | number => {
    const words = lengths(states);
    return typeof words === 'number' ? words : reshape(words, [-1, 1]);
  };
  return {
    kind: 'count',
    size: vocabulary,
    support: 'discrete',
    groups: [vocabulary],
    parameters: ['bias'],
    init: (means) => {
      if (means === undefined) return { bias: zeros([vocabulary]) };
      checkMeans('count', vocabulary, means, { what: 'of at least 0', fits: (m) => m >= 0 && Number.isFinite(m) });
      const words = Array.from(means).reduce((a, b) => a + b, 0);
      if (words === 0)
        throw new EbmError(
          'argument',
          'count: expected means of which one is above 0, got zeros. Pass the mean count of each word over the documents.',
        );
      return { bias: tensor(Float32Array.from(means, (m) => logMean(m / words))) };
    },
    copies,
    statistic: (_, states) => states,
    energy: ({ bias }, states) => neg(reshape(matMul(states, reshape(bias, [vocabulary, 1])), [-1])),
    logPartition: ({ bias }, input, current) => mul(logSumExp(add(input, bias), 1), lengths(current)),
    mean: ({ bias }, input, current) => mul(softmax(add(input, bias)), copies(current)),
    sample: (key, { bias }, input, current) => multinomial(key, add(input, bias), copies(current), longest),
  };
}
