import { EbmError, type Tensor, tensor } from '@ebmkit/tensor';
import type { Site, Units } from '../units/units.js';

/** A layer whose states can be listed. */
export type EnumerableUnits = Pick<Units, 'kind' | 'size' | 'sites'>;

/** Enumeration goes up to as many states as 24 binary units have. */
const mostStates = 2 ** 24;

/** How many joint states a layer has; Infinity when they cannot be listed. */
export function stateCount({ sites }: Pick<Units, 'sites'>): number {
  return sites?.reduce((count, site) => count * site.length, 1) ?? Number.POSITIVE_INFINITY;
}

/** Whether a layer is small enough to be enumerated. */
export function isEnumerable(units: Pick<Units, 'sites'>): boolean {
  return stateCount(units) <= mostStates;
}

/** Whether a site holds 0s and 1s only. */
function isOfBits(site: Site): boolean {
  return site.every((vector) => vector.every((x) => x === 0 || x === 1));
}

/**
 * Some of the joint states of a layer: row `r` is state number `first + r`, whose site `i` holds its vector number `d` where `d` is digit
 * `i` of that number, lowest first. For bits that is counting in binary.
 *
 * @param units - A layer with `sites`.
 * @param first - Number of the first state.
 * @param count - How many states.
 * @returns `[count, size]`, bool when all numbers are 0 and 1.
 * @throws EbmError when the units cannot be enumerated.
 */
export function enumerateStates(units: EnumerableUnits, first = 0, count = stateCount(units) - first): Tensor {
  const { size, sites } = units;
  if (sites === undefined || !isEnumerable(units))
    throw new EbmError(
      'argument',
      `enumerateStates: expected at most 24 binary units (2^24 states), got ${size} ${units.kind} units. Use a smaller layer, or draw states instead.`,
    );
  const data = sites.every(isOfBits) ? new Uint8Array(count * size) : new Float32Array(count * size);
  let at = 0;
  for (let row = 0; row < count; row++) {
    let rest = first + row;
    for (const site of sites) {
      for (const x of site[rest % site.length] as readonly number[]) data[at++] = x;
      rest = Math.floor(rest / site.length);
    }
  }
  return tensor(data, [count, size]);
}
