import { add, isTensor, matMul, reshape, ShapeError, scoped, squeeze, type Tensor } from '@ebmkit/tensor';
import type { OwnParameters, Units } from '../units/units.js';
import type { ClassRbmParameters } from './class-rbm-parameters.js';
import type { RbmLayers } from './layers.js';
import { namedIn, ownOf, type RbmParameters } from './rbm-parameters.js';

/** The offsets to move to, in units of the states; a layer that is left out keeps its own. */
export interface Offsets {
  /** That of the visible layer, `[V]`. */
  readonly visible?: Tensor;
  /** That of the hidden layer, `[H]`. */
  readonly hidden?: Tensor;
}

/** The change $`s(\mu') - s(\mu)`$ of the statistic of a layer's offset, `[1, size]`: the centred statistic of the new one. */
function changeOf<N extends string>(
  layer: 'visible' | 'hidden',
  { size, statistic }: Units<N>,
  own: OwnParameters<N>,
  to: Tensor,
): Tensor {
  const { offset } = own as Partial<OwnParameters<string>>;
  if (!isTensor(offset) || offset.shape[0] !== size)
    throw new ShapeError(
      `recentre: the ${layer} layer has no offset of its own for every unit. Make it with centred(units, 0).`,
    );
  if (to.shape.length !== 1 || to.shape[0] !== size)
    throw new ShapeError(`recentre: expected a ${layer} offset [${size}], got [${to.shape.join(', ')}].`);
  return statistic(own, reshape(to, [1, size]));
}

/**
 * The same distribution in other centred parameters: the offsets $`\mu, \lambda`$ of the layers become $`\mu', \lambda'`$, and the biases take up
 * what that changes, $`b' = b + W (s(\lambda') - s(\lambda))`$ and $`c' = c + W^T (s(\mu') - s(\mu))`$ with the statistic $`s`$ of each layer. Energies change by one constant.
 *
 * The law does not change, nor that of a machine with more parameters. The label of a class machine takes up its part, $`d' = d + U (s(\lambda') - s(\lambda))`$.
 * What joins a conditional machine to what it is given stays as it is: energies change by one constant for each row of that. So does the
 * memory of a temporal machine, which is of states.
 *
 * @param machine - A machine with centred layers: `rbm`, `classRbm`, `conditionalRbm` or the `frame` of a `temporalRbm`.
 * @param params - Its parameters.
 * @param offsets - Where the offsets go.
 * @returns New parameters.
 * @throws ShapeError when a layer that is to move is not centred, or an offset has another length.
 *
 * @example
 * ```ts
 * const next = recentre(machine, params, { hidden: mean(machine.hiddenMean(params, batch), 0) });
 * ```
 * @see Montavon and Müller, "Deep Boltzmann machines and the centering trick", 2012, https://arxiv.org/abs/1203.3783
 */
export function recentre<V extends string, H extends string, P extends RbmParameters<V, H>>(
  machine: RbmLayers<V, H>,
  params: P & RbmParameters<V, H>,
  offsets: Offsets,
): P {
  const { visible, hidden } = machine;
  const moved = (): P => {
    const { weight, labelWeight, labelBias } = params as typeof params & Partial<ClassRbmParameters>;
    const [v, h] = [ownOf(visible, 'visible', params), ownOf(hidden, 'hidden', params)];
    const change = offsets.hidden && changeOf('hidden', hidden, h, offsets.hidden);
    /** What lower units get from the change of the hidden offset. */
    const taken = (bias: Tensor, weights: Tensor): Tensor =>
      change ? add(bias, squeeze(matMul(weights, change, { transposeB: true }), 1)) : bias;
    const up = offsets.visible && matMul(changeOf('visible', visible, v, offsets.visible), weight);
    return {
      ...params,
      ...(labelWeight && labelBias && { labelBias: taken(labelBias, labelWeight) }),
      ...namedIn('visible', {
        ...v,
        bias: taken(v.bias, weight),
        ...(offsets.visible && { offset: offsets.visible }),
      }),
      ...namedIn('hidden', {
        ...h,
        ...(up && { bias: add(h.bias, squeeze(up, 0)) }),
        ...(offsets.hidden && { offset: offsets.hidden }),
      }),
    };
  };
  return scoped<P>(moved as never);
}
