import type { EnergyModel, Support } from '@ebmkit/energy';
import type { Kernel, MoveInfo } from '@ebmkit/samplers';
import { type Key, reshape, ShapeError, scoped, slice, split, sum, type Tensor, zeros } from '@ebmkit/tensor';
import type { Units } from '../units/units.js';
import { type ConditionalRbm, type ConditionalRbmParameters, conditionalRbm, driveOf } from './conditional-rbm.js';
import { type Drive, drivenRbm } from './driven-rbm.js';
import { type ExactState, exactMoves } from './exact-moves.js';
import { checkUnits, type RbmLayers } from './layers.js';
import type { RbmInit } from './rbm.js';
import {
  type FrameMeanField,
  frameMeanField,
  type GeneratedFrames,
  type GenerateOptions,
  generateFrames,
  type PredictOptions,
} from './temporal-generation.js';
import { checkSequences, frameRows, memoryBefore, memoryOf } from './temporal-memory.js';

/**
 * The parameters of a temporal RBM: those of a conditional RBM whose frames are given the memory $`r_{t-1}`$, `[H]`, and the
 * memory before the first frame.
 *
 * @typeParam V - The names of the visible layer's own parameters.
 * @typeParam H - The names of the hidden layer's own parameters.
 */
export type TemporalRbmParameters<V extends string = 'bias', H extends string = 'bias'> = ConditionalRbmParameters<
  V,
  H
> & {
  /** The memory $`r_0`$ that the first frame is given, `[H]`. */
  readonly initial: Tensor;
};

/** Frames to judge, and the sequences whose earlier frames each of them is given. */
export type SequenceStates = {
  /** The frames, `[n, time, V]`. */
  readonly visible: Tensor;
  /** The observed sequences, `[n, time, V]`: frame `t` of `visible` is given frames 1 to t − 1 of these. */
  readonly given: Tensor;
};

/**
 * A temporal RBM as a plain object of pure functions. Parameters are data and come first everywhere.
 *
 * @typeParam V - The names of the visible layer's own parameters.
 * @typeParam H - The names of the hidden layer's own parameters.
 * @typeParam S - The kind of visible states.
 */
export interface TemporalRbm<V extends string = 'bias', H extends string = 'bias', S extends Support = Support>
  extends EnergyModel<TemporalRbmParameters<V, H>, SequenceStates> {
  /** The hidden layer of one frame. */
  readonly hidden: Units<H>;
  /** The machine of one frame: a conditional RBM given the memory, which takes the parameters of this one. */
  readonly frame: ConditionalRbm<V, H, S>;
  /** The kind of visible states. */
  readonly support: S;
  /** Draws parameters: all weights from $`N(0, 0.01^2)`$, biases as those of `rbm`, the first memory 0. */
  readonly init: (key: Key, known?: RbmInit) => TemporalRbmParameters<V, H>;
  /**
   * The memory of sequences `[n, time, V]`, to `[n, time + 1, H]`: $`r_0`$, and after each frame
   * $`r_t = \mathbb{E}[h_t \mid v_t, r_{t-1}]`$. Deterministic and differentiable through time. Entry `t` is what frame
   * `t + 1` is given; the last one is what the next frame will be given.
   */
  readonly memory: (params: TemporalRbmParameters<V, H>, sequences: Tensor) => Tensor;
  /** The mean of the hidden layer at every frame, `[n, time, V]` to `[n, time, H]`: the memory without its first entry. */
  readonly hiddenMean: (params: TemporalRbmParameters<V, H>, sequences: Tensor) => Tensor;
  /** Sequences as states: every frame is given the frames before it. This is what `complete` of an objective takes. */
  readonly observed: (sequences: Tensor) => SequenceStates;
  /**
   * The free energies of all frames added up, $`\sum_t F(v_t \mid r_{t-1})`$ in nats, to `[n]`. The memory comes from `given`, and
   * gradients flow back through it to the first frame. Each term is known up to $`\log Z(r_{t-1})`$, which depends on the frames
   * before, so that energies compare frames under one past: data and negatives of contrastive divergence. For the likelihood of
   * sequences see `logProbability`.
   */
  readonly energy: (params: TemporalRbmParameters<V, H>, states: SequenceStates) => Tensor;
  /**
   * $`\log p(v_1, \dots, v_T) = -\sum_t [F(v_t \mid r_{t-1}) + \log Z(r_{t-1})]`$ in nats, `[n, time, V]` to `[n]`. Exact, with its gradient;
   * one layer must be countable and have at most 4,096 states.
   */
  readonly logProbability: (params: TemporalRbmParameters<V, H>, sequences: Tensor) => Tensor;
  /**
   * Block Gibbs sampling of every frame given the memory of the observed frames before it, all frames at once: a step draws the
   * hidden layers, then the visible ones, and leaves `given` alone. These are the negatives of contrastive divergence, not
   * sequences of the machine's own; `generate` makes those.
   */
  readonly kernel: (
    params: TemporalRbmParameters<V, H>,
  ) => Kernel<SequenceStates, ExactState<SequenceStates, Required<Drive>>, MoveInfo>;
  /**
   * Draws how sequences go on, frames `[chains, frames, V]`: each frame by `steps` steps of Gibbs sampling given the memory of those before it.
   * Exact in the limit of many steps. Says of each sequence whether it met numbers that are not finite, which bits would hide.
   */
  readonly generate: (key: Key, params: TemporalRbmParameters<V, H>, options: GenerateOptions) => GeneratedFrames;
  /**
   * The next frame by mean field, `[n, time, V]` to `[n, V]`: from the mean of the visible units under the memory alone, `steps` times
   * up and down with means. Deterministic; biased where the units of a layer depend on each other much. `meanField` says whether it converged.
   */
  readonly predict: (params: TemporalRbmParameters<V, H>, sequences: Tensor, options?: PredictOptions) => Tensor;
  /** The same with a status for each row: how far the last step moved its means, and whether that is below the tolerance. */
  readonly meanField: (
    params: TemporalRbmParameters<V, H>,
    sequences: Tensor,
    options?: PredictOptions,
  ) => FrameMeanField;
}

