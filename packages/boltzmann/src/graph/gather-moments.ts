import { defineKernel, type Kernel, type MoveInfo } from '@ebmkit/samplers';
import {
  add,
  cast,
  div,
  EbmError,
  logicalOr,
  mapTree,
  maximum,
  sub,
  type Tensor,
  zeros,
  zerosLike,
} from '@ebmkit/tensor';
import type { BoltzmannMachine } from './boltzmann-machine.js';
import type { GraphParameters } from './graph-parameters.js';

/** The chains of a machine, and the moments that they have gathered. */
export type MomentState = {
  /** Where the chains are, `[chains, nodes]`. */
  readonly position: Tensor;
  /** The mean of each bias's and each weight's statistic over the chains and the steps after the warm-up, like the parameters. */
  readonly moments: GraphParameters;
  /** Steps done, a scalar int32. */
  readonly step: Tensor;
  /** Which chains have met numbers that are not finite, bool `[chains]`. */
  readonly diverged: Tensor;
};

/** When to begin to gather. */
export interface GatherOptions {
  /** Steps before the first that counts; 0 unless given. */
  readonly warmup?: number;
}

/**
 * A kernel that gathers the moments of a machine along its chains, inside the compiled step: running means, in memory that does not grow.
 * The chains move as without it; a step costs one gradient of the energy more.
 *
 * @param machine - The machine whose statistics are averaged.
 * @param kernel - Any kernel over its joint states, such as `machine.kernel(params)`.
 * @param options - When to begin.
 * @returns A kernel for `run`, whose state holds the means so far.
 *
 * @example
 * ```ts
 * const kernel = gatherMoments(machine, machine.kernel(params, { sweeps: 5 }), { warmup: 100 });
 * await run(kernel, machine.randomStates(key(1), 64), { steps: 1100, key: key(2), saveEvery: 1100, onSave });
 * ```
 */
export function gatherMoments<S extends { readonly position: Tensor }, I extends MoveInfo>(
  machine: BoltzmannMachine,
  kernel: Kernel<Tensor, S, I>,
  { warmup = 0 }: GatherOptions = {},
): Kernel<Tensor, MomentState & { readonly inner: S }, I> {
  if (!Number.isInteger(warmup) || warmup < 0)
    throw new EbmError('argument', `gatherMoments: warmup must be a whole number of at least 0, got ${warmup}.`);
  return defineKernel<Tensor, MomentState & { readonly inner: S }, I>({
    ...(kernel.eager && { eager: kernel.eager }),
    ...(kernel.clear && { clear: kernel.clear }),
    init: (start, key) => {
      const inner = kernel.init(start, key);
      const { position } = inner;
      const moments = mapTree((x) => zerosLike(x), machine.statistics(position));
      return {
        position,
        inner,
        moments,
        step: zeros([], 'int32'),
        diverged: zeros([position.shape[0] as number], 'bool'),
      };
    },
    step: (key, { inner, moments, step, diverged }) => {
      const { state, info } = kernel.step(key, inner);
      // Until the warm-up is over the count stays 1, so that each step replaces the one before.
      const count = maximum(cast(add(sub(step, warmup), 1), 'float32'), 1);
      const next = mapTree(
        (mean, seen) => add(mean, div(sub(seen, mean), count)),
        moments,
        machine.statistics(state.position),
      );
      return {
        state: {
          position: state.position,
          inner: state,
          moments: next,
          step: add(step, 1),
          diverged: logicalOr(diverged, info.diverged),
        },
        info,
      };
    },
  });
}
