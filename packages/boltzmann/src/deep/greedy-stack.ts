import type { Support } from '@ebmkit/energy';
import { EbmError, type Key, split, type Tensor } from '@ebmkit/tensor';
import type { Rbm } from '../rbm/rbm.js';
import type { RbmParameters } from '../rbm/rbm-parameters.js';

/** What is asked of batches for `fit`, such as those of `rowBatches`. */
export interface PreparedBatches {
  /** How many batches make one epoch. */
  readonly batchesPerEpoch: number;
  /** Applied to the batch inside the compiled step, with a key of its own. */
  readonly prepare?: (key: Key, batch: Tensor) => Tensor;
}

/** What the data of the next machine is made of. */
export interface LiftOptions {
  /**
   * Whether hidden units are drawn anew in every batch, which gives the next machine the distribution that it is to model, or replaced
   * by their means, which is less noisy; `samples` unless given.
   */
  readonly states?: 'samples' | 'means';
}

/** The machines of a greedy stack: each takes the hidden states of the one below for its data. */
export type StackMachines<V extends string = 'bias', S extends Support = Support> = readonly [
  Rbm<V, 'bias', S>,
  ...Rbm<'bias', 'bias', 'discrete'>[],
];

/**
 * How to train a deep machine one layer at a time: restricted Boltzmann machines, each trained by any objective on the hidden states of
 * the one below, and put together at the end.
 *
 * Where the visible layer has more than biases, such as `gaussian(n, { learnVariance: true })`, the first machine has parameters of another type than the
 * others and is trained on its own: `const [first, ...others] = greedy.machines`, with `greedy.batches(data, [])` for `first`, and the loop over `others`.
 *
 * @typeParam P - The parameters of the deep machine.
 * @typeParam V - The names of the visible layer's own parameters.
 * @typeParam S - The kind of visible states.
 */
export interface GreedyStack<P, V extends string = 'bias', S extends Support = Support> {
  /** The machines, from below. */
  readonly machines: StackMachines<V, S>;
  /**
   * The data of machine number `below.length`: the batches of the data, led upwards through the machines that are trained. Nothing is
   * stored: it happens inside the compiled step. `below` is borrowed: keep it alive as long as the batches are used.
   */
  readonly batches: <B extends PreparedBatches>(
    source: B,
    below: readonly RbmParameters[],
    options?: LiftOptions,
  ) => B & Required<PreparedBatches>;
  /** The parameters of the deep machine, as new tensors, from those of all machines. */
  readonly compose: (stack: readonly RbmParameters[]) => P;
}

/** Throws unless there are parameters for every machine. */
export function checkStack(where: string, machines: readonly unknown[], stack: readonly unknown[]): void {
  if (stack.length !== machines.length)
    throw new EbmError(
      'argument',
      `${where}: expected the parameters of ${machines.length} machines, got ${stack.length}. Train all of them first.`,
    );
}

/** Batches that are led through trained machines inside the compiled step. */
export function liftedBatches<B extends PreparedBatches>(
  source: B,
  machines: readonly Rbm[],
  below: readonly RbmParameters[],
  { states = 'samples' }: LiftOptions,
  enter: (batch: Tensor) => Tensor,
): B & Required<PreparedBatches> {
  if (below.length >= machines.length)
    throw new EbmError(
      'argument',
      `batches: expected the parameters of at most ${machines.length - 1} machines below another one, got ${below.length}.`,
    );
  return {
    ...source,
    prepare: (key, raw) => {
      const [forSource, ...keys] = split(key, below.length + 1) as readonly Key[];
      let x = enter(source.prepare?.(forSource as Key, raw) ?? raw);
      for (const [k, params] of below.entries()) {
        const machine = machines[k] as Rbm;
        x =
          states === 'means'
            ? machine.hiddenMean(params, x)
            : machine.conditional(params).sampleBlock(keys[k] as Key, 'hidden', { visible: x });
      }
      return x;
    },
  };
}
