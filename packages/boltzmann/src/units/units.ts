import type { Support } from '@ebmkit/energy';
import type { Key, Tensor } from '@ebmkit/tensor';

/**
 * The parameters that a layer of units has of its own, besides the weights that join it to others: a `bias`, and for some
 * kinds more.
 */
export type OwnParameters<N extends string = 'bias'> = { readonly [K in N]: Tensor };

/**
 * One layer of units as a value: all that a machine must know of a kind of unit. States $`x`$ are `[n, size]`. A layer
 * has an energy of its own $`U(x)`$ and meets other layers through a statistic $`s(x)`$ and an input $`a`$, which is the
 * weighted sum of the statistics of the layers it is joined to. Given its input,
 * $`p(x \mid a) = \exp(s(x) \cdot a - U(x) - A(a))`$ with the log-partition $`A(a)`$, which is what summing the layer
 * out of a joint distribution leaves behind.
 *
 * @typeParam N - The names of the layer's own parameters.
 * @typeParam S - Whether states are drawn from a countable set, so that gradient samplers can refuse them by type.
 */
export interface Units<N extends string = 'bias', S extends Support = Support> {
  /** What kind of units, in one word, for messages. */
  readonly kind: string;
  /** How many units: the length of one state. */
  readonly size: number;
  /** Whether states are drawn from a countable set. */
  readonly support: S;
  /**
   * The values of one unit, where they are few and every combination over the layer is a state. The layer can then be
   * enumerated. Such units have the statistic $`s(x) = x`$ and the energy $`U(x) = -\sum_i b_i x_i`$.
   */
  readonly values?: readonly number[];
  /** The names of the layer's own parameters. */
  readonly parameters: readonly N[];
  /**
   * The own parameters of a layer without input. With `means`, the layer then has about those mean states; without, every
   * bias is 0.
   */
  readonly init: (means?: ArrayLike<number>) => OwnParameters<N>;
  /** The sufficient statistic $`s(x)`$ that other layers see, `[n, size]` to `[n, size]`. */
  readonly statistic: (own: OwnParameters<N>, states: Tensor) => Tensor;
  /** The layer's own energy $`U(x)`$, `[n, size]` to `[n]`. */
  readonly energy: (own: OwnParameters<N>, states: Tensor) => Tensor;
  /** The log-partition $`A(a) = \log \sum_x \exp(s(x) \cdot a - U(x))`$ of inputs, `[n, size]` to `[n]`. */
  readonly logPartition: (own: OwnParameters<N>, input: Tensor) => Tensor;
  /** The mean state given inputs, `[n, size]` to `[n, size]`. */
  readonly mean: (own: OwnParameters<N>, input: Tensor) => Tensor;
  /** An exact draw of the states given inputs, `[n, size]` to `[n, size]`. */
  readonly sample: (key: Key, own: OwnParameters<N>, input: Tensor) => Tensor;
}
