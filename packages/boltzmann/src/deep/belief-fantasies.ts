import { read, retire, scoped, split, type Tensor, tensor } from '@ebmkit/tensor';
import { drawFantasies, type FantasiesOptions } from '../chains/fantasies.js';
import type { VisibleChains } from '../chains/visible-chains.js';
import { hasNumbers } from '../rbm/has-numbers.js';
import type { DeepBeliefParameters } from './belief-parameters.js';
import type { DeepBeliefNetwork } from './deep-belief-network.js';

/**
 * Draws visible states from a deep belief network: long Gibbs chains of the top machine, then one directed pass down. Exact but for the
 * chains, which tend to the top machine's distribution as `steps` grows.
 *
 * @param network - The network.
 * @param params - Its parameters.
 * @param options - As for `fantasies` of the top machine: chains, steps, key; `start` holds states of its lower layer.
 * @returns Visible states, one for each chain, the means from which they were drawn, and how many chains met numbers that are not finite, in
 * the top machine or on the way down.
 * @throws EbmError when an option is wrong, or with code `aborted` when the signal fires.
 */
export async function beliefFantasies<V extends string>(
  network: DeepBeliefNetwork<V>,
  params: DeepBeliefParameters<V>,
  options: FantasiesOptions,
): Promise<VisibleChains> {
  const [forTop, forPass] = split(options.key, 2);
  const top = await drawFantasies('beliefFantasies', network.top, params.top, { ...options, key: forTop });
  const [chains, width] = top.shape;
  const drawn = scoped<{ readonly visible: Tensor; readonly means: Tensor; readonly sound: Tensor }>(() => {
    const state = network.generate(forPass, params, tensor(top.states, top.shape));
    return {
      visible: state.visible,
      means: network.visibleMean(params, state.hidden1 as Tensor),
      sound: hasNumbers(params.generation),
    };
  });
  const [visible, means, sound] = await Promise.all([read(drawn.visible), read(drawn.means), read(drawn.sound)]);
  retire(drawn, undefined);
  const size = network.visible.size;
  // A chain that was refused at the top has means that are not numbers.
  const isSound = (chain: number): boolean => Boolean(sound[0]) && !Number.isNaN(top.means[chain * width]);
  return {
    states: visible,
    means: means.map((x, i) => (isSound(Math.floor(i / size)) ? x : Number.NaN)),
    shape: [chains, size],
    diverged: sound[0] ? top.diverged : chains,
  };
}
