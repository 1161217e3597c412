import { type Kernel, run } from '@ebmkit/samplers';
import { free, jit, keep, key, mean, readSync, type Tensor, tensor } from '@ebmkit/tensor';
import { estimateOf } from '../statistics.js';
import type { Prepared, Quality } from '../workload.js';

/** What chains start from and how long they run. */
export interface ChainsOptions<S extends { readonly position: Tensor }, I> {
  /** The kernel; its step is compiled once, not once a run. */
  readonly kernel: Kernel<Tensor, S, I>;
  /** The starting points, row after row. */
  readonly start: Float32Array;
  /** How many chains. */
  readonly chains: number;
  /** Steps of a run. */
  readonly steps: number;
  /** Judges where the chains ended. */
  readonly judge: (end: Float32Array, acceptance: number) => Quality;
  /** Gives back what the kernel holds. */
  readonly release?: () => void;
}

/** The mean acceptance probability that a step reports; 1 for those that report none. */
function acceptanceOf(info: unknown): number {
  const { acceptanceProbability } = (info ?? {}) as { readonly acceptanceProbability?: Tensor };
  return acceptanceProbability === undefined ? 1 : (readSync(mean(acceptanceProbability))[0] as number);
}

/** Chains that `run` of `@ebmkit/samplers` moves, as a user would do it. */
export function prepareChains<S extends { readonly position: Tensor }, I>(options: ChainsOptions<S, I>): Prepared {
  const { chains, steps, start, kernel } = options;
  const position = keep(tensor(start, [chains, start.length / chains]));
  const step = jit(kernel.step);
  const compiled: Kernel<Tensor, S, I> = { init: kernel.init, step };
  let seed = 1;
  const nextKey = () => key(seed++);
  return {
    run: async () => {
      await run(compiled, position, { steps, key: nextKey() });
    },
    quality: async () => {
      let [acceptance, end] = [0, new Float32Array(0)];
      await run(compiled, position, {
        steps,
        key: nextKey(),
        observe: ({ state, info }, at) => {
          acceptance += acceptanceOf(info) / steps;
          if (at === steps - 1) end = Float32Array.from(readSync(state.position));
          return at;
        },
      });
      return options.judge(end, acceptance);
    },
    release: () => {
      step.clear();
      free(position);
      options.release?.();
    },
  };
}

/** Second and fourth moments of independent coordinates. */
export function momentsOf(values: ArrayLike<number>): Quality {
  return {
    secondMoment: estimateOf(values, (x) => x * x),
    fourthMoment: estimateOf(values, (x) => x ** 4),
  };
}
