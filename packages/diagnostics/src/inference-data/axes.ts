import type { NamedDraws } from './sampled-draws.js';

/** The labels along an axis: whole numbers, numbers, or texts. */
export type Coordinate = Int32Array | Float64Array | readonly string[];

/** Names and labels of the axes of draws. */
export interface AxisOptions {
  /** The names of the axes of the event of an array, by the name of the array: `{ x: ['row', 'column'] }`. */
  readonly dims?: Readonly<Record<string, readonly string[]>>;
  /** The labels along an axis, by the name of the axis: `{ column: ['a', 'b'] }`; 0, 1, 2, … unless told. */
  readonly coords?: Readonly<Record<string, ArrayLike<number> | readonly string[]>>;
}

/**
 * The names of the axes of each array's event: those that were given, or `x_dim_0`, `x_dim_1`, … as in ArviZ.
 *
 * @param leaves - the arrays of the draws
 * @param options - the names that were given
 * @returns the names of the axes by the name of the array
 * @throws RangeError when names do not fit the events, or a name cannot be written
 */
export function arrayAxes(leaves: readonly NamedDraws[], { dims = {} }: AxisOptions): Map<string, readonly string[]> {
  const known = new Set(leaves.map(({ name }) => name));
  for (const name of Object.keys(dims)) {
    if (!known.has(name)) {
      throw new RangeError(
        `toInferenceData: dims names the array "${name}", but the draws have ${[...known].join(', ')}. Correct the name.`,
      );
    }
  }
  const axes = new Map<string, readonly string[]>();
  for (const { name, event } of leaves) {
    const names = dims[name] ?? event.map((_, axis) => `${name}_dim_${axis}`);
    if (names.length !== event.length) {
      throw new RangeError(
        `toInferenceData: expected ${event.length} names of axes for ${name} [${event.join(', ')}], got ${names.length}. ` +
          'Name each axis after steps and chains.',
      );
    }
    axes.set(name, names);
  }
  for (const [name, names] of axes) {
    for (const used of [name, ...names]) checkName(used, known, used === name);
  }
  return axes;
}

/** Names are those of links in a file, where a slash separates groups, and an axis has an array of its name. */
function checkName(name: string, arrays: ReadonlySet<string>, isArray: boolean): void {
  if (name === '' || name === '.' || name.includes('/') || name.includes('\0')) {
    throw new RangeError(
      `toInferenceData: expected names that are not empty and have no slash, got "${name}". Rename it before you export it.`,
    );
  }
  if (isArray ? name === 'chain' || name === 'draw' : arrays.has(name) || name === 'chain' || name === 'draw') {
    throw new RangeError(
      `toInferenceData: "${name}" is the name of an axis and of something else. Rename one of them.`,
    );
  }
}

/**
 * The labels along all axes of some arrays.
 *
 * @param leaves - the arrays
 * @param axes - the names of the axes of each
 * @param options - the labels that were given
 * @returns the labels by the name of the axis, `chain` and `draw` first
 * @throws RangeError when an axis has two sizes, or another number of labels
 */
export function readCoordinates(
  leaves: readonly NamedDraws[],
  axes: ReadonlyMap<string, readonly string[]>,
  { coords = {} }: AxisOptions,
): Record<string, Coordinate> {
  const sizes = new Map<string, number>();
  for (const { name, event, steps, chains } of leaves) {
    const named = [
      ['chain', chains],
      ['draw', steps],
      ...event.map((size, axis) => [axes.get(name)?.[axis] ?? '', size]),
    ];
    for (const [axis, size] of named as [string, number][]) {
      const before = sizes.get(axis) ?? size;
      if (before !== size || size === 0) {
        throw new RangeError(
          `toInferenceData: expected the axis "${axis}" to have one size of at least 1, got ${before} and ${size}. Give axes of different sizes different names.`,
        );
      }
      sizes.set(axis, size);
    }
  }
  for (const axis of Object.keys(coords)) {
    if (!sizes.has(axis)) {
      throw new RangeError(
        `toInferenceData: coords names the axis "${axis}", but there are ${[...sizes.keys()].join(', ')}. Correct the name.`,
      );
    }
  }
  return Object.fromEntries(Array.from(sizes, ([axis, size]) => [axis, labels(axis, size, coords[axis])]));
}

function labels(axis: string, size: number, given: ArrayLike<number> | readonly string[] | undefined): Coordinate {
  if (!given) return Int32Array.from({ length: size }, (_, place) => place);
  if (given.length !== size) {
    throw new RangeError(
      `toInferenceData: expected ${size} labels for the axis "${axis}", got ${given.length}. Give one for each place.`,
    );
  }
  const list: readonly (string | number)[] = Array.from<string | number>(given);
  if (list.every((label) => typeof label === 'string')) return list;
  if (list.every((label) => typeof label === 'number')) {
    const whole = list.every((label) => Number.isInteger(label) && Math.abs(label) < 2 ** 31);
    return whole ? Int32Array.from(list) : Float64Array.from(list);
  }
  throw new RangeError(
    `toInferenceData: expected labels of "${axis}" that are all numbers or all texts, got both. Write numbers as texts.`,
  );
}
