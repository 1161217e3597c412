import type { BlockConditional, EnergyModel, Support } from '@ebmkit/energy';
import type { Kernel, MoveInfo } from '@ebmkit/samplers';
import {
  add,
  argMax,
  categorical,
  concat,
  EbmError,
  expandDims,
  full,
  gather,
  type Key,
  less,
  logSoftmax,
  logSumExp,
  matMul,
  minimum,
  reshape,
  ShapeError,
  scoped,
  softmax,
  split,
  squeeze,
  sub,
  type Tensor,
  takeAlongAxis,
  where,
  zeros,
} from '@ebmkit/tensor';
import type { Units } from '../units/units.js';
import type { ClassRbmParameters, ClassRbmState, LabelledStates } from './class-rbm-parameters.js';
import { drivenRbm } from './driven-rbm.js';
import { type ExactState, exactMoves } from './exact-moves.js';
import { initialWeights } from './initial-weights.js';
import { checkStates, hiddenInput, type RbmLayers } from './layers.js';
import { type RbmInit, rbm } from './rbm.js';
import { ownOf } from './rbm-parameters.js';

/** What a class RBM is made of. */
export interface ClassRbmLayers<V extends string = 'bias', H extends string = 'bias', S extends Support = Support>
  extends RbmLayers<V, H, S> {
  /** How many classes a label may name, at least 2. */
  readonly classes: number;
}

/**
 * A class RBM as a plain object of pure functions. Parameters are data and come first everywhere.
 *
 * @typeParam V - The names of the visible layer's own parameters.
 * @typeParam H - The names of the hidden layer's own parameters.
 * @typeParam S - The kind of visible states.
 */
export interface ClassRbm<V extends string = 'bias', H extends string = 'bias', S extends Support = Support>
  extends EnergyModel<ClassRbmParameters<V, H>, LabelledStates> {
  /** The visible layer. */
  readonly visible: Units<V, S>;
  /** The hidden layer. */
  readonly hidden: Units<H>;
  /** How many classes there are. */
  readonly classes: number;
  /** Discrete: labels are, whatever the visible states. */
  readonly support: 'discrete';
  /** Draws parameters: weights from $`N(0, 0.01^2)`$, biases as those of `rbm`, label biases 0. */
  readonly init: (key: Key, known?: RbmInit) => ClassRbmParameters<V, H>;
  /** The free energy, under the name that every energy-based model has for it. */
  readonly energy: (params: ClassRbmParameters<V, H>, states: LabelledStates) => Tensor;
  /**
   * The free energy $`F(v, y) = -\log \sum_h e^{-E(v, y, h)}`$ of states with their labels, in nats, to `[n]`. Exact; one
   * matrix product. For Bernoulli units
   * $`F(v, y) = -b \cdot v - d_y - \sum_j \log(1 + e^{c_j + U_{yj} + (v W)_j})`$.
   */
  readonly freeEnergy: (params: ClassRbmParameters<V, H>, states: LabelledStates) => Tensor;
  /**
   * The free energy of visible states whose label is summed out as well, $`F(v) = -\log \sum_y e^{-F(v, y)}`$, `[n, V]` to
   * `[n]`. Exact. It says how likely states without labels are.
   */
  readonly visibleFreeEnergy: (params: ClassRbmParameters<V, H>, visible: Tensor) => Tensor;
  /** The energy $`E(v, y, h) = U(v) + U(h) - s(v)^T W s(h) - d_y - U_y \cdot s(h)`$ of joint states, to `[n]`. */
  readonly jointEnergy: (params: ClassRbmParameters<V, H>, state: ClassRbmState) => Tensor;
  /**
   * The probability of each class, $`p(y \mid v) \propto e^{-F(v, y)}`$, `[n, V]` to `[n, classes]`. Exact: one matrix product,
   * and one log-partition of the hidden layer for each class.
   */
  readonly classProbabilities: (params: ClassRbmParameters<V, H>, visible: Tensor) => Tensor;
  /** The logarithm of `classProbabilities`, without underflow. */
  readonly classLogProbabilities: (params: ClassRbmParameters<V, H>, visible: Tensor) => Tensor;
  /** $`\log p(y \mid v)`$ of states with their labels, to `[n]`: what `logLoss` takes for discriminative training. */
  readonly logProbability: (params: ClassRbmParameters<V, H>, states: LabelledStates) => Tensor;
  /** The most likely class of visible states, `[n, V]` to int32 `[n]`. */
  readonly classify: (params: ClassRbmParameters<V, H>, visible: Tensor) => Tensor;
  /** The conditionals of hidden units, visible units and label, each drawn exactly given the other two. */
  readonly conditional: (params: ClassRbmParameters<V, H>) => BlockConditional<'hidden' | 'visible' | 'label'>;
  /**
   * The conditionals of the two layers given labels, int32 `[chains]`: block Gibbs sampling of $`p(v, h \mid y)`$, to draw
   * states of a class.
   */
  readonly givenLabel: (params: ClassRbmParameters<V, H>, label: Tensor) => BlockConditional<'visible' | 'hidden'>;
  /** Block Gibbs sampling of states with their labels: a step draws the hidden layer, then both given it. */
  readonly kernel: (
    params: ClassRbmParameters<V, H>,
  ) => Kernel<LabelledStates, ExactState<LabelledStates, Tensor>, MoveInfo>;
  /** The mean of the hidden layer given states and labels, to `[n, H]`. */
  readonly hiddenMean: (params: ClassRbmParameters<V, H>, states: LabelledStates) => Tensor;
  /** The mean of the visible layer given hidden states, `[n, H]` to `[n, V]`; documents keep the lengths of `current`. */
  readonly visibleMean: (params: ClassRbmParameters<V, H>, hidden: Tensor, current?: Tensor) => Tensor;
}

