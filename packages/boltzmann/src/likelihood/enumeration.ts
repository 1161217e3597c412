import { EbmError, type Tensor, tensor } from '@ebmkit/tensor';

/** A layer whose states can be listed. */
interface Enumerable {
  readonly kind: string;
  readonly size: number;
  readonly values?: readonly number[];
}

/** Enumeration goes up to as many states as 24 binary units have. */
const mostStates = 2 ** 24;

/** How many joint states a layer has; Infinity when they cannot be listed. */
export function stateCount({ size, values }: Enumerable): number {
  return values === undefined ? Number.POSITIVE_INFINITY : values.length ** size;
}

/** Whether a layer is small enough to be enumerated. */
export function isEnumerable(units: Enumerable): boolean {
  return stateCount(units) <= mostStates;
}

/**
 * Some of the joint states of a layer: row `r` is state number `first + r`, whose unit `i` has the value of digit `i` of
 * that number, lowest first.
 *
 * @param units - A layer with `values`.
 * @param first - Number of the first state.
 * @param count - How many states.
 * @returns `[count, size]`, bool when the values are 0 and 1.
 * @throws EbmError when the units cannot be enumerated.
 */
export function enumerateStates(units: Enumerable, first = 0, count = stateCount(units) - first): Tensor {
  const { size, values } = units;
  if (values === undefined || !isEnumerable(units))
    throw new EbmError(
      'argument',
      `enumerateStates: expected at most 24 binary units (2^24 states), got ${size} ${units.kind} units. Use a smaller layer, or draw states instead.`,
    );
  const radix = values.length;
  const bits = radix === 2 && values[0] === 0 && values[1] === 1;
  const data = bits ? new Uint8Array(count * size) : new Float32Array(count * size);
  for (let row = 0; row < count; row++) {
    let rest = first + row;
    for (let unit = 0; unit < size; unit++) {
      data[row * size + unit] = values[rest % radix] as number;
      rest = Math.floor(rest / radix);
    }
  }
  return tensor(data, [count, size]);
}
