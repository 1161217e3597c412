import type { BlockConditional } from '@ebmkit/energy';
import { EbmError, type Tensor } from '@ebmkit/tensor';
import { hasNumbers } from './has-numbers.js';
import { checkStates, hiddenInput, type RbmLayers, visibleInput } from './layers.js';
import { ownOf, type RbmParameters } from './rbm-parameters.js';

function given(block: string, states: Tensor | undefined): Tensor {
  if (states === undefined)
    throw new EbmError('argument', `rbm.sampleBlock: ${block} states are required to draw the other block. Pass them.`);
  return states;
}

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
  const { visible, hidden } = layers;
  return {
    blocks: ['hidden', 'visible'],
    finite: () => hasNumbers(params),
    sampleBlock: (key, block, x) => {
      if (block === 'hidden') {
        const states = given('visible', x.visible);
        checkStates('rbm.sampleBlock: visible', visible, states);
        return hidden.sample(key, ownOf(hidden, 'hidden', params), hiddenInput(layers, params, states));
      }
      const states = given('hidden', x.hidden);
      checkStates('rbm.sampleBlock: hidden', hidden, states);
      const own = ownOf(visible, 'visible', params);
      return visible.sample(key, own, visibleInput(layers, params, states), x.visible);
    },
  };
}
