import type { BlockConditional } from '@ebmkit/energy';
import { type AnnealingPath, alternatingGibbs, type GibbsState } from '@ebmkit/samplers';
import { add, free, mapTree, mul, read, scoped, sub, type Tensor, zeros } from '@ebmkit/tensor';
import { hasNumbers } from '../rbm/has-numbers.js';
import { hiddenInput, visibleInput } from '../rbm/layers.js';
import type { Rbm } from '../rbm/rbm.js';
import { ownOf, type RbmParameters } from '../rbm/rbm-parameters.js';
import type { OwnParameters, Units } from '../units/units.js';

/** The own parameters of both layers of a machine without weights. */
export interface BaseRate<V extends string, H extends string> {
  /** The visible layer's, with the biases that give the data's means. */
  readonly visible: OwnParameters<V>;
  /** The hidden layer's, with biases that give means of hidden units, or 0. */
  readonly hidden: OwnParameters<H>;
}

/** Where annealing begins. */
export interface BaseRateMeans {
  /** The means of the data, where the base-rate machine begins. Without them it begins at fair coins, which takes more steps. */
  readonly visibleMeans?: ArrayLike<number>;
  /**
   * The means of the hidden units under the machine, such as `hiddenMean` of its fantasies, averaged. Without them hidden units begin at fair coins. Where
   * the machine leaves most of them off, that is so far away that many more steps do not make up for it: on a machine of 500 × 2,000 units,
   * forward and reverse chains of 4,000 steps were 22 nats apart without, and 0.3 with them.
   */
  readonly hiddenMeans?: ArrayLike<number>;
}

/** A layer's own parameters with another bias. Other parameters, such as variances, stay, so that both ends of a path share them. */
function withBias<N extends string>(
  units: Units<N>,
  own: OwnParameters<N>,
  means?: ArrayLike<number>,
): OwnParameters<N> {
  return scoped<OwnParameters<N>>((() => {
    const { bias } = units.init(means);
    return { ...own, bias };
  }) as never);
}

/**
 * The base-rate machine of a machine: no weights, and biases that give the means of the data and of hidden units (0 without
 * means). Its layers are independent, so it is drawn and normalised exactly.
 */
export function baseRate<V extends string, H extends string>(
  { visible, hidden }: Rbm<V, H>,
  params: RbmParameters<V, H>,
  { visibleMeans, hiddenMeans }: BaseRateMeans,
): BaseRate<V, H> {
  return {
    visible: withBias(visible, ownOf(visible, 'visible', params), visibleMeans),
    hidden: withBias(hidden, ownOf(hidden, 'hidden', params), hiddenMeans),
  };
}

/** The log normaliser of the base-rate machine. */
export async function baseRateLogZ<V extends string, H extends string>(
  { visible, hidden }: Rbm<V, H>,
  base: BaseRate<V, H>,
): Promise<number> {
  const logZ = scoped<Tensor>(() =>
    add(
      visible.logPartition(base.visible, zeros([1, visible.size])),
      hidden.logPartition(base.hidden, zeros([1, hidden.size])),
    ),
  );
  const numbers = await read(logZ);
  free(logZ);
  return numbers[0] as number;
}

/**
 * The path from the base-rate machine, at beta 0, to a machine, at beta 1. On the way lies the machine with weights
 * $`\beta W`$ and biases $`(1 - \beta) b_0 + \beta b`$: the geometric path between the two joint distributions, whose hidden
 * layer is summed out exactly at every beta.
 *
 * @see Salakhutdinov and Murray, "On the quantitative analysis of deep belief networks", 2008, https://doi.org/10.1145/1390156.1390266
 */
export function annealedMachine<V extends string, H extends string>(
  machine: Rbm<V, H>,
  params: RbmParameters<V, H>,
  base: BaseRate<V, H>,
): AnnealingPath<Tensor, GibbsState<Tensor>> {
  const { visible, hidden } = machine;
  const target = { visible: ownOf(visible, 'visible', params), hidden: ownOf(hidden, 'hidden', params) };
  return (beta) => {
    const between = mapTree((from, to) => add(mul(from, sub(1, beta)), mul(to, beta)), base, target);
    // The weights are scaled after the product, so that both energies of a step and its move share one product.
    const toHidden = (states: Tensor): Tensor => mul(hiddenInput(machine, params, states), beta);
    const conditional: BlockConditional<'visible' | 'hidden'> = {
      blocks: ['hidden', 'visible'],
      finite: () => hasNumbers(params),
      sampleBlock: (key, block, x) =>
        block === 'hidden'
          ? hidden.sample(key, between.hidden, toHidden(x.visible as Tensor))
          : visible.sample(
              key,
              between.visible,
              mul(visibleInput(machine, params, x.hidden as Tensor), beta),
              x.visible,
            ),
    };
    return {
      energy: (states) =>
        sub(visible.energy(between.visible, states), hidden.logPartition(between.hidden, toHidden(states))),
      kernel: alternatingGibbs(conditional, 'visible'),
    };
  };
}
