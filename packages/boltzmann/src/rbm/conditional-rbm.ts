import type { BlockConditional, ConditionalEnergy, EnergyModel, Support } from '@ebmkit/energy';
import type { Kernel, MoveInfo } from '@ebmkit/samplers';
import { add, EbmError, isTensor, type Key, matMul, neg, ShapeError, scoped, split, type Tensor } from '@ebmkit/tensor';
import type { Units } from '../units/units.js';
import { conditionalLogZ } from './conditional-log-z.js';
import { type Drive, type DrivenRbm, drivenRbm } from './driven-rbm.js';
import { type ExactState, exactMoves } from './exact-moves.js';
import { initialWeights } from './initial-weights.js';
import type { RbmLayers } from './layers.js';
import { type RbmInit, type RbmState, rbm } from './rbm.js';
import type { RbmParameters } from './rbm-parameters.js';

/** What a conditional RBM is made of. */
export interface ConditionalRbmLayers<V extends string = 'bias', H extends string = 'bias', S extends Support = Support>
  extends RbmLayers<V, H, S> {
  /** How many numbers are given: the length of one row of `given`. */
  readonly given: number;
}

/**
 * The parameters of a conditional RBM: those of the machine, and how the biases of both layers depend on what is given.
 *
 * @typeParam V - The names of the visible layer's own parameters.
 * @typeParam H - The names of the hidden layer's own parameters.
 */
export type ConditionalRbmParameters<V extends string = 'bias', H extends string = 'bias'> = RbmParameters<V, H> & {
  /** What each given number adds to the input of the visible units, `[G, V]`: the autoregressive weights. */
  readonly givenToVisible: Tensor;
  /** What each given number adds to the input of the hidden units, `[G, H]`. */
  readonly givenToHidden: Tensor;
};

/** Visible states beside what they are given. */
export type ConditionedStates = {
  /** Visible states, `[n, V]`. */
  readonly visible: Tensor;
  /** What is given, float32 or bool `[n, G]`, or `[1, G]` for all rows alike. */
  readonly given: Tensor;
};

/**
 * A conditional RBM as a plain object of pure functions. Parameters are data and come first everywhere.
 *
 * @typeParam V - The names of the visible layer's own parameters.
 * @typeParam H - The names of the hidden layer's own parameters.
 * @typeParam S - The kind of visible states.
 */
