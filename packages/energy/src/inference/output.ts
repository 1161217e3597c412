import type { Tensor } from '@ebmkit/tensor';
import { checkedCount } from '../analytic/arguments.js';

/** Real outputs, `[n, ...shape]`, float32. */
export type RealOutput = {
  /** Says which description this is. */
  readonly kind: 'real';
  /** The shape of one output. */
  readonly shape: readonly number[];
  /** Where the search begins, a tensor that broadcasts to `[n, ...shape]`; zeros unless given. */
  readonly start?: Tensor;
  /** The lower ends of the box, which broadcast to `[n, ...shape]`; −Infinity unless given. */
  readonly lower?: number | Tensor;
  /** The upper ends of the box; Infinity unless given. */
  readonly upper?: number | Tensor;
};

/** Outputs of one of several categories, `[n]`, int32. */
export type LabelOutput = {
  /** Says which description this is. */
  readonly kind: 'label';
  /** How many categories: the labels are 0 … classes − 1. */
  readonly classes: number;
};

/** Outputs of several categories in a row, `[n, length]`, int32. */
export type SequenceOutput = {
  /** Says which description this is. */
  readonly kind: 'sequence';
  /** How many places. */
  readonly length: number;
  /** How many categories at each place: 0 … classes − 1. */
  readonly classes: number;
};

/** Outputs made of categories: what discrete searches take. */
export type DiscreteOutput = LabelOutput | SequenceOutput;

/**
 * Describes outputs that are real tensors, for `argminOutput`.
 *
 * @param options - The shape of one output, where the search begins, and its box.
 * @returns The description. The energy gets outputs `[n, ...shape]`.
 * @throws EbmError when the shape is not one of whole numbers.
 */
export function realOutput({ shape, ...rest }: Omit<RealOutput, 'kind'>): RealOutput {
  for (const length of shape) checkedCount('realOutput', 'every length in shape', length, 1);
  return { kind: 'real', shape: [...shape], ...rest };
}

/**
 * Describes outputs that are one category each, for `argminOutput`.
 *
 * @param options - How many categories.
 * @returns The description. The energy gets int32 labels `[n]`; `oneHot(labels, classes)` makes indicators of them.
 * @throws EbmError when there is no category.
 */
export function labelOutput({ classes }: Omit<LabelOutput, 'kind'>): LabelOutput {
  return { kind: 'label', classes: checkedCount('labelOutput', 'classes', classes, 1) };
}

/**
 * Describes outputs that are sequences of categories, for `argminOutput`: tags of words, spins of a chain.
 *
 * @param options - How many places, and how many categories at each.
 * @returns The description. The energy gets int32 sequences `[n, length]`.
 * @throws EbmError when there is no place or no category.
 */
export function sequenceOutput({ length, classes }: Omit<SequenceOutput, 'kind'>): SequenceOutput {
  checkedCount('sequenceOutput', 'length', length, 1);
  return { kind: 'sequence', length, classes: checkedCount('sequenceOutput', 'classes', classes, 1) };
}

/** How many places an output has; a label is a sequence of one. */
export function placesOf(output: DiscreteOutput): number {
  return output.kind === 'label' ? 1 : output.length;
}
