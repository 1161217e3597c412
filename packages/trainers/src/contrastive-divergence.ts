import type { EnergyModel } from '@ebmkit/energy';
import { type Kernel, type MoveInfo, repeat } from '@ebmkit/samplers';
import {
  cast,
  EbmError,
  type Key,
  mapTree,
  mean,
  split,
  square,
  stopGradient,
  sub,
  type Tensor,
  type Tree,
} from '@ebmkit/tensor';
import type { Loss, Objective } from './objective.js';

/** The settings of contrastive divergence. */
export interface ContrastiveDivergenceOptions<
  P extends Tree,
  S extends { readonly position: Tensor },
  I extends MoveInfo,
> {
  /** How many Markov steps the negative states take; 1 unless given. */
  readonly k?: number;
  /** The Markov kernel under given parameters: `machine.kernel` of a Boltzmann machine, or Langevin on a bound neural energy. */
  readonly kernel: (params: P) => Kernel<Tensor, S, I>;
}

/** The settings of persistent contrastive divergence. */
export interface PersistentOptions<P extends Tree, S extends { readonly position: Tensor }, I extends MoveInfo>
  extends ContrastiveDivergenceOptions<P, S, I> {
  /**
   * Where the persistent chains begin: new positions `[chains, ...event]`, which then belong to the training run. How many chains
   * there are is independent of the batch size.
   */
  readonly start: (key: Key) => Tensor;
}

function checkSteps(where: string, k: number): void {
  if (!Number.isInteger(k) || k < 1)
    throw new EbmError('argument', `${where}: k must be a whole number of at least 1, got ${k}.`);
}

function stopTree<T>(tree: T): T {
  return mapTree((leaf) => stopGradient(leaf), tree);
}

/**
 * The contrast between data and negative states, whose gradient is that of the average energy of the data minus that of
 * the negatives.
 */
function contrast<P extends Tree, N extends Tree>(
  model: EnergyModel<P>,
  params: P,
  data: Tensor,
  negatives: Tensor,
  { acceptanceProbability }: MoveInfo,
  state: N,
): Loss<N> {
  const dataEnergy = mean(model.energy(params, data));
  const modelEnergy = mean(model.energy(params, stopGradient(negatives)));
  const loss = sub(dataEnergy, modelEnergy);
  return {
    loss,
    state,
    metrics: { energyGap: loss, dataEnergy, modelEnergy, acceptance: mean(stopGradient(acceptanceProbability)) },
  };
}

/**
 * Contrastive divergence: negatives come from `k` Markov steps that restart at the data in every batch. With $`x`$ from the data and
 * $`x^-`$ the negatives, the loss is
 *
 * ```math
 * \langle E_\theta(x) \rangle - \langle E_\theta(x^-) \rangle
 * ```
 *
 * and its gradient ignores how $`x^-`$ depends on $`\theta`$. Biased; the bias falls to zero as `k` grows. Costs `k` kernel steps
 * and two energy gradients a batch. The persistent form, whose chains go on, is `persistentContrastiveDivergence`.
 *
 * @param model - Any energy model: a Boltzmann machine through its free energy, or a neural energy.
 * @param options - How many steps, and of which kernel.
 * @returns An objective over batches `[n, ...event]`. Its metrics are `energyGap` (the loss), `dataEnergy`, `modelEnergy`,
 * `reconstruction` (mean square between a datum and its negative) and `acceptance`.
 * @throws EbmError when `k` is not a whole number of at least 1.
 * @see Hinton, "Training products of experts by minimizing contrastive divergence", 2002, https://doi.org/10.1162/089976602760128018
 */
export function contrastiveDivergence<P extends Tree, S extends { readonly position: Tensor }, I extends MoveInfo>(
  model: EnergyModel<P>,
  { k = 1, kernel }: ContrastiveDivergenceOptions<P, S, I>,
): Objective<P, Tensor, null> {
  checkSteps('contrastiveDivergence', k);
  return {
    init: () => null,
    loss: (key, params, batch) => {
      const [forInit, forStep] = split(key, 2);
      const chain = repeat(kernel(stopTree(params)), k);
      const { state, info } = chain.step(forStep, chain.init(batch, forInit));
      const { loss, metrics } = contrast(model, params, batch, state.position, info, null);
      const reconstruction = mean(square(sub(cast(batch, 'float32'), cast(state.position, 'float32'))));
      return { loss, state: null, metrics: { ...metrics, reconstruction: stopGradient(reconstruction) } };
    },
  };
}

/**
 * Persistent contrastive divergence (stochastic maximum likelihood): like `contrastiveDivergence`, but the negatives are chains
 * that go on from one batch to the next, slot by slot, while the parameters change slowly under them. Its bias vanishes
 * with the learning rate.
 *
 * @param model - Any energy model.
 * @param options - How many steps a batch, of which kernel, and where the chains begin.
 * @returns An objective over batches `[n, ...event]` whose state is the chains' positions.
 * @throws EbmError when `k` is not a whole number of at least 1.
 * @see Tieleman, "Training restricted Boltzmann machines using approximations to the likelihood gradient", ICML 2008, https://doi.org/10.1145/1390156.1390290
 */
export function persistentContrastiveDivergence<
  P extends Tree,
  S extends { readonly position: Tensor },
  I extends MoveInfo,
>(
  model: EnergyModel<P>,
  { k = 1, kernel, start }: PersistentOptions<P, S, I>,
): Objective<P, Tensor, { readonly chains: Tensor }> {
  checkSteps('persistentContrastiveDivergence', k);
  return {
    init: (_, key) => ({ chains: start(key) }),
    loss: (key, params, batch, { chains }) => {
      const [forInit, forStep] = split(key, 2);
      const chain = repeat(kernel(stopTree(params)), k);
      const { state, info } = chain.step(forStep, chain.init(chains, forInit));
      return contrast(model, params, batch, state.position, info, { chains: stopGradient(state.position) });
    },
  };
}
