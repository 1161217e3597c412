import {
  bernoulli,
  type DeepBoltzmannParameters,
  type DeepState,
  deepBoltzmannMachine,
  deepFantasies,
  denseNearTarget,
  estimateDeepLogZ,
  greedyBoltzmann,
  meanFieldBound,
} from '@ebmkit/boltzmann';
import {
  cast,
  free,
  fromPlain,
  type Key,
  key,
  mean,
  readSync,
  scoped,
  split,
  type Tensor,
  tensor,
} from '@ebmkit/tensor';
import { persistentContrastiveDivergence } from '@ebmkit/trainers';
import { type Digits, digitBatches, loadDigits, pixels } from './digits.js';
import { runTraining } from './run-training.js';
import { showFigure, showLogZ, sparingly } from './say.js';
import type { ReplicationSettings } from './settings.js';
import { trainStack } from './train-stack.js';

const machine = deepBoltzmannMachine({ layers: [bernoulli(pixels), bernoulli(500), bernoulli(1000)] });

/** Sweeps of mean field a batch in joint training. */
const meanFieldSteps = 10;

/**
 * The deep Boltzmann machine 784-500-1000 of Salakhutdinov and Hinton (2009): greedy pretraining, joint training by mean field and persistent
 * chains, and the variational lower bound on the test log-likelihood.
 *
 * @param settings - What decides the numbers.
 * @returns Lines to print.
 */
export async function replicateDeepBoltzmann(settings: ReplicationSettings): Promise<readonly string[]> {
  const [forPixels, forStack, forJoint, forTarget, forLogZ] = split(key(settings.seed), 5);
  const { jointEpochs, jointLearningRate, k, batchSize, betas, chains, out } = settings;
  const digits = await loadDigits(forPixels, settings.train, settings.test);
  const greedy = greedyBoltzmann(machine);
  const stack = await trainStack(greedy, digits, settings, forStack);
  const composed = scoped<DeepBoltzmannParameters>(() => greedy.compose(stack));
  free(stack);
  const objective = persistentContrastiveDivergence(machine, {
    k,
    kernel: machine.kernel,
    start: (forStart) => scoped<DeepState>(() => machine.drawFromBiases(forStart, composed, batchSize)),
    complete: (_, params: DeepBoltzmannParameters, images: Tensor) =>
      machine.meanField(params, images, { steps: meanFieldSteps }).state,
  });
  const data = digitBatches(digits, batchSize);
  const run = { name: 'joint', objective, data, epochs: jointEpochs, learningRate: jointLearningRate, key: forJoint };
  const joint = await runTraining(machine, { ...run, params: composed, out });
  const params = fromPlain(joint.params);
  free(composed);
  const report = sparingly();
  const draws = await targetDraws(params, digits, settings, forTarget);
  const hiddenMeans = scoped<Tensor[]>(() =>
    [draws.hidden1, draws.hidden2].map((layer) => mean(cast(layer as Tensor, 'float32'), 0)),
  );
  const logZ = await estimateDeepLogZ(machine, params, {
    visibleMeans: digits.means,
    hiddenMeans: hiddenMeans.map((layer) => readSync(layer)),
    betas: denseNearTarget(betas),
    chains,
    key: forLogZ,
    targetDraws: draws,
    onProgress: ({ step, steps }) => {
      report(`annealing: ${step} of ${steps}`, step === steps);
    },
  });
  free([hiddenMeans, draws]);
  const { unconverged, ...bound } = await meanFieldBound(machine, params, digits.test, logZ);
  return [
    `log Z: ${showLogZ(logZ)}`,
    `lower bound on the test log-likelihood, nats an image: ${showFigure(bound)} (${unconverged} mean fields not converged)`,
  ];
}

/** Joint states from long chains that begin at the data: for annealing backwards. */
async function targetDraws(
  params: DeepBoltzmannParameters,
  { train }: Digits,
  { chains, targetSteps }: ReplicationSettings,
  forTarget: Key,
): Promise<DeepState> {
  const start = scoped<DeepState>(() => {
    const images = tensor(
      Uint8Array.from(train.subarray(0, chains * pixels), (grey) => (grey > 127 ? 1 : 0)),
      [chains, pixels],
    );
    return machine.meanField(params, images).state;
  });
  const { layers } = await deepFantasies(machine, params, { start, steps: targetSteps, key: forTarget });
  free(start);
  return fromPlain(layers);
}
