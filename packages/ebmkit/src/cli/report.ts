import {
  histogram,
  htmlReport,
  imageGrid,
  lineChart,
  type Picture,
  type RasterPicture,
  type ReportSection,
} from '@ebmkit/plot';
import type { PlainTensor } from '@ebmkit/tensor';
import type { Evaluation } from './evaluate.js';
import type { Inpainted } from './inpaint.js';
import { showSeconds } from './progress.js';
import { imageShape } from './sample.js';
import type { TrainingSummary } from './train.js';

/** Everything that a report shows. */
export interface ReportParts {
  /** The weights, `[V, H]`. */
  readonly weight: PlainTensor;
  /** How training went; left out for a model that came without it. */
  readonly training?: TrainingSummary;
  /** How good the machine is. */
  readonly evaluation: Evaluation;
  /** Samples from long chains. */
  readonly samples: RasterPicture;
  /** Test images with a part filled in. */
  readonly inpainted: Inpainted;
  /** What was run, for the foot of the page. */
  readonly metadata: Readonly<Record<string, string | number>>;
}

const nats = (value: number): string => `${value.toFixed(2)} nats`;

/** The weights of each hidden unit as an image, the strongest units first. */
export function filterGrid({ data, shape }: PlainTensor, count = 100): RasterPicture {
  const [visible, hidden] = shape as readonly [number, number];
  const { height, width } = imageShape(visible);
  const filters = Array.from({ length: hidden }, (_, unit) =>
    Float32Array.from({ length: visible }, (_, pixel) => data[pixel * hidden + unit] as number),
  );
  const strength = filters.map((filter) => filter.reduce((total, w) => total + w * w, 0));
  const order = filters.map((_, unit) => unit).sort((a, b) => (strength[b] as number) - (strength[a] as number));
  const strongest = order.slice(0, count).map((unit) => filters[unit] as Float32Array);
  return imageGrid(strongest, {
    height,
    width,
    columns: 20,
    scale: 2,
    colours: 'diverging',
    range: 'each',
    title: 'Learned filters',
  });
}

/** How the energies moved, and the gap between them: one point for each recorded batch. */
function trainingCurves({ history }: TrainingSummary): Picture[] {
  const x = history.map(({ epoch }) => epoch);
  const line = (name: string, metric: string) => ({
    name,
    x,
    y: history.map(({ metrics }) => metrics[metric] ?? Number.NaN),
  });
  return [
    lineChart({
      title: 'Free energy of data and of negative samples',
      xLabel: 'epoch',
      yLabel: 'free energy (nats)',
      series: [line('training images', 'dataEnergy'), line('negative samples', 'modelEnergy')],
    }),
    lineChart({
      title: 'Energy gap',
      xLabel: 'epoch',
      yLabel: 'data minus negatives (nats)',
      series: [line('energy gap', 'energyGap')],
    }),
  ];
}

function judgement(evaluation: Evaluation, training: TrainingSummary | undefined): ReportSection {
  const { logZ, test, train, pseudoLikelihood, reconstructionError, options } = evaluation;
  const rows: (readonly string[])[] = [
    [
      'test log-likelihood',
      nats(test.logLikelihood),
      `± ${test.standardError.toFixed(2)}`,
      `${test.lower.toFixed(2)} … ${test.upper.toFixed(2)}`,
    ],
    ['training log-likelihood', nats(train.logLikelihood), `± ${train.standardError.toFixed(2)}`, ''],
    [
      'log Z',
      nats(logZ.value),
      `± ${logZ.standardError.toFixed(2)}`,
      `${logZ.lower.toFixed(2)} … ${logZ.upper.toFixed(2)}`,
    ],
    ['log Z, forward', nats(logZ.forward), '', `ESS ${logZ.ess.toFixed(1)} of ${options.chains}`],
    ['log Z, reverse', nats(logZ.reverse), '', ''],
    [
      'pseudo-likelihood',
      nats(pseudoLikelihood.value),
      `± ${pseudoLikelihood.standardError.toFixed(2)}`,
      `${pseudoLikelihood.images} test images`,
    ],
    ['reconstruction error', reconstructionError.toFixed(4), '', 'mean square a pixel'],
  ];
  const took = training ? ` Training took ${showSeconds(training.seconds)}.` : '';
  return {
    heading: 'How good it is',
    text: `Averages per image over binarised images. The log-likelihood needs the normaliser Z, which annealed importance sampling estimates with ${options.chains} chains through ${options.betas} distributions from the mean image to the model (its log is too low on average), and again back from samples of the model (too high on average). The bracket is what the two leave open, each widened by 3 standard errors.${took}`,
    table: { columns: ['', 'value', 'standard error', 'bracket'], rows },
  };
}

/**
 * Writes the report of a trained machine as one HTML page.
 *
 * @param parts - What there is to show.
 * @returns The page.
 */
export function writeReport({ weight, training, evaluation, samples, inpainted, metadata }: ReportParts): string {
  const { test, pseudoLikelihood, freeEnergies } = evaluation;
  const [visible, hidden] = weight.shape as readonly [number, number];
  const energies = histogram({
    title: 'Free energy',
    xLabel: 'free energy (nats); low is likely',
    series: [
      { name: 'training images', values: freeEnergies.train },
      { name: 'test images', values: freeEnergies.test },
      { name: 'noise', values: freeEnergies.noise },
    ],
  });
  return htmlReport({
    title: 'A restricted Boltzmann machine',
    subtitle: `${visible} visible and ${hidden} hidden Bernoulli units, trained on ${training?.settings.data ?? 'images'}`,
    highlights: [
      {
        label: 'test log-likelihood',
        value: nats(test.logLikelihood),
        detail: `± ${test.standardError.toFixed(2)}, bracket ${test.lower.toFixed(1)} … ${test.upper.toFixed(1)}`,
      },
      {
        label: 'pseudo-likelihood',
        value: nats(pseudoLikelihood.value),
        detail: `± ${pseudoLikelihood.standardError.toFixed(2)}`,
      },
      {
        label: 'inpainting error',
        value: inpainted.error.toFixed(3),
        detail: `mean square a hidden pixel; the mean image gives ${inpainted.meanImageError.toFixed(3)}`,
      },
    ],
    sections: [
      judgement(evaluation, training),
      {
        heading: 'Samples',
        text: 'Where long Gibbs chains are, each begun at the mean image. Grey levels are the probabilities from which the last state was drawn.',
        pictures: [{ picture: samples }],
      },
      {
        heading: 'Inpainting',
        text: 'Test images of which the machine saw a part. In every band: the original, what was shown, and the mean of what Gibbs sampling put in the hidden part.',
        pictures: [{ picture: inpainted.picture }],
      },
      {
        heading: 'Filters',
        text: 'The weights of the hidden units with the largest norm, each scaled by itself: red raises a pixel, blue lowers it.',
        pictures: [{ picture: filterGrid(weight) }],
      },
      ...(training && training.history.length > 1
        ? [
            {
              heading: 'Training',
              text: 'Every point is one batch.',
              pictures: trainingCurves(training).map((picture) => ({ picture })),
            },
          ]
        : []),
      {
        heading: 'Free energies',
        text: 'Noise has the pixel means of the training images and no structure. A machine that has learned gives it a far higher free energy; test and training images should lie on each other.',
        pictures: [{ picture: energies }],
      },
    ],
    metadata,
  });
}