/**
 * Makes a recurrent temporal restricted Boltzmann machine for sequences: each frame is an RBM whose biases depend on a memory of the
 * frames before it, and the memory is the mean of the hidden units, $`r_t = \mathbb{E}[h_t \mid v_t, r_{t-1}]`$. Given the sequence
 * the memory is exact, without a sum over hidden histories.
 *
 * The log-likelihood is a sum over frames, $`-F(v_t \mid r_{t-1}) - \log Z(r_{t-1})`$, and both terms depend on all parameters through
 * the memory. Contrastive divergence takes the gradient of the first one exactly, through time, and that of $`\log Z`$ as the mean of
 * $`-\nabla F`$ over frames drawn by `kernel`, through time as well: exact for draws from $`p(v_t \mid r_{t-1})`$, biased for few
 * steps from the data. `logLoss(machine.logProbability)` is exact altogether where one layer is small.
 *
 * @param layers - The unit types, as values.
 * @returns The machine. It holds no parameters: `init` draws them and every other function takes them.
 * @throws EbmError when the layers are not units.
 *
 * @example
 * ```ts
 * const machine = temporalRbm({ visible: bernoulli(100), hidden: bernoulli(200) });
 * const objective = contrastiveDivergence(machine, {
 *   k: 10,
 *   kernel: machine.kernel,
 *   complete: (_, __, sequences: Tensor) => machine.observed(sequences), // batches [n, time, 100]
 * });
 * ```
 * @see Sutskever, Hinton and Taylor, "The recurrent temporal restricted Boltzmann machine", 2008, NeurIPS 21. There the first frame has
 * hidden biases of its own, here it is given a learned $`r_0`$; and here the memory reaches the visible biases too, as in
 * Boulanger-Lewandowski, Bengio and Vincent, 2012, arXiv:1206.6392.
 */
export function temporalRbm<V extends string = 'bias', H extends string = 'bias', S extends Support = Support>(
  layers: RbmLayers<V, H, S>,
): TemporalRbm<V, H, S> {
  const { visible, hidden } = layers;
  checkUnits('temporalRbm: visible', visible);
  checkUnits('temporalRbm: hidden', hidden);
  const frame = conditionalRbm({ ...layers, given: hidden.size });
  type P = TemporalRbmParameters<V, H>;

  /** Frames as rows, beside the memory that each is given. */
  const rows = (params: P, { visible: frames, given }: SequenceStates) => {
    checkSequences('temporalRbm: visible', visible, frames);
    checkSequences('temporalRbm: given', visible, given);
    if (frames.shape[0] !== given.shape[0] || frames.shape[1] !== given.shape[1])
      throw new ShapeError(
        `temporalRbm: visible and given must have as many sequences and frames, got [${frames.shape.join(', ')}] and [${given.shape.join(', ')}].`,
      );
    return { visible: frameRows(frames), given: memoryBefore(layers, params, given) };
  };
  const overTime = (ofFrames: Tensor, { shape }: Tensor): Tensor =>
    sum(reshape(ofFrames, [shape[0] as number, shape[1] as number]), 1);

  return {
    hidden,
    frame,
    support: visible.support,
    init: (key, known) => ({ ...frame.init(key, known), initial: zeros([hidden.size]) }),
    memory: (params, sequences) => scoped<Tensor>(() => memoryOf(layers, params, sequences)),
    hiddenMean: (params, sequences) =>
      scoped<Tensor>(() => slice(memoryOf(layers, params, sequences), [0, 1, 0], [-1, -1, -1])),
    observed: (sequences) => ({ visible: sequences, given: sequences }),
    energy: (params, states) =>
      scoped<Tensor>(() => overTime(frame.freeEnergy(params, rows(params, states)), states.visible)),
    logProbability: (params, sequences) =>
      scoped<Tensor>(() =>
        overTime(frame.logProbability(params, rows(params, { visible: sequences, given: sequences })), sequences),
      ),
    kernel: (params) =>
      exactMoves<SequenceStates, Required<Drive>>('temporalRbm.kernel', params, {
        context: (states) => driveOf(params, rows(params, states).given),
        draw: (key, { visible: frames, given }, drive) => {
          const { sampleBlock } = drivenRbm('temporalRbm', layers, params, drive).conditional;
          const [forHidden, forVisible] = split(key, 2);
          const before = { visible: frameRows(frames) };
          const h = sampleBlock(forHidden, 'hidden', before);
          const drawn = sampleBlock(forVisible, 'visible', { ...before, hidden: h });
          return { visible: reshape(drawn, frames.shape), given };
        },
      }),
    generate: (key, params, options) => scoped<GeneratedFrames>(() => generateFrames(key, frame, params, options)),
    predict: (params, sequences, options) =>
      scoped<Tensor>(() => frameMeanField(frame, params, sequences, options).visible),
    meanField: (params, sequences, options) =>
      scoped<FrameMeanField>(() => frameMeanField(frame, params, sequences, options)),
  };
}
