/** Draws of one array-valued quantity, as `sample` of `@ebmkit/samplers` gives them. */
export interface SampledArray {
  /** The numbers in row-major order. */
  readonly data: ArrayLike<number>;
  /** `[steps, chains, ...event]`. */
  readonly shape: readonly number[];
}

/** Draws in the structure of a sampled position: one array, or plain objects and lists of them, nested as deeply as one likes. */
export type SampledTree = SampledArray | readonly SampledTree[] | { readonly [name: string]: SampledTree };

/** The draws of one leaf of a tree, with the name that the tree gives it. */
export interface NamedDraws extends SampledArray {
  /** The path to the leaf, such as `layers[0].weight`, or the name that was given for a tree that is one array. */
  readonly name: string;
  /** Number of draws of each chain. */
  readonly steps: number;
  /** Number of chains. */
  readonly chains: number;
  /** The shape of one draw; empty for a scalar. */
  readonly event: readonly number[];
  /** Number of scalars of one draw. */
  readonly scalars: number;
}

/**
 * The arrays of a tree of draws with their names, in the order of the tree: `{ mean, layers: [{ weight }] }` has `mean` and
 * `layers[0].weight`.
 *
 * @param draws - one array of shape `[steps, chains, ...event]`, or a tree of such arrays with the same steps and chains
 * @param name - what to call the draws when they are one array
 * @returns one entry for each leaf; the numbers are not copied
 * @throws TypeError when something in the tree is neither draws nor a plain object or list
 * @throws RangeError when there are no draws, a shape does not fit its numbers, or the leaves differ in steps or chains
 * @example
 * ```ts
 * const names = namedDraws(draws).map(({ name, event }) => `${name} [${event.join(', ')}]`);
 * ```
 */
export function namedDraws(draws: SampledTree, name = 'x'): NamedDraws[] {
  const leaves = leavesOf(draws, '').map(([path, leaf]) => readLeaf(path === '' ? name : path, leaf));
  const [first] = leaves;
  if (!first) {
    throw new RangeError('namedDraws: expected at least one array of draws, got an empty tree. Pass { data, shape }.');
  }
  for (const leaf of leaves) {
    if (leaf.steps !== first.steps || leaf.chains !== first.chains) {
      throw new RangeError(
        `namedDraws: expected ${first.steps} steps and ${first.chains} chains in every array like ${first.name}, ` +
          `got ${leaf.steps} and ${leaf.chains} in ${leaf.name}. Pass the draws of one run.`,
      );
    }
  }
  return leaves;
}

/**
 * The chains of one scalar of a leaf, the form that every diagnostic takes.
 *
 * Near twin: `scalarChains` cuts all scalars at once; this copies one, which spares memory when few of many are looked at.
 *
 * @param draws - a leaf of {@link namedDraws}
 * @param scalar - which scalar of the event, counted in row-major order from 0
 * @returns `chains` arrays of `steps` numbers
 * @throws RangeError when the event has no such scalar
 * @example
 * ```ts
 * const [leaf] = namedDraws(draws);
 * const summary = summarise(chainsOfScalar(leaf, 3));
 * ```
 */
export function chainsOfScalar(draws: NamedDraws, scalar: number): Float64Array[] {
  const { data, steps, chains, scalars, name } = draws;
  if (!(Number.isInteger(scalar) && scalar >= 0 && scalar < scalars)) {
    throw new RangeError(
      `chainsOfScalar: ${name} has scalars 0 to ${scalars - 1}, got ${scalar}. Count in row-major order of the event.`,
    );
  }
  return Array.from({ length: chains }, (_, chain) => {
    const series = new Float64Array(steps);
    for (let step = 0; step < steps; step++) {
      series[step] = data[(step * chains + chain) * scalars + scalar] as number;
    }
    return series;
  });
}

function leavesOf(tree: SampledTree, path: string): [path: string, leaf: SampledArray][] {
  const given: unknown = tree;
  if (isLeaf(given)) return [[path, given]];
  if (Array.isArray(given)) {
    return given.flatMap((child: SampledTree, index) => leavesOf(child, `${path}[${index}]`));
  }
  if (given === null || typeof given !== 'object' || ArrayBuffer.isView(given)) {
    throw new TypeError(
      `namedDraws: expected draws { data, shape } or a tree of them${path === '' ? '' : ` at ${path}`}, ` +
        `got ${given === null ? 'null' : ArrayBuffer.isView(given) ? 'a typed array' : typeof given}. ` +
        'Pass { data, shape: [steps, chains, ...event] }.',
    );
  }
  return Object.entries(given as Readonly<Record<string, SampledTree>>).flatMap(([key, child]) =>
    leavesOf(child, path === '' ? key : `${path}.${key}`),
  );
}

function isLeaf(value: unknown): value is SampledArray {
  if (value === null || typeof value !== 'object' || !('data' in value) || !('shape' in value)) return false;
  return Array.isArray(value.shape) && (Array.isArray(value.data) || ArrayBuffer.isView(value.data));
}

function readLeaf(name: string, { data, shape }: SampledArray): NamedDraws {
  const [steps, chains, ...event] = shape;
  if (steps === undefined || chains === undefined || !shape.every((size) => Number.isInteger(size) && size >= 0)) {
    throw new RangeError(
      `namedDraws: expected a shape [steps, chains, ...event] of whole numbers for ${name}, got [${shape.join(', ')}]. ` +
        'Give the sizes of the axes of the draws.',
    );
  }
  const scalars = event.reduce((product, size) => product * size, 1);
  if (steps * chains * scalars !== data.length) {
    throw new RangeError(
      `namedDraws: expected ${steps * chains * scalars} numbers for the shape [${shape.join(', ')}] of ${name}, ` +
        `got ${data.length}. Check the order and the sizes of the axes.`,
    );
  }
  return { name, data, shape, steps, chains, event, scalars };
}
