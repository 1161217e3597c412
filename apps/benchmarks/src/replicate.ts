import { mkdir } from 'node:fs/promises';
import { useBackend } from '@ebmkit/tensor';
import { wasm } from '@ebmkit/tensor-wasm';
import { Command, InvalidArgumentError } from 'commander';
import { replicateDeepBelief } from './replications/deep-belief-network.js';
import { replicateDeepBoltzmann } from './replications/deep-boltzmann-machine.js';
import { showSeconds } from './replications/say.js';
import type { ReplicationSettings } from './replications/settings.js';

function number(text: string): number {
  const value = Number(text);
  if (!(value >= 0)) throw new InvalidArgumentError('Expected a number of at least 0.');
  return value;
}

/** What the command line says. */
interface ReplicateOptions extends ReplicationSettings {
  readonly threads: number;
}

/** A command with the options of every replication, and defaults of its own. */
function replication(
  name: string,
  description: string,
  defaults: Pick<ReplicationSettings, 'jointEpochs' | 'jointLearningRate'>,
  replicate: (settings: ReplicationSettings) => Promise<readonly string[]>,
): Command {
  return new Command(name)
    .description(description)
    .option('--epochs <count>', 'epochs of each machine of the greedy stack', number, 30)
    .option('--joint-epochs <count>', 'epochs in which all layers are trained together', number, defaults.jointEpochs)
    .option('--learning-rate <rate>', 'of the machines, falling to 0', number, 0.05)
    .option('--joint-learning-rate <rate>', 'of joint training, falling to 0', number, defaults.jointLearningRate)
    .option('--k <steps>', 'Gibbs steps a batch', number, 5)
    .option('--batch-size <rows>', 'rows a batch, and persistent chains', number, 100)
    .option('--betas <count>', 'intermediate distributions of annealed importance sampling', number, 10_000)
    .option('--chains <count>', 'chains of annealed importance sampling', number, 100)
    .option('--target-steps <count>', 'Gibbs sweeps before annealing backwards', number, 2000)
    .option('--train <count>', 'training images', number, 60_000)
    .option('--test <count>', 'test images', number, 10_000)
    .option('--seed <seed>', 'the seed of everything', number, 1)
    .option('--threads <count>', 'threads of the backend', number, 2)
    .option('--out <folder>', 'save runs there after every epoch, and go on from what is there')
    .action(async ({ threads, ...settings }: ReplicateOptions) => {
      const begun = performance.now();
      if (settings.out) await mkdir(settings.out, { recursive: true });
      await useBackend(wasm({ threads }));
      const lines = await replicate(settings);
      console.log(
        [name, JSON.stringify(settings), ...lines, `time: ${showSeconds(performance.now() - begun)}`].join('\n'),
      );
    });
}

await new Command('replicate')
  .description('Trains deep machines of the literature on MNIST and judges them.')
  .addCommand(
    replication(
      'dbn',
      'Deep belief network 784-500-2000 (Salakhutdinov & Murray 2008).',
      { jointEpochs: 0, jointLearningRate: 0.01 },
      replicateDeepBelief,
    ),
  )
  .addCommand(
    replication(
      'dbm',
      'Deep Boltzmann machine 784-500-1000 (Salakhutdinov & Hinton 2009).',
      { jointEpochs: 100, jointLearningRate: 0.01 },
      replicateDeepBoltzmann,
    ),
  )
  .parseAsync();
