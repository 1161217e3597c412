import {
  add,
  bernoulli as drawBernoulli,
  matMul,
  mul,
  neg,
  reshape,
  sigmoid,
  softplus,
  sub,
  sumEvent,
  tanh,
  tensor,
  where,
  zeros,
} from '@ebmkit/tensor';
import { checkMeans, checkWhole } from './check-units.js';
import type { Site, Units } from './units.js';

const upOrDown: Site = [[-1], [1]];
/** Means are brought this close to −1 and 1, so that a unit that never turns gets a finite bias. */
const margin = 0.01;

/**
 * A layer of units that are −1 or 1, as in physics. With bias $`b`$ and input $`a`$: $`U(x) = -b \cdot x`$,
 * $`p(x_i = 1) = \sigma(2 (b_i + a_i))`$ and $`A(a) = \sum_i \log(2 \cosh(b_i + a_i))`$. States are float32 tensors of −1 and 1;
 * numbers between them stand for means.
 *
 * @param size - How many units.
 * @returns The layer, as a value for `rbm`.
 * @throws EbmError when `size` is not a whole number above 0.
 *
 * @example
 * ```ts
 * const machine = rbm({ visible: spin(100), hidden: spin(20) });
 * const energies = machine.freeEnergy(params, tensor([Array(100).fill(-1)]));
 * ```
 */
export function spin(size: number): Units<'bias', 'discrete'> {
  checkWhole('spin', 'size', size);
  return {
    kind: 'spin',
    size,
    support: 'discrete',
    sites: Array.from({ length: size }, () => upOrDown),
    parameters: ['bias'],
    init: (means) => {
      if (means === undefined) return { bias: zeros([size]) };
      checkMeans('spin', size, means, { what: 'in [-1, 1]', fits: (m) => m >= -1 && m <= 1 });
      const limit = 1 - 2 * margin;
      return { bias: tensor(Float32Array.from(means, (m) => Math.atanh(Math.min(Math.max(m, -limit), limit)))) };
    },
    statistic: (_, states) => states,
    energy: ({ bias }, states) => neg(reshape(matMul(states, reshape(bias, [size, 1])), [-1])),
    logPartition: ({ bias }, input) => {
      const field = add(input, bias);
      return sumEvent(sub(softplus(mul(field, 2)), field));
    },
    mean: ({ bias }, input) => tanh(add(input, bias)),
    sample: (key, { bias }, input) => where(drawBernoulli(key, sigmoid(mul(add(input, bias), 2))), 1, -1),
  };
}
