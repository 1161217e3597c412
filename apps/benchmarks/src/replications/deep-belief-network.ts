import {
  bernoulli,
  type DeepBeliefParameters,
  deepBeliefNetwork,
  denseNearTarget,
  estimateLogZ,
  fantasies,
  type RbmParameters,
  recognitionBound,
  upDown,
} from '@ebmkit/boltzmann';
import {
  fold,
  free,
  fromPlain,
  jit,
  type Key,
  key,
  mean,
  readSync,
  scoped,
  split,
  type Tensor,
  tensor,
} from '@ebmkit/tensor';
import type { Objective } from '@ebmkit/trainers';
import { type Digits, digitBatches, loadDigits, pixels } from './digits.js';
import { runTraining } from './run-training.js';
import { showFigure, showLogZ, sparingly } from './say.js';
import type { ReplicationSettings } from './settings.js';
import { trainStack } from './train-stack.js';

const network = deepBeliefNetwork({ layers: [bernoulli(pixels), bernoulli(500), bernoulli(2000)] });

/** The mean of every unit of hidden layer 1 over at most a hundred batches of training images: where annealing begins. */
function hiddenMeans(stack: readonly RbmParameters[], digits: Digits, batchSize: number): Float32Array {
  const { batch, prepare, batchesPerEpoch } = network.greedy.batches(
    digitBatches(digits, batchSize),
    stack.slice(0, 1),
    {
      states: 'means',
    },
  );
  const count = Math.min(100, batchesPerEpoch);
  const totals = new Float32Array(500);
  const means = jit((forBatch: Key, x: Tensor) => mean(prepare(forBatch, x), 0));
  for (let index = 0; index < count; index++)
    scoped<void>(() => {
      readSync(means(fold(key(1), index), batch(key(0), 0, index))).forEach((x, unit) => {
        totals[unit] = (totals[unit] as number) + x / count;
      });
    });
  means.clear();
  return totals;
}

/** States of hidden layer 1 from long chains of the top machine that begin at the images: for annealing backwards. */
async function targetDraws(
  stack: readonly RbmParameters[],
  top: RbmParameters,
  digits: Digits,
  { chains, targetSteps }: ReplicationSettings,
  forTarget: Key,
): Promise<Uint8Array> {
  const [forStart, forChains] = split(forTarget, 2);
  const { batch, prepare } = network.greedy.batches(digitBatches(digits, chains), stack.slice(0, 1));
  const start = scoped<Tensor>(() => prepare(forStart, batch(forStart, 0, 0)));
  const { states } = await fantasies(network.top, top, { start, steps: targetSteps, key: forChains });
  free(start);
  return Uint8Array.from(states);
}

/**
 * The deep belief network 784-500-2000 of Salakhutdinov and Murray (2008): two machines trained greedily, up-down fine-tuning where it is
 * asked for, and the variational lower bound on the test log-likelihood.
 *
 * @param settings - What decides the numbers.
 * @returns Lines to print.
 */
export async function replicateDeepBelief(settings: ReplicationSettings): Promise<readonly string[]> {
  const [forPixels, forStack, forTuning, forLogZ, forBound, forTarget] = split(key(settings.seed), 6);
  const { jointEpochs, jointLearningRate, k, batchSize, betas, chains, out } = settings;
  const digits = await loadDigits(forPixels, settings.train, settings.test);
  const stack = await trainStack(network.greedy, digits, settings, forStack);
  const visibleMeans = hiddenMeans(stack, digits, batchSize);
  let params = scoped<DeepBeliefParameters>(() => network.greedy.compose(stack));
  if (jointEpochs > 0) {
    const objective: Objective<DeepBeliefParameters, Tensor, null> = upDown(network, { k });
    const data = digitBatches(digits, batchSize);
    const run = {
      name: 'up-down',
      objective,
      data,
      epochs: jointEpochs,
      learningRate: jointLearningRate,
      key: forTuning,
    };
    const tuned = await runTraining(network, { ...run, params, out });
    free(params);
    params = fromPlain(tuned.params);
  }
  const draws = await targetDraws(stack, params.top, digits, settings, forTarget);
  free(stack);
  const topMeans = scoped<Tensor>(() => mean(network.top.hiddenMean(params.top, tensor(draws, [chains, 500])), 0));
  const report = sparingly();
  const logZ = await estimateLogZ(network.top, params.top, {
    visibleMeans,
    hiddenMeans: readSync(topMeans),
    betas: denseNearTarget(betas),
    chains,
    key: forLogZ,
    targetDraws: draws,
    onProgress: ({ step, steps }) => {
      report(`annealing: ${step} of ${steps}`, step === steps);
    },
  });
  free(topMeans);
  const bound = await recognitionBound(network, params, digits.test, logZ, { key: forBound, samples: 20 });
  return [
    `log Z of the top machine: ${showLogZ(logZ)}`,
    `lower bound on the test log-likelihood, nats an image: ${showFigure(bound)}`,
  ];
}