function checkLabels(where: string, label: Tensor): void {
  if (label.dtype !== 'int32' || label.shape.length !== 1)
    throw new ShapeError(
      `${where}: expected labels int32 [n], got ${label.dtype} [${label.shape.join(', ')}]. Give the number of each class, not one-hot rows.`,
    );
}

/** The entries of a table that belong to labels, along an axis that stands for classes; NaN where a label names no class. */
function ofClass(take: typeof gather, table: Tensor, label: Tensor, axis = 0): Tensor {
  const classes = table.shape[axis] as number;
  const unknown = full(
    table.shape.map((length, at) => (at === axis ? 1 : length)),
    Number.NaN,
  );
  const entries = where(less(label, 0), classes, minimum(label, classes));
  return take(concat([table, unknown], axis), entries, axis);
}

/**
 * Makes a restricted Boltzmann machine of states and their labels: hidden units see the visible layer and a label of several
 * classes. The label can be summed over, so that $`p(y \mid v)`$ is exact and the machine is a classifier as well.
 *
 * Train it to model both (`contrastiveDivergence(machine, { kernel: machine.kernel })`), to classify
 * (`logLoss(machine.logProbability)`, whose gradient is exact), or for a `weightedSum` of the two.
 *
 * @param layers - The unit types, as values, and the number of classes.
 * @returns The machine. It holds no parameters: `init` draws them and every other function takes them.
 * @throws EbmError when the layers are not units or there are fewer than 2 classes.
 *
 * @example
 * ```ts
 * const machine = classRbm({ visible: bernoulli(784), classes: 10, hidden: bernoulli(500) });
 * const digits = machine.classify(params, images); // int32 [n]
 * const threes = alternatingGibbs(machine.givenLabel(params, full([100], 3, 'int32')), 'visible');
 * ```
 * @see Larochelle and Bengio, "Classification using discriminative restricted Boltzmann machines", 2008, https://doi.org/10.1145/1390156.1390224
 */