export interface ConditionalRbm<V extends string = 'bias', H extends string = 'bias', S extends Support = Support>
  extends EnergyModel<ConditionalRbmParameters<V, H>, ConditionedStates> {
  /** The visible layer. */
  readonly visible: Units<V, S>;
  /** The hidden layer. */
  readonly hidden: Units<H>;
  /** How many numbers are given. */
  readonly given: number;
  /** The kind of visible states. */
  readonly support: S;
  /** Draws parameters: all weights from $`N(0, 0.01^2)`$, biases as those of `rbm`. */
  readonly init: (key: Key, known?: RbmInit) => ConditionalRbmParameters<V, H>;
  /** The free energy, under the name that every energy-based model has for it. */
  readonly energy: (params: ConditionalRbmParameters<V, H>, states: ConditionedStates) => Tensor;
  /**
   * The free energy $`F(v \mid g) = -\log \sum_h e^{-E(v, h \mid g)}`$ in nats, to `[n]`. Exact; three matrix products. Its
   * normaliser depends on $`g`$, so that free energies compare states under one $`g`$ only.
   */
  readonly freeEnergy: (params: ConditionalRbmParameters<V, H>, states: ConditionedStates) => Tensor;
  /** The energy $`E(v, h \mid g) = U(v) + U(h) - s(v)^T W s(h) - (g A) \cdot s(v) - (g B) \cdot s(h)`$, to `[n]`. */
  readonly jointEnergy: (params: ConditionalRbmParameters<V, H>, state: ConditionedStates & RbmState) => Tensor;
  /** The free energy as an energy of visible states given $`g`$: what `condition` takes. */
  readonly conditionalEnergy: (params: ConditionalRbmParameters<V, H>) => ConditionalEnergy<Tensor, Tensor, S>;
  /**
   * $`\log Z(g) = \log \sum_{v, h} e^{-E(v, h \mid g)}`$ in nats, `[n, G]` to `[n]`. Exact and differentiable, by a sum over the
   * states of one layer, which must be countable and have at most 4,096 states.
   */
  readonly logZ: (params: ConditionalRbmParameters<V, H>, given: Tensor) => Tensor;
  /**
   * $`\log p(v \mid g) = -F(v \mid g) - \log Z(g)`$ in nats, to `[n]`. Exact, at the cost of `logZ`: what `logLoss` takes where the
   * machine is small.
   */
  readonly logProbability: (params: ConditionalRbmParameters<V, H>, states: ConditionedStates) => Tensor;
  /**
   * The two block conditionals given `given`, `[chains, G]` or `[1, G]`: what block Gibbs sampling takes. What the layers get from it is
   * worked out once, in two tensors that live until the scope of this call ends.
   */
  readonly conditional: (
    params: ConditionalRbmParameters<V, H>,
    given: Tensor,
  ) => BlockConditional<'visible' | 'hidden'>;
  /** Block Gibbs sampling of the visible layer: a step draws the hidden layer, then the visible one, and leaves `given` alone. */
  readonly kernel: (
    params: ConditionalRbmParameters<V, H>,
  ) => Kernel<ConditionedStates, ExactState<ConditionedStates, Required<Drive>>, MoveInfo>;
  /** The mean of the hidden layer given visible states and `given`, to `[n, H]`. */
  readonly hiddenMean: (params: ConditionalRbmParameters<V, H>, states: ConditionedStates) => Tensor;
  /** The mean of the visible layer given hidden states and `given`, to `[n, V]`; documents keep the lengths of `visible`. */
  readonly visibleMean: (
    params: ConditionalRbmParameters<V, H>,
    states: { readonly hidden: Tensor; readonly given: Tensor; readonly visible?: Tensor },
  ) => Tensor;
  /** The mean visible state given the mean hidden state: up and down once without chance, to `[n, V]`. */
  readonly reconstruct: (params: ConditionalRbmParameters<V, H>, states: ConditionedStates) => Tensor;
}

/** What is given enters as it is: throws unless it is rows of the right length. */
function checkGiven(size: number, given: unknown): void {
  if (!isTensor(given))
    throw new EbmError('argument', `conditionalRbm: expected a tensor given [n, ${size}], got ${typeof given}.`);
  if (given.shape.length !== 2 || given.shape[1] !== size)
    throw new ShapeError(
      `conditionalRbm: expected given [n, ${size}], got [${given.shape.join(', ')}]. Put all that is given in one row, such as the last frames side by side.`,
    );
}

/** What the layers get from rows of what is given. */
export function driveOf(
  { givenToVisible, givenToHidden }: Pick<ConditionalRbmParameters, 'givenToVisible' | 'givenToHidden'>,
  given: Tensor,
): Required<Drive> {
  return { visible: matMul(given, givenToVisible), hidden: matMul(given, givenToHidden) };
}

/**
 * Makes a conditional restricted Boltzmann machine: the biases of both layers are linear in a vector that is given, such as the
 * last frames of a sequence (`framesBefore` makes the rows), a class or an embedding. What is given is not modelled.
 *
 * `contrastiveDivergence(machine, { kernel: machine.kernel })` trains it on batches `{ visible, given }`. It has no single normaliser, so
 * that a `persistentContrastiveDivergence` needs a chain for each row of data.
 *
 * @param layers - The unit types, as values, and how many numbers are given.
 * @returns The machine. It holds no parameters: `init` draws them and every other function takes them.
 * @throws EbmError when the layers are not units or `given` is not a whole number above 0.
 *
 * @example
 * ```ts
 * const machine = conditionalRbm({ visible: bernoulli(50), hidden: bernoulli(100), given: 3 * 50 });
 * const next = condition(machine.conditionalEnergy(params), lastThreeFrames); // an energy of the next frame
 * const kernel = alternatingGibbs(machine.conditional(params, lastThreeFrames), 'visible'); // draws of it
 * ```
 * @see Taylor, Hinton and Roweis, "Modeling human motion using binary latent variables", 2006, NeurIPS 19
 * @see Mnih, Larochelle and Hinton, "Conditional restricted Boltzmann machines for structured output prediction", 2011, arXiv:1202.3748
 */
