import {
  add,
  broadcastTo,
  EbmError,
  isTensor,
  matMul,
  reshape,
  ShapeError,
  slice,
  stack,
  type Tensor,
} from '@ebmkit/tensor';
import { hiddenInput, type RbmLayers } from './layers.js';
import { ownOf } from './rbm-parameters.js';
import type { TemporalRbmParameters } from './temporal-rbm.js';

/** Throws unless a tensor holds sequences of frames, `[n, time, size]`. */
export function checkSequences(where: string, { size }: { readonly size: number }, sequences: unknown): void {
  if (!isTensor(sequences))
    throw new EbmError('argument', `${where}: expected a tensor [n, time, ${size}], got ${typeof sequences}.`);
  const { shape } = sequences;
  if (shape.length !== 3 || shape[2] !== size || shape[1] === 0)
    throw new ShapeError(
      `${where}: expected sequences [n, time, ${size}] of at least one frame, got [${shape.join(', ')}]. Reshape one sequence to a batch of one, and flatten images.`,
    );
}

/** The frames of sequences as rows, `[n, time, size]` to `[n * time, size]`, sequence by sequence. */
export function frameRows(sequences: Tensor): Tensor {
  const [n, time, size] = sequences.shape as readonly [number, number, number];
  return reshape(sequences, [n * time, size]);
}

/**
 * The memory of sequences: $`r_0`$ and $`r_t = \mathbb{E}[h_t \mid v_t, r_{t-1}]`$, `[n, time, V]` to `[n, time + 1, H]`. One matrix
 * product over all frames, and a small one for each frame.
 */
export function memoryOf<V extends string, H extends string>(
  layers: RbmLayers<V, H>,
  params: TemporalRbmParameters<V, H>,
  sequences: Tensor,
): Tensor {
  const { visible, hidden } = layers;
  checkSequences('temporalRbm', visible, sequences);
  const [n, time] = sequences.shape as readonly [number, number, number];
  const own = ownOf(hidden, 'hidden', params);
  const fromFrames = reshape(hiddenInput(layers, params, frameRows(sequences)), [n, time, hidden.size]);
  const memory = [broadcastTo(params.initial, [n, hidden.size])];
  for (let t = 0; t < time; t++) {
    const fromFrame = reshape(slice(fromFrames, [0, t, 0], [n, 1, hidden.size]), [n, hidden.size]);
    memory.push(hidden.mean(own, add(fromFrame, matMul(memory[t] as Tensor, params.givenToHidden))));
  }
  return stack(memory, 1);
}

/** The memory that each frame is given, as rows `[n * time, H]` beside `frameRows`. */
export function memoryBefore<V extends string, H extends string>(
  layers: RbmLayers<V, H>,
  params: TemporalRbmParameters<V, H>,
  sequences: Tensor,
): Tensor {
  const [n, time] = sequences.shape as readonly [number, number, number];
  return frameRows(slice(memoryOf(layers, params, sequences), [0, 0, 0], [n, time, layers.hidden.size]));
}

/** The memory after the last frame, `[n, H]`: what the next frame is given. */
export function memoryAfter<V extends string, H extends string>(
  layers: RbmLayers<V, H>,
  params: TemporalRbmParameters<V, H>,
  sequences: Tensor,
): Tensor {
  const memory = memoryOf(layers, params, sequences);
  const [n, entries, size] = memory.shape as readonly [number, number, number];
  return reshape(slice(memory, [0, entries - 1, 0]), [n, size]);
}
