import {
  abs,
  broadcastTo,
  EbmError,
  fold,
  type Key,
  less,
  logicalNot,
  matMul,
  max,
  split,
  stack,
  stopGradient,
  sub,
  type Tensor,
} from '@ebmkit/tensor';
import { checkIteration } from '../inference/convergence.js';
import type { ConditionalRbm } from './conditional-rbm.js';
import { finiteChains } from './exact-moves.js';
import { hasNumbers } from './has-numbers.js';
import { ownOf } from './rbm-parameters.js';
import { memoryAfter } from './temporal-memory.js';
import type { TemporalRbmParameters } from './temporal-rbm.js';

/** What frames to generate. */
export type GenerateOptions = {
  /** How many frames. */
  readonly frames: number;
  /** Gibbs steps for each frame; 25 unless given. */
  readonly steps?: number;
} & (
  | {
      /** The sequences that the frames go on from, `[chains, time, V]`. */
      readonly after: Tensor;
    }
  | {
      /** How many sequences to begin anew. */
      readonly chains: number;
    }
);

/** Sequences that a machine has drawn. */
export type GeneratedFrames = {
  /** The frames, `[chains, frames, V]`. */
  readonly frames: Tensor;
  /** Which sequences met parameters, memories or states that are not finite, bool `[chains]`. Their frames mean nothing. */
  readonly diverged: Tensor;
};

/** Settings of `predict` and `meanField`. */
export interface PredictOptions {
  /** How often to go up and down with means; 10 unless given. */
  readonly steps?: number;
  /** A row has converged when its means moved by less than this in the last step; 0.001 unless given. */
  readonly tolerance?: number;
}

/** The next frame by mean field, and whether that has converged. */
export type FrameMeanField = {
  /** The means of the visible units, `[n, V]`. */
  readonly visible: Tensor;
  /** How far the means of a row moved in the last step, at most, `[n]`; NaN when one is. */
  readonly change: Tensor;
  /** Whether the row has converged, bool `[n]`. */
  readonly converged: Tensor;
};

function checkCount(where: string, name: string, count: number): void {
  if (!Number.isInteger(count) || count < 1)
    throw new EbmError('argument', `${where}: ${name} must be a whole number of at least 1, got ${count}.`);
}

/** Draws frames one after the other; see `generate` of a temporal RBM. */
export function generateFrames<V extends string, H extends string>(
  key: Key,
  frame: ConditionalRbm<V, H>,
  params: TemporalRbmParameters<V, H>,
  options: GenerateOptions,
): GeneratedFrames {
  const { frames, steps = 25 } = options;
  checkCount('temporalRbm.generate', 'frames', frames);
  checkCount('temporalRbm.generate', 'steps', steps);
  if (!('after' in options)) checkCount('temporalRbm.generate', 'chains', options.chains);
  let memory =
    'after' in options
      ? memoryAfter(frame, params, options.after)
      : broadcastTo(params.initial, [options.chains, frame.hidden.size]);
  const drawn: Tensor[] = [];
  for (let t = 0; t < frames; t++) {
    const visible = drawFrame(fold(key, t), frame, params, memory, steps);
    drawn.push(visible);
    memory = frame.hiddenMean(params, { visible, given: memory });
  }
  const numbers = broadcastTo(hasNumbers(params), [memory.shape[0] as number]);
  return { frames: stack(drawn, 1), diverged: logicalNot(finiteChains(numbers, [...drawn, memory])) };
}

/** One frame: visible units drawn under the memory alone, then `steps` steps of Gibbs sampling. */
function drawFrame<V extends string, H extends string>(
  key: Key,
  frame: ConditionalRbm<V, H>,
  params: TemporalRbmParameters<V, H>,
  memory: Tensor,
  steps: number,
): Tensor {
  const { sampleBlock } = frame.conditional(params, memory);
  const own = ownOf(frame.visible, 'visible', params);
  let visible = frame.visible.sample(fold(key, 0), own, matMul(memory, params.givenToVisible));
  for (let i = 1; i <= steps; i++) {
    const [forHidden, forVisible] = split(fold(key, i), 2);
    const hidden = sampleBlock(forHidden, 'hidden', { visible });
    visible = sampleBlock(forVisible, 'visible', { hidden, visible });
  }
  return visible;
}

/** The next frame by mean field; see `meanField` of a temporal RBM. */
export function frameMeanField<V extends string, H extends string>(
  frame: ConditionalRbm<V, H>,
  params: TemporalRbmParameters<V, H>,
  sequences: Tensor,
  { steps = 10, tolerance = 1e-3 }: PredictOptions = {},
): FrameMeanField {
  checkCount('temporalRbm.predict', 'steps', steps);
  checkIteration('temporalRbm.predict', { tolerance });
  const given = memoryAfter(frame, params, sequences);
  let visible = frame.visible.mean(ownOf(frame.visible, 'visible', params), matMul(given, params.givenToVisible));
  let before = visible;
  for (let i = 0; i < steps; i++) [before, visible] = [visible, frame.reconstruct(params, { visible, given })];
  const change = stopGradient(max(abs(sub(visible, before)), 1));
  return { visible, change, converged: less(change, tolerance) };
}
