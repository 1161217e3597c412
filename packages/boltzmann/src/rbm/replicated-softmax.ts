import { type CountOptions, count } from '../units/count.js';
import type { Units } from '../units/units.js';
import { type Rbm, rbm } from './rbm.js';

/** What a replicated softmax is made of. */
export interface ReplicatedSoftmaxOptions<H extends string = 'bias'> extends CountOptions {
  /** How many words there are to count. */
  readonly vocabulary: number;
  /** The units that stand for topics, such as `bernoulli(50)`. */
  readonly hidden: Units<H>;
}

/**
 * A topic model of documents as word counts: short for `rbm({ visible: count(vocabulary, lengths), hidden })`. See `count`.
 *
 * @param options - Vocabulary, hidden units, and what is known of the lengths of documents.
 * @returns The machine. Its data is float32 `[n, vocabulary]`.
 * @throws EbmError when a count is not a whole number in its range.
 *
 * @example
 * ```ts
 * const machine = replicatedSoftmax({ vocabulary: 2000, hidden: bernoulli(50) });
 * const topics = machine.hiddenMean(params, documents);
 * ```
 * @see Salakhutdinov and Hinton, "Replicated softmax: an undirected topic model", 2009, https://papers.nips.cc/paper/3856-replicated-softmax-an-undirected-topic-model
 */
export function replicatedSoftmax<H extends string = 'bias'>({
  vocabulary,
  hidden,
  ...lengths
}: ReplicatedSoftmaxOptions<H>): Rbm<'bias', H, 'discrete'> {
  return rbm({ visible: count(vocabulary, lengths), hidden });
}
