import type { BlockConditional } from '@ebmkit/energy';
import { drivenRbm } from './driven-rbm.js';
import type { RbmLayers } from './layers.js';
import type { RbmParameters } from './rbm-parameters.js';

/**
 * The conditionals of the two layers of a machine: units of one layer are independent given the other layer.
 *
 * @param layers - The unit types.
 * @param params - The parameters.
 * @returns The blocks `hidden` and `visible`, in the order of one sweep that starts from data.
 */
export function blockConditional<V extends string, H extends string>(
  layers: RbmLayers<V, H>,
  params: RbmParameters<V, H>,
): BlockConditional<'visible' | 'hidden'> {
  return drivenRbm('rbm.sampleBlock', layers, params, {}).conditional;
}
