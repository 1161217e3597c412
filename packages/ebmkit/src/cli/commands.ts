import { dirname, relative } from 'node:path';
import { performance } from 'node:perf_hooks';
import { writeAtomically } from '@ebmkit/checkpoint';
import { EbmError, free, type PlainTensor, read } from '@ebmkit/tensor';
import { type BackendName, chooseBackend } from '../backend.js';
import { pixelMeans } from './column-means.js';
import { describeEvaluation } from './describe-evaluation.js';
import { type Digits, loadDigits } from './digits.js';
import { type Evaluation, evaluate as evaluateMachine } from './evaluate.js';
import { forecast } from './forecast.js';
import { inpaintImages } from './inpaint.js';
import { type LoadedMachine, loadMachine } from './machine.js';
import type { MaskName } from './masks.js';
import { showSeconds } from './progress.js';
import { filterGrid, writeReport } from './report.js';
import { readJson, runFile, writeJson } from './run-folder.js';
import { sampleImages } from './sample.js';
import { type TrainingSummary, train as trainMachine } from './train.js';
import { defaultSettings, type TrainingSettings } from './training-settings.js';

/** What every command that uses a trained model takes. */
interface ModelOptions {
  readonly model: string;
  readonly backend: BackendName;
  readonly seed: number;
}

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const shown = (path: string): string => relative(process.cwd(), path) || path;

/** A signal that fires at the first Ctrl-C; a second one ends the process as usual. */
function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  process.once('SIGINT', () => controller.abort());
  return controller.signal;
}

function checkFits({ machine }: LoadedMachine, { test }: Digits): void {
  if (machine.visible.size !== test.pixels)
    throw new EbmError(
      'shape',
      `The model has ${machine.visible.size} visible units, and the images have ${test.pixels} pixels. Give the data that the model was trained on.`,
    );
}

async function withMachine<T>(
  { model, backend }: Pick<ModelOptions, 'model' | 'backend'>,
  use: (loaded: LoadedMachine) => Promise<T>,
): Promise<T> {
  await chooseBackend(backend);
  const loaded = await loadMachine(model);
  try {
    return await use(loaded);
  } finally {
    free(loaded.params);
  }
}

/** `ebmkit train rbm`. */
export async function train(
  options: TrainingSettings & { readonly backend: BackendName; readonly out: string; readonly resume: boolean },
): Promise<void> {
  const { backend, out, resume, ...settings } = options;
  const { name } = await chooseBackend(backend);
  const digits = await loadDigits(settings.data);
  say(
    `Training ${digits.train.pixels}-${settings.hidden} Bernoulli units on ${digits.train.count} images with ${name}.`,
  );
  const { aborted } = await trainMachine(digits, { settings, folder: out, resume, signal: interruptSignal() });
  say(aborted ? `Stopped. Go on with the same command and --resume.` : `Saved ${shown(runFile(out, 'model'))}.`);
  if (!aborted) say(`Look at it with: ebmkit report ${out}`);
}

/** `ebmkit sample`. */
export async function sample(
  options: ModelOptions & { readonly chains: number; readonly steps: number; readonly out: string },
): Promise<void> {
  await withMachine(options, async ({ machine, params }) => {
    const { png } = await sampleImages(machine, params, { ...options, signal: interruptSignal() });
    await writeAtomically(options.out, png);
    say(`Saved ${shown(options.out)}.`);
  });
}

/** `ebmkit evaluate`. */
export async function evaluate(
  options: ModelOptions & {
    readonly data: string;
    readonly chains: number;
    readonly betas: number;
    readonly targetSteps: number;
    readonly out?: string;
  },
): Promise<void> {
  await withMachine(options, async (loaded) => {
    const digits = await loadDigits(options.data);
    checkFits(loaded, digits);
    const result = await evaluateMachine(loaded.machine, loaded.params, digits, {
      ...options,
      signal: interruptSignal(),
    });
    const out = options.out ?? runFile(dirname(options.model), 'evaluation');
    await writeJson(out, result);
    say(`${describeEvaluation(result)}\nSaved ${shown(out)}.`);
  });
}

/** `ebmkit inpaint`. */
export async function inpaint(
  options: ModelOptions & {
    readonly data: string;
    readonly mask: MaskName;
    readonly count: number;
    readonly steps: number;
    readonly out: string;
  },
): Promise<void> {
  await withMachine(options, async (loaded) => {
    const digits = await loadDigits(options.data);
    checkFits(loaded, digits);
    const { picture, error, meanImageError } = await inpaintImages(
      loaded.machine,
      loaded.params,
      digits.test,
      pixelMeans(digits.train),
      { ...options, signal: interruptSignal() },
    );
    await writeAtomically(options.out, picture.png);
    say(
      `Mean square error a hidden pixel: ${error.toFixed(4)} (the mean image gives ${meanImageError.toFixed(4)}).\nSaved ${shown(options.out)}.`,
    );
  });
}

