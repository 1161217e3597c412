import { read, retire, scoped, split, type Tensor, tensor } from '@ebmkit/tensor';
import { type FantasiesOptions, fantasies } from '../chains/fantasies.js';
import type { VisibleChains } from '../chains/visible-chains.js';
import type { DeepBeliefParameters } from './belief-parameters.js';
import type { DeepBeliefNetwork } from './deep-belief-network.js';

/**
 * Draws visible states from a deep belief network: long Gibbs chains of the top machine, then one directed pass down. Exact but for the
 * chains, which tend to the top machine's distribution as `steps` grows.
 *
 * @param network - The network.
 * @param params - Its parameters.
 * @param options - As for `fantasies` of the top machine: chains, steps, key; `start` holds states of its lower layer.
 * @returns Visible states, one for each chain, and the means from which they were drawn.
 * @throws EbmError when an option is wrong, or with code `aborted` when the signal fires.
 */
export async function beliefFantasies<V extends string>(
  network: DeepBeliefNetwork<V>,
  params: DeepBeliefParameters<V>,
  options: FantasiesOptions,
): Promise<VisibleChains> {
  const [forTop, forPass] = split(options.key, 2);
  const { states, shape } = await fantasies(network.top, params.top, { ...options, key: forTop });
  const drawn = scoped<{ readonly visible: Tensor; readonly means: Tensor }>(() => {
    const state = network.generate(forPass, params, tensor(states, shape));
    return { visible: state.visible, means: network.visibleMean(params, state.hidden1 as Tensor) };
  });
  const [visible, means] = await Promise.all([read(drawn.visible), read(drawn.means)]);
  retire(drawn, undefined);
  return { states: visible, means, shape: [shape[0], network.visible.size] };
}
