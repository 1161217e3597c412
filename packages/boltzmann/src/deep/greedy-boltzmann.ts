import type { Support } from '@ebmkit/energy';
import { add, cast, EbmError, mul, scoped, type Tensor } from '@ebmkit/tensor';
import { rbm } from '../rbm/rbm.js';
import type { RbmParameters } from '../rbm/rbm-parameters.js';
import type { Units } from '../units/units.js';
import type { DeepBoltzmannMachine } from './deep-boltzmann-machine.js';
import type { DeepBoltzmannParameters } from './deep-boltzmann-parameters.js';
import { areTwoValued, doubled } from './doubled-units.js';
import { checkStack, type GreedyStack, liftedBatches, type StackMachines } from './greedy-stack.js';

/** The mean of two tensors. */
const halfway = (a: Tensor, b: Tensor): Tensor => mul(add(a, b), 0.5);

/**
 * The greedy pretraining of a deep Boltzmann machine. A restricted Boltzmann machine is trained for each pair of neighbouring layers;
 * the first has two copies of the visible layer and the last two of the top layer, so that every hidden layer gets from one side about
 * what it will get from both. The deep machine's energy is half the sum of theirs, with one of the two copies: the weights of the
 * machines in between are halved, and a hidden bias is the mean of those that its layer has in the machines below and above it. With
 * two hidden layers the first one is then distributed as the geometric mean of what the two machines say of it.
 *
 * @param machine - The deep machine, with visible and hidden units of two values each.
 * @returns The machines to train with any objective, their data, and the way to put them together.
 * @throws EbmError when the visible or the top units do not have two values.
 *
 * @example
 * ```ts
 * const greedy = greedyBoltzmann(machine);
 * const stack: RbmParameters[] = [];
 * for (const layer of greedy.machines) {
 *   const objective = contrastiveDivergence(layer, { kernel: layer.kernel });
 *   const { params } = await fit(layer, { objective, data: greedy.batches(images, stack), optimiser, epochs: 100, key: key(1) });
 *   stack.push(fromPlain(params));
 * }
 * const params = greedy.compose(stack); // a start for fit(machine, { params, … })
 * ```
 * @see Hinton and Salakhutdinov, "A better way to pretrain deep Boltzmann machines", 2012,
 * https://papers.nips.cc/paper/2012/hash/03c6b06952c750899bb03d998e631860-Abstract.html
 */
export function greedyBoltzmann<S extends Support>(
  machine: DeepBoltzmannMachine<'bias', S>,
): GreedyStack<DeepBoltzmannParameters, 'bias', S> {
  const { layers } = machine;
  const last = layers.length - 2;
  const machines = layers.slice(0, -1).map((below, k) =>
    rbm({
      visible: k === 0 ? twice('visible', below) : below,
      hidden: k === last ? twice('top', layers[k + 1] as Units) : (layers[k + 1] as Units),
    }),
  ) as unknown as StackMachines<'bias', S>;
  return {
    machines,
    batches: (source, below, options = {}) =>
      liftedBatches(source, machines, below, options, (x) => mul(cast(x, 'float32'), 2)),
    compose: (stack) => {
      checkStack('greedyBoltzmann.compose', machines, stack);
      const at = (k: number): RbmParameters => stack[k] as RbmParameters;
      return scoped<DeepBoltzmannParameters>(() => ({
        weights: stack.map(({ weight }, k) => mul(weight, k === 0 || k === last ? 1 : 0.5)),
        visible: { bias: mul(at(0).visibleBias, 1) },
        hidden: stack.map(({ hiddenBias }, k) => ({
          bias: k === last ? mul(hiddenBias, 1) : halfway(hiddenBias, at(k + 1).visibleBias),
        })),
      }));
    },
  };
}

/** A doubled layer; says which one cannot be doubled. */
function twice(which: string, units: Units): Units {
  if (!areTwoValued(units))
    throw new EbmError(
      'argument',
      `greedyBoltzmann: the ${which} layer must be of units with two values each, such as bernoulli(784), got ${units.kind} units. Train the machine from its own init instead.`,
    );
  return doubled(units);
}