/** What `report` needs to know. */
interface ReportOptions {
  readonly data: string;
  readonly chains: number;
  readonly betas: number;
  readonly seed: number;
  readonly backend: BackendName;
}

async function reportOn(
  folder: string,
  loaded: LoadedMachine,
  digits: Digits,
  options: ReportOptions,
): Promise<Evaluation> {
  const { machine, params } = loaded;
  const { chains, betas, seed } = options;
  const signal = interruptSignal();
  checkFits(loaded, digits);
  const training = await readJson<TrainingSummary>(runFile(folder, 'training'));
  const known = await readJson<Evaluation>(runFile(folder, 'evaluation'));
  const evaluation =
    known ?? (await evaluateMachine(machine, params, digits, { chains, betas, targetSteps: 500, seed, signal }));
  if (known) say(`Took the figures of ${shown(runFile(folder, 'evaluation'))}; delete it to measure anew.`);
  else await writeJson(runFile(folder, 'evaluation'), evaluation);
  const samples = await sampleImages(machine, params, { chains: 100, steps: 1000, seed, signal });
  const inpainted = await inpaintImages(machine, params, digits.test, pixelMeans(digits.train), {
    mask: 'bottom',
    count: 48,
    steps: 100,
    seed,
    signal,
  });
  const weight: PlainTensor = { dtype: 'float32', shape: params.weight.shape, data: await read(params.weight) };
  const page = writeReport({
    weight,
    evaluation,
    samples,
    inpainted,
    metadata: { model: runFile(folder, 'model'), ...loaded.metadata },
    ...(training ? { training } : {}),
  });
  await writeAtomically(runFile(folder, 'report'), new TextEncoder().encode(page));
  await writeAtomically(runFile(folder, 'samples'), samples.png);
  await writeAtomically(runFile(folder, 'inpainting'), inpainted.picture.png);
  await writeAtomically(runFile(folder, 'filters'), filterGrid(weight).png);
  return evaluation;
}

/** `ebmkit report`. */
export async function report(folder: string, options: ReportOptions): Promise<void> {
  await withMachine({ model: runFile(folder, 'model'), backend: options.backend }, async (loaded) => {
    const evaluation = await reportOn(folder, loaded, await loadDigits(options.data), options);
    say(`${describeEvaluation(evaluation)}\nOpen ${shown(runFile(folder, 'report'))}.`);
  });
}

/** Gibbs steps of everything in a report but annealing. */
const reportSteps = 500 + 1000 + 2 * 100;

/** `ebmkit demo`: the whole way from raw images to a report. */
export async function demo(
  options: Pick<TrainingSettings, 'epochs' | 'hidden' | 'data' | 'seed'> & {
    readonly betas: number;
    readonly backend: BackendName;
    readonly out: string;
  },
): Promise<void> {
  const begun = performance.now();
  const { betas, backend, out, ...given } = options;
  const { name } = await chooseBackend(backend);
  const settings = { ...defaultSettings, ...given };
  const digits = await loadDigits(settings.data);
  const seconds = await forecast(digits, settings, { betas, gibbsSteps: reportSteps });
  say(
    `A restricted Boltzmann machine of ${digits.train.pixels}-${settings.hidden} Bernoulli units, ${settings.epochs} epochs over ${digits.train.count} images, on ${name}.`,
  );
  say(`Training, evaluation and report will take about ${showSeconds(seconds)} on this machine.`);
  const { aborted } = await trainMachine(digits, { settings, folder: out, resume: false, signal: interruptSignal() });
  if (aborted) {
    say('Stopped.');
    return;
  }
  await withMachine({ model: runFile(out, 'model'), backend }, async (loaded) => {
    const evaluation = await reportOn(out, loaded, digits, {
      data: settings.data,
      chains: 100,
      betas,
      seed: settings.seed,
      backend,
    });
    say(`${describeEvaluation(evaluation)}\n`);
    say(`Model    ${shown(runFile(out, 'model'))}`);
    say(
      `Pictures ${(['samples', 'inpainting', 'filters'] as const).map((file) => shown(runFile(out, file))).join(', ')}`,
    );
    say(`Report   ${shown(runFile(out, 'report'))}`);
    say(`It took ${showSeconds((performance.now() - begun) / 1000)}.`);
  });
}
