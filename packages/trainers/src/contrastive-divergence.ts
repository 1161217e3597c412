import type { EnergyModel } from '@ebmkit/energy';
import { type Kernel, type MoveInfo, repeat } from '@ebmkit/samplers';
import {
  add,
  cast,
  div,
  EbmError,
  fold,
  type Key,
  mean,
  sizeOf,
  split,
  square,
  stopGradient,
  sub,
  sum,
  type Tensor,
  type Tree,
  tensorsOf,
} from '@ebmkit/tensor';
import type { Loss, Objective } from './objective.js';

/** The settings of contrastive divergence. */
export interface ContrastiveDivergenceOptions<
  P extends Tree,
  X extends Tree,
  S extends { readonly position: X },
  I extends MoveInfo,
  B extends Tree = X,
> {
  /** How many Markov steps the negative states take; 1 unless given. */
  readonly k?: number;
  /** The Markov kernel under given parameters: `machine.kernel` of a Boltzmann machine, or Langevin on a bound neural energy. */
  readonly kernel: (params: P) => Kernel<X, S, I>;
  /**
   * Makes whole states of a batch where the energy is over more than the data shows, for instance over hidden layers: a draw of what is
   * hidden, or its mean where the energy is linear in it (mean field). Left out when a batch is states already. No gradient flows
   * through it.
   */
  readonly complete?: (key: Key, params: P, batch: B) => X;
}

/** The settings of persistent contrastive divergence. */
export interface PersistentOptions<
  P extends Tree,
  X extends Tree,
  S extends { readonly position: X },
  I extends MoveInfo,
  B extends Tree = X,
> extends ContrastiveDivergenceOptions<P, X, S, I, B> {
  /**
   * Where the persistent chains begin: new positions `[chains, ...event]`, which then belong to the training run. How many chains
   * there are is independent of the batch size.
   */
  readonly start: (key: Key) => X;
}

function checkSteps(where: string, k: number): void {
  if (!Number.isInteger(k) || k < 1)
    throw new EbmError('argument', `${where}: k must be a whole number of at least 1, got ${k}.`);
}

/** The states that a batch stands for. */
function statesOf<P extends Tree, X extends Tree, B extends Tree>(
  key: Key,
  params: P,
  batch: B,
  complete: ((key: Key, params: P, batch: B) => X) | undefined,
): X {
  return complete ? stopGradient(complete(fold(key, 2), stopGradient(params), batch)) : (batch as unknown as X);
}

/** The mean square over all numbers of the difference between two trees. */
function meanSquare(a: Tree, b: Tree): Tensor {
  const others = tensorsOf(b);
  const differences = tensorsOf(a).map((x, i) => square(sub(cast(x, 'float32'), cast(others[i] as Tensor, 'float32'))));
  if (differences.length === 1) return mean(differences[0] as Tensor);
  const count = differences.reduce((total, { shape }) => total + sizeOf(shape), 0);
  return div(differences.map((x) => sum(x)).reduce(add), count);
}

/**
 * The contrast between data and negative states, whose gradient is that of the average energy of the data minus that of
 * the negatives.
 */
function contrast<P extends Tree, X extends Tree, N extends Tree>(
  model: Pick<EnergyModel<P, X>, 'energy'>,
  params: P,
  data: X,
  negatives: X,
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
 * States may be a tree of tensors: the layers of a deep machine, or data beside what it is conditioned on, which the kernel leaves alone.
 *
 * @param model - Any energy model: a Boltzmann machine through its free energy, or a neural energy.
 * @param options - How many steps, of which kernel, and how a batch becomes states where it is not.
 * @returns An objective over batches `[n, ...event]`. Its metrics are `energyGap` (the loss), `dataEnergy`, `modelEnergy`,
 * `reconstruction` (mean square between a datum and its negative) and `acceptance`.
 * @throws EbmError when `k` is not a whole number of at least 1.
 * @see Hinton, "Training products of experts by minimizing contrastive divergence", 2002, https://doi.org/10.1162/089976602760128018
 */
export function contrastiveDivergence<
  P extends Tree,
  X extends Tree,
  S extends { readonly position: X },
  I extends MoveInfo,
  B extends Tree = X,
>(
  model: Pick<EnergyModel<P, X>, 'energy'>,
  { k = 1, kernel, complete }: ContrastiveDivergenceOptions<P, X, S, I, B>,
): Objective<P, B, null> {
  checkSteps('contrastiveDivergence', k);
  return {
    init: () => null,
    loss: (key, params, batch) => {
      const [forInit, forStep] = split(key, 2);
      const data = statesOf(key, params, batch, complete);
      const chain = repeat(kernel(stopGradient(params)), k);
      const { state, info } = chain.step(forStep, chain.init(data, forInit));
      const { loss, metrics } = contrast(model, params, data, state.position, info, null);
      const reconstruction = stopGradient(meanSquare(data, state.position));
      return { loss, state: null, metrics: { ...metrics, reconstruction } };
    },
  };
}

/**
 * Persistent contrastive divergence (stochastic maximum likelihood): like `contrastiveDivergence`, but the negatives are chains
 * that go on from one batch to the next, slot by slot, while the parameters change slowly under them. Its bias vanishes
 * with the learning rate.
 *
 * With `complete` by mean field it is the variational learning of deep Boltzmann machines.
 *
 * @param model - Any energy model.
 * @param options - How many steps a batch, of which kernel, where the chains begin, and how a batch becomes states where it is not.
 * @returns An objective over batches `[n, ...event]` whose state is the chains' positions.
 * @throws EbmError when `k` is not a whole number of at least 1.
 * @see Tieleman, "Training restricted Boltzmann machines using approximations to the likelihood gradient", ICML 2008, https://doi.org/10.1145/1390156.1390290
 */
export function persistentContrastiveDivergence<
  P extends Tree,
  X extends Tree,
  S extends { readonly position: X },
  I extends MoveInfo,
  B extends Tree = X,
>(
  model: Pick<EnergyModel<P, X>, 'energy'>,
  { k = 1, kernel, start, complete }: PersistentOptions<P, X, S, I, B>,
): Objective<P, B, { readonly chains: X }> {
  checkSteps('persistentContrastiveDivergence', k);
  return {
    init: (_, key) => ({ chains: start(key) }),
    loss: (key, params, batch, { chains }) => {
      const [forInit, forStep] = split(key, 2);
      const data = statesOf(key, params, batch, complete);
      const chain = repeat(kernel(stopGradient(params)), k);
      const { state, info } = chain.step(forStep, chain.init(chains, forInit));
      return contrast(model, params, data, state.position, info, { chains: stopGradient(state.position) });
    },
  };
}
