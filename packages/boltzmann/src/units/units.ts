import type { Support } from '@ebmkit/energy';
import type { Key, Tensor } from '@ebmkit/tensor';

/**
 * The parameters that a layer of units has of its own, besides the weights that join it to others: a `bias`, and for some
 * kinds more. The `bias` is `[size]` and acts as a constant part of the input: $`p(x \mid a)`$ depends on $`b + a`$ alone.
 */
export type OwnParameters<N extends string = 'bias'> = { readonly [K in N | 'bias']: Tensor };

/**
 * One site of a layer that can be listed: the vectors that it may hold, all of one length. A bit has `[[0], [1]]`, a choice of
 * three `[[1, 0, 0], [0, 1, 0], [0, 0, 1]]`.
 */
export type Site = readonly (readonly number[])[];

/**
 * One layer of units as a value: all that a machine must know of a kind of unit. States $`x`$ are `[n, size]`. A layer
 * has an energy of its own $`U(x)`$ and meets other layers through a statistic $`s(x)`$ and an input $`a`$, which is the
 * weighted sum of the statistics of the layers it is joined to. Given its input,
 * $`p(x \mid a) = \exp(s(x) \cdot a - U(x) - A(a))`$ with the log-partition $`A(a)`$, which is what summing the layer
 * out of a joint distribution leaves behind.
 *
 * The last argument `current` of some functions is the state of the layer as it is. Only layers that keep a part of it (the
 * length of a document) look at it.
 *
 * @typeParam N - The names of the layer's own parameters.
 * @typeParam S - Whether states are drawn from a countable set, so that gradient samplers can refuse them by type.
 */
export interface Units<N extends string = 'bias', S extends Support = Support> {
  /** What kind of units, in one word, for messages. */
  readonly kind: string;
  /** How many numbers one state has. */
  readonly size: number;
  /** `discrete` when any unit of the layer takes values from a countable set. */
  readonly support: S;
  /**
   * The sites of the layer from left to right, where each may hold few vectors and every combination is a state. The layer can
   * then be enumerated. Its statistic is $`x`$ less a constant, and its energy $`U(x) = -b \cdot s(x)`$.
   */
  readonly sites?: readonly Site[];
  /** The layers from left to right that a mixed one is made of, where their sites cannot all be listed. Data is checked by them. */
  readonly parts?: readonly Pick<Units, 'size' | 'sites' | 'copies' | 'parts'>[];
  /**
   * How many numbers, from left to right, are drawn together, such as those of a document. Given the input, numbers of different groups are
   * independent, and of one group are not. Left out where `sites` says it, and where every number is drawn for itself.
   */
  readonly groups?: readonly number[];
  /** The names of the layer's own parameters. */
  readonly parameters: readonly (N | 'bias')[];
  /**
   * The own parameters of a layer without input. With `means`, the layer then has about those mean states; without, every
   * bias is 0.
   */
  readonly init: (means?: ArrayLike<number>) => OwnParameters<N>;
  /**
   * Of how many copies of a machine with common hidden units a state is the sum, `[n, 1]` or a number: the words of a document. The
   * biases of the hidden units count once for each copy. Left out where it is 1. Takes states, or nothing when it is the same for all.
   */
  readonly copies?: (states?: Tensor) => Tensor | number;
  /** The sufficient statistic $`s(x)`$ that other layers see, `[n, size]` to `[n, size]`. */
  readonly statistic: (own: OwnParameters<N>, states: Tensor) => Tensor;
  /** The layer's own energy $`U(x)`$, `[n, size]` to `[n]`. */
  readonly energy: (own: OwnParameters<N>, states: Tensor) => Tensor;
  /** The log-partition $`A(a) = \log \sum_x \exp(s(x) \cdot a - U(x))`$ of inputs, `[n, size]` to `[n]`. */
  readonly logPartition: (own: OwnParameters<N>, input: Tensor, current?: Tensor) => Tensor;
  /** The mean state given inputs, `[n, size]` to `[n, size]`. */
  readonly mean: (own: OwnParameters<N>, input: Tensor, current?: Tensor) => Tensor;
  /** An exact draw of the states given inputs, `[n, size]` to `[n, size]`. */
  readonly sample: (key: Key, own: OwnParameters<N>, input: Tensor, current?: Tensor) => Tensor;
}

/** How many numbers, from left to right, are drawn together: see `groups` of `Units`. */
export function groupsOf({ size, sites, groups }: Pick<Units, 'size' | 'sites' | 'groups'>): readonly number[] {
  return groups ?? sites?.map(([vector]) => vector?.length ?? 0) ?? Array<number>(size).fill(1);
}
