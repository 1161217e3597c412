import type { Support } from '@ebmkit/energy';
import { add, cast, concat, EbmError, fold, ShapeError, slice, type Tensor } from '@ebmkit/tensor';
import { checkUnits } from './check-units.js';
import { groupsOf, type OwnParameters, type Units } from './units.js';

/** What the parts of a mixed layer have in common, whatever their parameters are. */
export type AnyUnits = Pick<Units, 'kind' | 'size' | 'support' | 'init'>;
/** The names of the own parameters that some kind of units has. */
export type UnitsNames<T> = T extends Units<infer N, Support> ? N : never;
/** Whether the states of some kind of units are discrete or continuous. */
export type UnitsSupport<T> = T extends { readonly support: infer S } ? S : never;

/** One part of a mixed layer, and where its numbers are. */
interface Part {
  readonly units: Units<string>;
  /** Its first column in a state. */
  readonly column: number;
  /** Where its numbers begin in each of its parameters. */
  readonly offsets: Readonly<Record<string, number>>;
}

/** Finds the places of the parts: columns side by side, and parameters of one name one after another. */
function placesOf(kinds: readonly Units<string>[]): {
  readonly parts: readonly Part[];
  readonly lengths: Readonly<Record<string, number>>;
} {
  const lengths: Record<string, number> = {};
  let column = 0;
  const parts = kinds.map((units) => {
    const offsets: Record<string, number> = {};
    for (const name of units.parameters) {
      offsets[name] = lengths[name] ?? 0;
      lengths[name] = (lengths[name] ?? 0) + units.size;
    }
    column += units.size;
    return { units, column: column - units.size, offsets };
  });
  return { parts, lengths };
}

/** The columns of a part; undefined of nothing. */
function columnsOf<T extends Tensor | undefined>({ units, column }: Part, x: T): T {
  return (x && slice(x, [0, column], [x.shape[0] as number, units.size])) as T;
}

/** Puts columns side by side, as bool when all of them are, else as float32. */
function sideBySide(columns: readonly Tensor[]): Tensor {
  const areBool = columns.every(({ dtype }) => dtype === 'bool');
  return concat(areBool ? columns : columns.map((x) => cast(x, 'float32')), 1);
}

/**
 * A layer of several kinds of units side by side, such as pixels and a label. A state is the states of the parts in one row: bool
 * when all parts have bool states, else float32. A parameter is the parameters of that name of the parts that have it, one after another in the
 * order of the parts: `bias` is `[size]`, and `logVariance` has one number for each Gaussian unit that learns its variance.
 *
 * @param kinds - The parts, from left to right.
 * @returns The layer, as a value for `rbm`. It is discrete when any part is, so that gradient samplers refuse it.
 * @throws EbmError when there is no part, or more than one that counts words.
 *
 * @example
 * ```ts
 * const machine = rbm({ visible: mixed([bernoulli(784), softmax(10), gaussian(3)]), hidden: bernoulli(500) });
 * ```
 */
export function mixed<const T extends readonly AnyUnits[]>(
  kinds: T,
): Units<UnitsNames<T[number]>, 'discrete' extends UnitsSupport<T[number]> ? 'discrete' : 'continuous'> {
  kinds.forEach((units, i) => {
    checkUnits(`mixed: part ${i}`, units);
  });
  const { parts, lengths } = placesOf(kinds as unknown as readonly Units<string>[]);
  if (parts.length === 0)
    throw new EbmError(
      'argument',
      'mixed: expected at least one part, got none. Pass for instance [bernoulli(784), softmax(10)].',
    );
  const counting = parts.filter(({ units }) => units.copies);
  if (counting.length > 1)
    throw new EbmError(
      'argument',
      `mixed: expected at most one part that counts words, got ${counting.length}. Join their vocabularies.`,
    );
  const size = parts.reduce((total, { units }) => total + units.size, 0);
  const names = Object.keys(lengths);
  const ownOf = ({ units, offsets }: Part, own: OwnParameters<string>): OwnParameters<string> =>
    Object.fromEntries(
      units.parameters.map((name) => [name, slice(own[name] as Tensor, [offsets[name] as number], [units.size])]),
    );
  const summed = (f: (part: Part) => Tensor): Tensor => parts.map(f).reduce((a, b) => add(a, b));

  const layer: Units<string> = {
    kind: 'mixed',
    size,
    support: parts.some(({ units }) => units.support === 'discrete') ? 'discrete' : 'continuous',
    ...(parts.every(({ units }) => units.sites)
      ? { sites: parts.flatMap(({ units }) => units.sites ?? []) }
      : { parts: parts.map(({ units }) => units) }),
    groups: parts.flatMap(({ units }) => groupsOf(units)),
    parameters: names,
    init: (means) => {
      if (means !== undefined && means.length !== size)
        throw new ShapeError(`mixed: expected ${size} means, got ${means.length}.`);
      const owns = parts.map(({ units, column }) =>
        units.init(means && Array.from({ length: units.size }, (_, i) => means[column + i] as number)),
      );
      const joined = names.map((name) => [name, concat(owns.flatMap((own) => own[name] ?? []))] as const);
      return Object.fromEntries(joined);
    },
    ...(counting[0] && { copies: copiesOf(counting[0]) }),
    statistic: (own, x) => sideBySide(parts.map((part) => part.units.statistic(ownOf(part, own), columnsOf(part, x)))),
    energy: (own, x) => summed((part) => part.units.energy(ownOf(part, own), columnsOf(part, x))),
    logPartition: (own, input, current) =>
      summed((part) => part.units.logPartition(ownOf(part, own), columnsOf(part, input), columnsOf(part, current))),
    mean: (own, input, current) =>
      sideBySide(
        parts.map((part) => part.units.mean(ownOf(part, own), columnsOf(part, input), columnsOf(part, current))),
      ),
    sample: (key, own, input, current) =>
      sideBySide(
        parts.map((part, i) =>
          part.units.sample(fold(key, i), ownOf(part, own), columnsOf(part, input), columnsOf(part, current)),
        ),
      ),
  };
  return layer as never;
}

function copiesOf(part: Part): NonNullable<Units['copies']> {
  return (states) => (part.units.copies as NonNullable<Units['copies']>)(columnsOf(part, states));
}
