import { EbmError, reshape, ShapeError, scoped, slice, stack, type Tensor } from '@ebmkit/tensor';
import type { ConditionedStates } from './conditional-rbm.js';

/**
 * Every frame of sequences beside the frames before it, as rows for a conditional RBM with `given: count * V`.
 *
 * @param sequences - `[n, time, V]`.
 * @param count - How many frames are given, from the oldest to the newest, side by side; 1 unless given.
 * @returns `visible` `[n * (time - count), V]` and `given` `[n * (time - count), count * V]`, sequence by sequence. The first `count`
 * frames of a sequence are given only.
 * @throws ShapeError when the sequences are not `[n, time, V]` with more than `count` frames.
 *
 * @example
 * ```ts
 * const objective = contrastiveDivergence(machine, {
 *   kernel: machine.kernel,
 *   complete: (_, __, sequences: Tensor) => framesBefore(sequences, 3), // batches of sequences
 * });
 * ```
 */
export function framesBefore(sequences: Tensor, count = 1): ConditionedStates {
  if (!Number.isInteger(count) || count < 1)
    throw new EbmError('argument', `framesBefore: count must be a whole number of at least 1, got ${count}.`);
  const [n, time, size] = sequences.shape;
  if (n === undefined || time === undefined || size === undefined || sequences.shape.length !== 3 || time <= count)
    throw new ShapeError(
      `framesBefore: expected sequences [n, time, V] of more than ${count} frames, got [${sequences.shape.join(', ')}].`,
    );
  const rows = time - count;
  return scoped<ConditionedStates>(() => {
    const shifted = Array.from({ length: count }, (_, lag) => slice(sequences, [0, lag, 0], [n, rows, size]));
    return {
      visible: reshape(slice(sequences, [0, count, 0]), [n * rows, size]),
      given: reshape(stack(shifted, 2), [n * rows, count * size]),
    };
  });
}
