import {
  denseNearTarget,
  estimateLogZ,
  fantasies,
  freeEnergies,
  logLikelihood,
  pseudoLikelihood,
  type Rbm,
  type RbmParameters,
  transform,
} from '@ebmkit/boltzmann';
import type { AnnealedEstimate } from '@ebmkit/samplers';
import { type Key, key, split } from '@ebmkit/tensor';
import { binaryImages } from './binary-images.js';
import { columnMeans, pixelMeans } from './column-means.js';
import type { Digits } from './digits.js';
import { startProgress } from './progress.js';
import { reconstructionError } from './reconstruction.js';

/** How carefully to judge. */
export interface EvaluateOptions {
  /** Chains of annealed importance sampling, in each direction. */
  readonly chains: number;
  /** Intermediate distributions. */
  readonly betas: number;
  /** Gibbs steps, from the data, that make the target draws of the reverse chains. */
  readonly targetSteps: number;
  /** Seed. */
  readonly seed: number;
  /** Stops the run. */
  readonly signal?: AbortSignal;
}

/** How good a machine is, in nats per image where not said otherwise. */
export interface Evaluation {
  /** How it was measured. */
  readonly options: Omit<EvaluateOptions, 'signal'>;
  /** The log normaliser, with the bracket of both directions. */
  readonly logZ: {
    /** The combined estimate. */
    readonly value: number;
    /** Its standard error. */
    readonly standardError: number;
    /** Lower end of the bracket. */
    readonly lower: number;
    /** Upper end of the bracket. */
    readonly upper: number;
    /** Effective number of chains in the worse direction. */
    readonly ess: number;
    /** The estimate of the chains from the mean image to the model. */
    readonly forward: number;
    /** The estimate of the chains back. */
    readonly reverse: number;
  };
  /** Average log-likelihood of the test images, with the bracket that `logZ` gives. */
  readonly test: {
    readonly logLikelihood: number;
    readonly standardError: number;
    readonly lower: number;
    readonly upper: number;
  };
  /** Average log-likelihood of as many training images. */
  readonly train: { readonly logLikelihood: number; readonly standardError: number };
  /** Average log pseudo-likelihood of test images. */
  readonly pseudoLikelihood: { readonly value: number; readonly standardError: number; readonly images: number };
  /** Mean squared difference between test images and their reconstruction, a pixel. */
  readonly reconstructionError: number;
  /** Free energies of test, training and noise images, for the histogram. */
  readonly freeEnergies: {
    readonly test: readonly number[];
    readonly train: readonly number[];
    readonly noise: readonly number[];
  };
}

/** How many images the slower measures look at. */
const sampleSize = 1000;

/** Numbers on the way to a log normaliser that JSON keeps. */
function summarise(estimate: AnnealedEstimate): Evaluation['logZ'] {
  const { logZ, standardError, lower, upper, ess, forward, reverse } = estimate;
  return { value: logZ, standardError, lower, upper, ess, forward: forward.logZ, reverse: reverse?.logZ ?? Number.NaN };
}

/** Draws from the machine for the reverse chains: long chains from test images, which every mode of the data has some of. */
async function targetDraws(
  machine: Rbm,
  params: RbmParameters,
  images: Uint8Array,
  forChains: Key,
  options: EvaluateOptions,
) {
  const { chains, targetSteps, signal } = options;
  const bar = startProgress('Mixing    ', targetSteps);
  try {
    const start = images.subarray(0, chains * machine.visible.size);
    const { states } = await fantasies(machine, params, {
      start,
      steps: targetSteps,
      key: forChains,
      onProgress: ({ step }) => bar.update(step),
      ...(signal ? { signal } : {}),
    });
    return Uint8Array.from(states);
  } finally {
    bar.stop();
  }
}

/** Images without structure that have the pixel means of the data. */
async function noiseImages(means: Float32Array, forNoise: Key): Promise<Uint8Array> {
  const grey = new Float32Array(sampleSize * means.length);
  for (let i = 0; i < sampleSize; i++) grey.set(means, i * means.length);
  return binaryImages(grey, forNoise);
}

/**
 * Measures how good a machine is on images that it has not seen.
 *
 * @param machine - The machine.
 * @param params - Its parameters.
 * @param digits - Training images (for their mean and for comparison) and test images.
 * @param options - How carefully.
 * @returns The figures, as plain data.
 */
export async function evaluate(
  machine: Rbm,
  params: RbmParameters,
  digits: Digits,
  options: EvaluateOptions,
): Promise<Evaluation> {
  const { chains, betas, targetSteps, seed, signal } = options;
  const [forTest, forTrain, forNoise, forChains, forPasses] = split(key(seed), 5);
  const means = pixelMeans(digits.train);
  const test = await binaryImages(digits.test.images, forTest);
  const train = await binaryImages(digits.train.images.subarray(0, digits.test.images.length), forTrain);
  const draws = await targetDraws(machine, params, test, forChains, options);
  const bar = startProgress('Annealing ', 1000);
  let estimate: AnnealedEstimate;
  try {
    estimate = await estimateLogZ(machine, params, {
      visibleMeans: means,
      hiddenMeans: columnMeans(await transform(machine, params, draws), machine.hidden.size),
      betas: denseNearTarget(betas),
      chains,
      key: forPasses,
      targetDraws: draws,
      onProgress: ({ step, steps }) => bar.update(Math.round((1000 * step) / steps)),
      ...(signal ? { signal } : {}),
    });
  } finally {
    bar.stop();
  }
  const onTest = await logLikelihood(machine, params, test, estimate);
  const onTrain = await logLikelihood(machine, params, train, estimate);
  const few = test.subarray(0, sampleSize * machine.visible.size);
  const pseudo = await pseudoLikelihood(machine, params, few);
  const energies = async (rows: Uint8Array) => [...(await freeEnergies(machine, params, rows))];
  return {
    options: { chains, betas, targetSteps, seed },
    logZ: summarise(estimate),
    test: {
      logLikelihood: onTest.mean,
      standardError: onTest.standardError,
      lower: onTest.lower ?? Number.NEGATIVE_INFINITY,
      upper: onTest.upper ?? Number.POSITIVE_INFINITY,
    },
    train: { logLikelihood: onTrain.mean, standardError: onTrain.standardError },
    pseudoLikelihood: {
      value: pseudo.mean,
      standardError: pseudo.standardError,
      images: Math.min(sampleSize, digits.test.count),
    },
    reconstructionError: await reconstructionError(machine, params, test),
    freeEnergies: {
      test: await energies(few),
      train: await energies(train.subarray(0, few.length)),
      noise: await energies(await noiseImages(means, forNoise)),
    },
  };
}
