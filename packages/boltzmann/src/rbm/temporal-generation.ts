import { broadcastTo, EbmError, fold, type Key, matMul, split, stack, type Tensor } from '@ebmkit/tensor';
import type { ConditionalRbm } from './conditional-rbm.js';
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

/** Settings of `predict`. */
export interface PredictOptions {
  /** How often to go up and down with means; 10 unless given. */
  readonly steps?: number;
}

function checkCount(where: string, name: string, count: number): void {
  if (!Number.isInteger(count) || count < 1)
    throw new EbmError('argument', `${where}: ${name} must be a whole number of at least 1, got ${count}.`);
}

/** Draws frames one after the other, `[chains, frames, V]`; see `generate` of a temporal RBM. */
export function generateFrames<V extends string, H extends string>(
  key: Key,
  frame: ConditionalRbm<V, H>,
  params: TemporalRbmParameters<V, H>,
  options: GenerateOptions,
): Tensor {
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
  return stack(drawn, 1);
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

/** The next frame by mean field, `[n, V]`; see `predict` of a temporal RBM. */
export function predictFrame<V extends string, H extends string>(
  frame: ConditionalRbm<V, H>,
  params: TemporalRbmParameters<V, H>,
  sequences: Tensor,
  { steps = 10 }: PredictOptions = {},
): Tensor {
  checkCount('temporalRbm.predict', 'steps', steps);
  const given = memoryAfter(frame, params, sequences);
  let visible = frame.visible.mean(ownOf(frame.visible, 'visible', params), matMul(given, params.givenToVisible));
  for (let i = 0; i < steps; i++) visible = frame.reconstruct(params, { visible, given });
  return visible;
}