export function conditionalRbm<V extends string = 'bias', H extends string = 'bias', S extends Support = Support>(
  layers: ConditionalRbmLayers<V, H, S>,
): ConditionalRbm<V, H, S> {
  const { visible, hidden, given: size } = layers;
  const unconditional = rbm(layers);
  if (!Number.isInteger(size) || size < 1)
    throw new EbmError('argument', `conditionalRbm: given must be a whole number above 0, got ${size}.`);
  type P = ConditionalRbmParameters<V, H>;

  const checkedDrive = (params: P, given: Tensor): Required<Drive> => {
    checkGiven(size, given);
    return driveOf(params, given);
  };
  const driven = (params: P, given: Tensor): DrivenRbm =>
    drivenRbm('conditionalRbm', layers, params, checkedDrive(params, given));
  const freeEnergy = (params: P, { visible: states, given }: ConditionedStates): Tensor =>
    scoped<Tensor>(() => driven(params, given).freeEnergy(states));
  const logZ = (params: P, given: Tensor): Tensor =>
    scoped<Tensor>(() => conditionalLogZ(layers, params, checkedDrive(params, given)));

  return {
    visible,
    hidden,
    given: size,
    support: visible.support,
    init: (key, known) =>
      scoped<P>((() => {
        const [forMachine, forVisible, forHidden] = split(key, 3);
        return {
          ...unconditional.init(forMachine, known),
          givenToVisible: initialWeights(forVisible, [size, visible.size]),
          givenToHidden: initialWeights(forHidden, [size, hidden.size]),
        };
      }) as never),
    energy: freeEnergy,
    freeEnergy,
    jointEnergy: (params, { given, ...state }) => scoped<Tensor>(() => driven(params, given).jointEnergy(state)),
    conditionalEnergy: (params) => ({
      energy: (states, given) => freeEnergy(params, { visible: states, given }),
      support: visible.support,
    }),
    logZ,
    logProbability: (params, { visible: states, given }) =>
      scoped<Tensor>(() => {
        const drive = checkedDrive(params, given);
        const { freeEnergy: ofStates } = drivenRbm('conditionalRbm', layers, params, drive);
        return neg(add(ofStates(states), conditionalLogZ(layers, params, drive)));
      }),
    conditional: (params, given) => driven(params, given).conditional,
    kernel: (params) =>
      exactMoves<ConditionedStates, Required<Drive>>('conditionalRbm.kernel', params, {
        context: ({ given }) => checkedDrive(params, given),
        draw: (key, { visible: states, given }, drive) => {
          const { sampleBlock } = drivenRbm('conditionalRbm', layers, params, drive).conditional;
          const [forHidden, forVisible] = split(key, 2);
          const h = sampleBlock(forHidden, 'hidden', { visible: states });
          return { visible: sampleBlock(forVisible, 'visible', { hidden: h, visible: states }), given };
        },
      }),
    hiddenMean: (params, { visible: states, given }) => scoped<Tensor>(() => driven(params, given).hiddenMean(states)),
    visibleMean: (params, { hidden: states, given, visible: current }) =>
      scoped<Tensor>(() => driven(params, given).visibleMean(states, current)),
    reconstruct: (params, { visible: states, given }) =>
      scoped<Tensor>(() => {
        const machine = driven(params, given);
        return machine.visibleMean(machine.hiddenMean(states), states);
      }),
  };
}
