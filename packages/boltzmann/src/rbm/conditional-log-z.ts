import { add, EbmError, expandDims, logSumExp, matMul, reshape, sub, type Tensor } from '@ebmkit/tensor';
import { enumerateStates, stateCount } from '../likelihood/enumeration.js';
import type { OwnParameters, Units } from '../units/units.js';
import type { Drive } from './driven-rbm.js';
import { hiddenInput, type RbmLayers, repeatedBias, visibleInput } from './layers.js';
import { ownOf, type RbmParameters } from './rbm-parameters.js';

/** Every row of a drive meets all states of a layer, so that the list must be short. */
const mostStates = 4096;

/** A layer under a drive. */
interface DrivenLayer<N extends string> {
  readonly units: Units<N>;
  readonly own: OwnParameters<N>;
  readonly drive: Tensor;
}

/** The log normalisers `[n]` by a sum over the listed states of one layer, with the other summed out by its log-partition. */
function sumOver<A extends string, B extends string>(
  listed: DrivenLayer<A>,
  other: DrivenLayer<B>,
  inputOfOther: (states: Tensor) => Tensor,
): Tensor {
  const states = enumerateStates(listed.units);
  const statistic = listed.units.statistic(listed.own, states);
  const own = sub(matMul(listed.drive, statistic, { transposeB: true }), listed.units.energy(listed.own, states));
  const input = add(inputOfOther(states), expandDims(other.drive, 1));
  const partition = other.units.logPartition(other.own, reshape(input, [-1, other.units.size]));
  return logSumExp(add(own, reshape(partition, own.shape)), 1);
}

/**
 * The log normaliser of a machine under each row of a drive, by a sum over all states of the layer that has fewer:
 * $`\log Z(a, b) = \log \sum_h \exp(s(h) \cdot b - U(h) + A_v(W s(h) + a))`$, or the same with the layers swapped. Exact and
 * differentiable; costs a row of the other layer for each state and each row.
 *
 * @param layers - The unit types.
 * @param params - The parameters.
 * @param drive - What comes from outside, `[n, V]` and `[n, H]`.
 * @returns `[n]`, in nats.
 * @throws EbmError when neither layer has at most 4,096 states.
 */
export function conditionalLogZ<V extends string, H extends string>(
  layers: RbmLayers<V, H>,
  params: RbmParameters<V, H>,
  drive: Required<Drive>,
): Tensor {
  const { visible, hidden } = layers;
  const below = { units: visible, own: ownOf(visible, 'visible', params), drive: drive.visible };
  const repeated = repeatedBias(layers, params);
  const ofHiddenDrive = repeated ? add(drive.hidden, repeated) : drive.hidden;
  const above = { units: hidden, own: ownOf(hidden, 'hidden', params), drive: ofHiddenDrive };
  const [ofVisible, ofHidden] = [stateCount(visible), stateCount(hidden)];
  if (Math.min(ofVisible, ofHidden) > mostStates)
    throw new EbmError(
      'argument',
      `conditionalRbm.logZ: one layer must have at most ${mostStates} states, got ${visible.size} ${visible.kind} and ${hidden.size} ${hidden.kind} units. Use a smaller layer, or train by contrastiveDivergence, which needs no normaliser.`,
    );
  return ofHidden <= ofVisible
    ? sumOver(above, below, (states) => visibleInput(layers, params, states))
    : sumOver(below, above, (states) => hiddenInput(layers, params, states));
}
