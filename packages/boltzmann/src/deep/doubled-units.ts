import type { Support } from '@ebmkit/energy';
import { add, cast, EbmError, equal, mul, split, sub, sumEvent, tensor } from '@ebmkit/tensor';
import type { Units } from '../units/units.js';

/** Whether every unit has two values. */
export function areTwoValued({ sites = [] }: Pick<Units, 'sites'>): boolean {
  return sites.length > 0 && sites.every((values) => values.length === 2 && values[0]?.length === 1);
}

/**
 * Two copies of a layer that share their parameters and are seen through the sum of their states: $`x \in \{0, 1, 2\}^n`$ for
 * `bernoulli(n)`, each unit binomial. As the visible layer of a restricted Boltzmann machine it doubles what the hidden units get from
 * below, as the hidden layer what the visible units get from above: the first and the last machine in the pretraining of a deep
 * Boltzmann machine. States are float32; data, which is one copy, enters as `mul(x, 2)`.
 *
 * @param units - A layer of units with two values each, such as `bernoulli(784)`.
 * @returns The doubled layer, as a value for `rbm`. It cannot be enumerated.
 * @throws EbmError when the units do not have two values each.
 * @see Salakhutdinov and Hinton, "Deep Boltzmann machines", 2009, §3.1, https://proceedings.mlr.press/v5/salakhutdinov09a.html
 */
export function doubled<S extends Support>(units: Units<'bias', S>): Units<'bias', S> {
  if (!areTwoValued(units))
    throw new EbmError(
      'argument',
      `doubled: expected units with two values each, such as bernoulli(784), got ${units.kind} units.`,
    );
  const middle = units.sites?.map(([low, high]) => (low?.[0] ?? 0) + (high?.[0] ?? 0)) ?? [];
  return {
    kind: `doubled ${units.kind}`,
    size: units.size,
    support: units.support,
    parameters: units.parameters,
    init: units.init,
    // The statistic and the energy of one copy are linear but for a constant: two copies have twice those of their mean state.
    statistic: (own, x) => mul(units.statistic(own, mul(x, 0.5)), 2),
    energy: (own, x) => {
      const ways = sumEvent(cast(equal(x, tensor(middle)), 'float32'));
      return sub(mul(units.energy(own, mul(x, 0.5)), 2), mul(ways, Math.LN2));
    },
    logPartition: (own, input) => mul(units.logPartition(own, input), 2),
    mean: (own, input) => mul(units.mean(own, input), 2),
    sample: (key, own, input) => {
      const [one, other] = split(key, 2);
      return add(cast(units.sample(one, own, input), 'float32'), cast(units.sample(other, own, input), 'float32'));
    },
  };
}
