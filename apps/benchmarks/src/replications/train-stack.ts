import type { GreedyStack, RbmParameters } from '@ebmkit/boltzmann';
import { fold, fromPlain, type Key, scoped, type Tensor, zeros } from '@ebmkit/tensor';
import { persistentContrastiveDivergence } from '@ebmkit/trainers';
import { type Digits, digitBatches } from './digits.js';
import { runTraining } from './run-training.js';
import type { ReplicationSettings } from './settings.js';

/**
 * Trains the machines of a greedy stack by persistent contrastive divergence, each on the hidden states of the one below.
 *
 * @param greedy - The stack.
 * @param digits - The images.
 * @param settings - What decides the numbers.
 * @param forStack - The key of all machines.
 * @returns Their parameters, from below.
 */
export async function trainStack(
  { machines, batches }: Pick<GreedyStack<unknown, 'bias', 'discrete'>, 'machines' | 'batches'>,
  digits: Digits,
  { epochs, learningRate, k, batchSize, out }: ReplicationSettings,
  forStack: Key,
): Promise<RbmParameters[]> {
  const stack: RbmParameters[] = [];
  for (const [level, machine] of machines.entries()) {
    const visibleMeans = level === 0 ? { visibleMeans: digits.means } : {};
    const start = (forStart: Key): Tensor =>
      scoped<Tensor>(() => {
        const { size, init, sample } = machine.visible;
        return sample(forStart, init(visibleMeans.visibleMeans), zeros([batchSize, size]));
      });
    const { params } = await runTraining<RbmParameters, { readonly chains: Tensor }>(
      { init: (forParams) => machine.init(forParams, visibleMeans) },
      {
        name: `machine-${level + 1}`,
        objective: persistentContrastiveDivergence(machine, { k, kernel: machine.kernel, start }),
        data: batches(digitBatches(digits, batchSize), stack),
        epochs,
        learningRate,
        key: fold(forStack, level),
        out,
      },
    );
    stack.push(fromPlain(params));
  }
  return stack;
}
