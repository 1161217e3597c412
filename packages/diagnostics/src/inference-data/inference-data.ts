import { type AxisOptions, arrayAxes, type Coordinate, readCoordinates } from './axes.js';
import { type NamedDraws, namedDraws, type SampledTree } from './sampled-draws.js';

/** Numbers of an array of {@link InferenceData}. */
export type InferenceNumbers = Float32Array | Float64Array | Int8Array | Int32Array;

/** An array with named axes. */
export interface InferenceArray {
  /** The names of its axes, the first one varying slowest. */
  readonly dims: readonly string[];
  /** The sizes of its axes. */
  readonly shape: readonly number[];
  /** The numbers in row-major order. */
  readonly data: InferenceNumbers;
  /** Whether the numbers are 0 for false and 1 for true. */
  readonly boolean?: boolean;
}

/** A group of arrays that share axes, such as `posterior`. */
export interface InferenceGroup {
  /** The label of each place along each axis. */
  readonly coords: Readonly<Record<string, Coordinate>>;
  /** The arrays by name. */
  readonly variables: Readonly<Record<string, InferenceArray>>;
  /** What is known about the group. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** Draws and their statistics in the groups, names and axes of ArviZ's InferenceData schema. */
export interface InferenceData {
  /** The draws, arrays `[chain, draw, ...event]`. */
  readonly posterior: InferenceGroup;
  /** Statistics of the run: `lp`, `diverging`, `acceptance_rate`, `diverged_moves`, as far as they are known. */
  readonly sample_stats: InferenceGroup;
}

/** What {@link toInferenceData} reads of a sampling run: that of `sample` of `@ebmkit/samplers`, or of anything that has draws. */
export interface SampledRun {
  /** The draws: `{ data, shape: [steps, chains, ...event] }`, or plain objects and lists of them. */
  readonly draws: SampledTree;
  /** Statistics of the chains. */
  readonly stats?: {
    /** The share of moves of each chain that were accepted. */
    readonly acceptanceRate?: ArrayLike<number>;
    /** How many moves of each chain met a number that is NaN or infinite. */
    readonly diverged?: ArrayLike<number>;
    /** The energies of the draws, `[steps, chains]`; empty when they are not known. */
    readonly energies?: ArrayLike<number>;
  };
}

/** How {@link toInferenceData} names things. */
export interface InferenceDataOptions extends AxisOptions {
  /** What to call draws that are one array and not a tree, `x` unless told. */
  readonly name?: string;
  /** Which draws came of a move that diverged: 0 or 1 for each step and chain, row-major `[steps, chains]`. */
  readonly divergences?: ArrayLike<number>;
  /** What is known about the draws, such as the sampler, as attributes of both groups. */
  readonly attributes?: Readonly<Record<string, string>>;
}

/**
 * Brings a sampling run into the form of ArviZ's InferenceData, which {@link writeNetcdf} and {@link writeZarr} write.
 *
 * Arrays get the axes `chain` and `draw` first, then those of the event, which are `x_dim_0`, `x_dim_1`, … for an array `x`
 * unless `dims` names them. The log density `lp` is minus the energy, up to a constant; it is not the Hamiltonian energy
 * that ArviZ calls `energy`. Numbers keep the precision in which they are given. Cost: one copy of the draws.
 *
 * @param run - what `sample` of `@ebmkit/samplers` gave, or anything with `draws` in its form
 * @param options - names of axes and their labels
 * @returns the groups `posterior` and `sample_stats`
 * @throws TypeError when the draws are not `{ data, shape }` or a tree of them
 * @throws RangeError when there are no draws, `dims` or `coords` do not fit them, or a name cannot be written
 * @example
 * ```ts
 * const data = toInferenceData(result, { dims: { x: ['feature'] }, coords: { feature: ['height', 'weight'] } });
 * ```
 * @see the InferenceData schema, https://python.arviz.org/en/stable/schema/schema.html
 */
export function toInferenceData(run: SampledRun, options: InferenceDataOptions = {}): InferenceData {
  const leaves = namedDraws(run.draws, options.name);
  const { steps = 0, chains = 0 } = leaves[0] ?? {};
  if (steps === 0 || chains === 0) {
    throw new RangeError(
      `toInferenceData: expected at least one draw of one chain, got ${steps} steps of ${chains} chains. Sample for more steps.`,
    );
  }
  const attributes = { creation_library: 'ebmkit', inference_library: 'ebmkit', ...options.attributes };
  const axes = arrayAxes(leaves, options);
  const variables = leaves.map(
    (leaf) =>
      [
        leaf.name,
        {
          dims: ['chain', 'draw', ...(axes.get(leaf.name) ?? [])],
          shape: [chains, steps, ...leaf.event],
          data: chainFirst(leaf),
        },
      ] as const,
  );
  return {
    posterior: { coords: readCoordinates(leaves, axes, options), variables: Object.fromEntries(variables), attributes },
    sample_stats: {
      coords: readCoordinates([{ ...(leaves[0] as NamedDraws), event: [] }], new Map(), {}),
      variables: statistics(run, options, steps, chains),
      attributes,
    },
  };
}

/** The numbers with the chains before the steps. */
function chainFirst({ data, steps, chains, scalars }: NamedDraws): InferenceNumbers {
  const turned = sameKind(data);
  for (let chain = 0; chain < chains; chain++) {
    for (let step = 0; step < steps; step++) {
      const from = (step * chains + chain) * scalars;
      const to = (chain * steps + step) * scalars;
      for (let scalar = 0; scalar < scalars; scalar++) turned[to + scalar] = data[from + scalar] as number;
    }
  }
  return turned;
}

/** An array of the same length that holds every number of the given one. */
function sameKind(data: ArrayLike<number>): InferenceNumbers {
  if (data instanceof Float32Array) return new Float32Array(data.length);
  if (data instanceof Int8Array) return new Int8Array(data.length);
  const small = data instanceof Uint8Array || data instanceof Int16Array || data instanceof Uint16Array;
  return data instanceof Int32Array || small ? new Int32Array(data.length) : new Float64Array(data.length);
}

function statistics(
  { stats = {} }: SampledRun,
  { divergences }: InferenceDataOptions,
  steps: number,
  chains: number,
): Record<string, InferenceArray> {
  const { energies, acceptanceRate, diverged } = stats;
  const variables: Record<string, InferenceArray> = {};
  const leaf = { name: '', shape: [steps, chains], steps, chains, event: [], scalars: 1 };
  const perDraw = { dims: ['chain', 'draw'], shape: [chains, steps] };
  if (energies && energies.length > 0) {
    checkLength('stats.energies', energies, steps * chains);
    variables.lp = { ...perDraw, data: chainFirst({ ...leaf, data: energies }).map((energy) => -energy) };
  }
  if (divergences) {
    checkLength('divergences', divergences, steps * chains);
    const flags = Int8Array.from(divergences, (flag) => (flag ? 1 : 0));
    variables.diverging = { ...perDraw, data: chainFirst({ ...leaf, data: flags }), boolean: true };
  }
  if (acceptanceRate) {
    checkLength('stats.acceptanceRate', acceptanceRate, chains);
    variables.acceptance_rate = { dims: ['chain'], shape: [chains], data: Float64Array.from(acceptanceRate) };
  }
  if (diverged) {
    checkLength('stats.diverged', diverged, chains);
    variables.diverged_moves = { dims: ['chain'], shape: [chains], data: Int32Array.from(diverged) };
  }
  return variables;
}

function checkLength(what: string, list: ArrayLike<number>, length: number): void {
  if (list.length !== length) {
    throw new RangeError(
      `toInferenceData: expected ${length} numbers in ${what}, got ${list.length}. Pass those of the same run as the draws.`,
    );
  }
}