export function classRbm<V extends string = 'bias', H extends string = 'bias', S extends Support = Support>(
  layers: ClassRbmLayers<V, H, S>,
): ClassRbm<V, H, S> {
  const { visible, hidden, classes } = layers;
  if (!Number.isInteger(classes) || classes < 2)
    throw new EbmError('argument', `classRbm: classes must be a whole number of at least 2, got ${classes}.`);
  const unlabelled = rbm(layers);
  type P = ClassRbmParameters<V, H>;

  const labelled = (params: P, label: Tensor) => {
    checkLabels('classRbm', label);
    return drivenRbm('classRbm', layers, params, { hidden: ofClass(gather, params.labelWeight, label) });
  };
  const freeEnergy = (params: P, { visible: states, label }: LabelledStates): Tensor =>
    scoped<Tensor>(() => sub(labelled(params, label).freeEnergy(states), ofClass(gather, params.labelBias, label)));

  /** The log-probability of each class up to a term of the visible state alone, `[n, classes]`. */
  const classScores = (params: P, states: Tensor): Tensor => {
    checkStates('classRbm: visible', visible, states);
    const input = add(expandDims(hiddenInput(layers, params, states), 1), params.labelWeight);
    const partition = hidden.logPartition(ownOf(hidden, 'hidden', params), reshape(input, [-1, hidden.size]));
    return add(reshape(partition, [-1, classes]), params.labelBias);
  };
  const classLogProbabilities = (params: P, states: Tensor): Tensor =>
    scoped<Tensor>(() => logSoftmax(classScores(params, states)));

  const conditional = (params: P): BlockConditional<'hidden' | 'visible' | 'label'> => {
    const { sampleBlock, finite } = unlabelled.conditional(params);
    return {
      blocks: ['hidden', 'visible', 'label'],
      ...(finite && { finite: () => finite({}) }),
      sampleBlock: (key, block, x) => {
        if (block === 'visible') return sampleBlock(key, block, x);
        if (block === 'hidden') {
          const { label } = x;
          if (label === undefined)
            throw new EbmError('argument', 'classRbm: labels are required to draw the hidden block. Pass them.');
          return scoped<Tensor>(() => labelled(params, label).conditional.sampleBlock(key, block, x));
        }
        const { hidden: states } = x;
        if (states === undefined)
          throw new EbmError('argument', 'classRbm: hidden states are required to draw the label block. Pass them.');
        return scoped<Tensor>(() => {
          const met = hidden.statistic(ownOf(hidden, 'hidden', params), states);
          return categorical(key, add(matMul(met, params.labelWeight, { transposeB: true }), params.labelBias));
        });
      },
    };
  };

  return {
    visible,
    hidden,
    classes,
    support: 'discrete',
    init: (key, known) =>
      scoped<P>((() => {
        const [forMachine, forLabels] = split(key, 2);
        return {
          ...unlabelled.init(forMachine, known),
          labelWeight: initialWeights(forLabels, [classes, hidden.size]),
          labelBias: zeros([classes]),
        };
      }) as never),
    energy: freeEnergy,
    freeEnergy,
    visibleFreeEnergy: (params, states) =>
      scoped<Tensor>(() => {
        const scores = classScores(params, states);
        return sub(visible.energy(ownOf(visible, 'visible', params), states), logSumExp(scores, 1));
      }),
    jointEnergy: (params, { label, ...state }) =>
      scoped<Tensor>(() => sub(labelled(params, label).jointEnergy(state), ofClass(gather, params.labelBias, label))),
    classProbabilities: (params, states) => scoped<Tensor>(() => softmax(classScores(params, states))),
    classLogProbabilities,
    logProbability: (params, { visible: states, label }) =>
      scoped<Tensor>(() => {
        checkLabels('classRbm', label);
        if (label.shape[0] !== states.shape[0])
          throw new ShapeError(
            `classRbm: expected ${states.shape[0]} labels, one for each state, got ${label.shape[0]}.`,
          );
        return squeeze(ofClass(takeAlongAxis, classLogProbabilities(params, states), expandDims(label, 1), 1), 1);
      }),
    classify: (params, states) => scoped<Tensor>(() => argMax(classScores(params, states))),
    conditional,
    givenLabel: (params, label) => {
      checkLabels('classRbm', label);
      const { blocks } = unlabelled.conditional(params);
      return {
        blocks,
        finite: () => scoped<Tensor>(() => labelled(params, label).conditional.finite?.({}) as Tensor),
        sampleBlock: (key, block, x) =>
          scoped<Tensor>(() => labelled(params, label).conditional.sampleBlock(key, block, x)),
      };
    },
    kernel: (params) => {
      const { sampleBlock } = conditional(params);
      return exactMoves<LabelledStates, Tensor>('classRbm.kernel', params, {
        // 0, and NaN for chains whose label names no class: they do not move.
        context: ({ label }) => ofClass(gather, zeros([classes]), label),
        mustBeFinite: (context) => context,
        draw: (key, states) => {
          const [forHidden, forVisible, forLabel] = split(key, 3);
          const h = sampleBlock(forHidden, 'hidden', states);
          return {
            visible: sampleBlock(forVisible, 'visible', { hidden: h, visible: states.visible }),
            label: sampleBlock(forLabel, 'label', { hidden: h }),
          };
        },
      });
    },
    hiddenMean: (params, { visible: states, label }) =>
      scoped<Tensor>(() => labelled(params, label).hiddenMean(states)),
    visibleMean: unlabelled.visibleMean,
  };
}
