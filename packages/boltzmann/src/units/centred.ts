import type { Support } from '@ebmkit/energy';
import {
  add,
  EbmError,
  mul,
  reshape,
  ShapeError,
  stopGradient,
  sub,
  sum,
  sumEvent,
  type Tensor,
  tensor,
} from '@ebmkit/tensor';
import { checkUnits } from './check-units.js';
import type { OwnParameters, Units } from './units.js';

/** Adds `offset` to the names of parameters without losing their types. */
type Own<N extends string> = OwnParameters<N | 'offset'>;

/**
 * A layer whose states are shifted by an offset $`\mu`$ near their mean: other layers see $`s(x) - s(\mu)`$, and
 * $`U_\mu(x) = U(x) + b \cdot s(\mu)`$. The offset is in units of the state, also where the statistic is not the state itself, such as $`x / s`$ of
 * Gaussian units that learn their variances: the mean of the data is right for all of them. This changes no distribution that a machine can have, only its parameters, and so the path that a gradient
 * takes: updates of weights no longer pull at the biases, and learning does not depend on which of two values is called 1.
 *
 * The offset is the parameter `offset`, of which no gradient is taken; leave it out of weight decay. `recentre` moves it, for instance to the
 * means of the data and of the hidden units between epochs.
 *
 * A `convolutionalRbm` takes it with padding `valid` only: the zeros around an image of padding `same` would stand for the offset, which does change
 * the distribution.
 *
 * @param units - A layer.
 * @param offset - The first offset: a number, or one for each number of a state.
 * @returns The layer in centred parameters.
 * @throws EbmError when the offset is not finite or the units are centred already or count words, whose mean depends on the document; ShapeError when the offset has another length.
 *
 * @example
 * ```ts
 * const machine = rbm({ visible: centred(bernoulli(784), means), hidden: centred(bernoulli(500), 0.5) });
 * ```
 * @see Montavon and Müller, "Deep Boltzmann machines and the centering trick", 2012, https://arxiv.org/abs/1203.3783
 * @see Melchior, Fischer and Wiskott, "How to center deep Boltzmann machines", 2016, https://jmlr.org/papers/v17/14-237.html
 */
export function centred<N extends string, S extends Support>(
  units: Units<N, S>,
  offset: number | ArrayLike<number>,
): Units<N | 'offset', S> {
  checkUnits('centred', units);
  const { size, copies, ...kept } = units;
  if (copies)
    throw new EbmError(
      'argument',
      `centred: expected units with a common mean, got ${units.kind} units. Leave them as they are.`,
    );
  if (units.parameters.some((name) => name === 'offset'))
    throw new EbmError(
      'argument',
      `centred: expected units without an offset, got ${units.kind} units that have one. Centre once.`,
    );
  const offsets = typeof offset === 'number' ? Array<number>(size).fill(offset) : Array.from(offset);
  if (offsets.length !== size)
    throw new ShapeError(`centred: expected one offset or ${size} of them, got ${offsets.length}.`);
  const odd = offsets.findIndex((x) => !Number.isFinite(x));
  if (odd >= 0) throw new EbmError('argument', `centred: expected finite offsets, got ${offsets[odd]} at ${odd}.`);
  /** The statistic of the offset, `[1, size]`. */
  const fixed = (own: Own<N>): Tensor =>
    units.statistic(own, reshape(stopGradient((own as OwnParameters<'offset'>).offset), [1, size]));
  return {
    ...kept,
    size,
    parameters: [...units.parameters, 'offset'],
    init: (means) => ({ ...units.init(means), offset: tensor(offsets) }),
    statistic: (own, states) => sub(units.statistic(own, states), fixed(own)),
    energy: (own, states) => add(units.energy(own, states), sum(mul(own.bias, fixed(own)))),
    logPartition: (own, input) => sub(units.logPartition(own, input), sumEvent(mul(add(input, own.bias), fixed(own)))),
    mean: (own, input) => units.mean(own, input),
    sample: (key, own, input) => units.sample(key, own, input),
  };
}
