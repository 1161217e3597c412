import type { BlockConditional } from '@ebmkit/energy';
import { add, EbmError, type Key, mul, ShapeError, scoped, sub, sumEvent, type Tensor } from '@ebmkit/tensor';
import { finiteChains } from './exact-moves.js';
import { hasNumbers } from './has-numbers.js';
import { checkStates, hiddenInput, type RbmLayers, visibleInput } from './layers.js';
import type { RbmState } from './rbm.js';
import { ownOf, type RbmParameters } from './rbm-parameters.js';

/** What the layers of a machine get from outside, beside what they get from each other. */
export type Drive = {
  /** Added to the input of the visible units, `[n, V]` or `[1, V]`; nothing when left out. */
  readonly visible?: Tensor;
  /** Added to the input of the hidden units, `[n, H]` or `[1, H]`; nothing when left out. */
  readonly hidden?: Tensor;
};

/** A restricted Boltzmann machine under given parameters and a given drive. */
export interface DrivenRbm {
  /** $`F(v) = -\log \sum_h e^{-E(v, h)}`$, `[n, V]` to `[n]`. */
  readonly freeEnergy: (visible: Tensor) => Tensor;
  /** $`E(v, h) = U(v) + U(h) - s(v)^T W s(h) - s(v) \cdot a - s(h) \cdot b`$ under the drive $`(a, b)`$, to `[n]`. */
  readonly jointEnergy: (state: RbmState) => Tensor;
  /** The mean of the hidden layer given the visible one. */
  readonly hiddenMean: (visible: Tensor) => Tensor;
  /** The mean of the visible layer given the hidden one; documents keep the lengths of `current`. */
  readonly visibleMean: (hidden: Tensor, current?: Tensor) => Tensor;
  /** The two block conditionals. */
  readonly conditional: BlockConditional<'visible' | 'hidden'>;
}

/**
 * A restricted Boltzmann machine whose layers get an input from outside: what a label, the frames before, or anything else that
 * is given adds to the biases. For all unit types an input is what is added to $`s(x)`$'s coefficient, so that the energy loses
 * $`s(v) \cdot a + s(h) \cdot b`$ and every conditional keeps its form.
 *
 * @param where - The name of the machine, for messages.
 * @param layers - The unit types.
 * @param params - The parameters.
 * @param drive - What comes from outside.
 * @returns The functions of the machine.
 */
export function drivenRbm<V extends string, H extends string>(
  where: string,
  layers: RbmLayers<V, H>,
  params: RbmParameters<V, H>,
  drive: Drive,
): DrivenRbm {
  const { visible, hidden } = layers;
  const [ownVisible, ownHidden] = [ownOf(visible, 'visible', params), ownOf(hidden, 'hidden', params)];
  const driven = (input: Tensor, drive: Tensor | undefined): Tensor => {
    if (drive === undefined) return input;
    const [rows, given] = [input.shape[0], drive.shape[0]];
    if (given !== 1 && given !== rows)
      throw new ShapeError(
        `${where}: expected what is given (labels, frames) for 1 row or for each of the ${rows} rows of states, got ${given} rows. Give one for each state.`,
      );
    return add(input, drive);
  };
  const intoHidden = (states: Tensor): Tensor => {
    checkStates(`${where}: visible`, visible, states);
    return driven(hiddenInput(layers, params, states), drive.hidden);
  };
  const intoVisible = (states: Tensor): Tensor => {
    checkStates(`${where}: hidden`, hidden, states);
    return driven(visibleInput(layers, params, states), drive.visible);
  };
  /** The energy of the visible layer by itself, under the drive. */
  const visibleEnergy = (states: Tensor): Tensor => {
    const own = visible.energy(ownVisible, states);
    return drive.visible ? sub(own, sumEvent(mul(visible.statistic(ownVisible, states), drive.visible))) : own;
  };
  const given = (block: string, states: Tensor | undefined): Tensor => {
    if (states !== undefined) return states;
    throw new EbmError('argument', `${where}: ${block} states are required to draw the other block. Pass them.`);
  };
  return {
    freeEnergy: (states) => {
      const input = intoHidden(states);
      return sub(visibleEnergy(states), hidden.logPartition(ownHidden, input));
    },
    jointEnergy: (state) => {
      checkStates(`${where}: hidden`, hidden, state.hidden);
      const met = sumEvent(mul(intoHidden(state.visible), hidden.statistic(ownHidden, state.hidden)));
      return sub(add(visibleEnergy(state.visible), hidden.energy(ownHidden, state.hidden)), met);
    },
    hiddenMean: (states) => hidden.mean(ownHidden, intoHidden(states)),
    visibleMean: (states, current) => visible.mean(ownVisible, intoVisible(states), current),
    conditional: {
      blocks: ['hidden', 'visible'],
      finite: () => scoped<Tensor>(() => finiteChains(hasNumbers(params), [drive.visible, drive.hidden])),
      sampleBlock: (key: Key, block, x) =>
        scoped<Tensor>(() =>
          block === 'hidden'
            ? hidden.sample(key, ownHidden, intoHidden(given('visible', x.visible)))
            : visible.sample(key, ownVisible, intoVisible(given('hidden', x.hidden)), x.visible),
        ),
    },
  };
}
