import { chainsOfScalar, type NamedDraws, namedDraws, type SampledTree } from '@ebmkit/diagnostics';
import { counted } from '../drawable-values.js';
import { judgeScalar, type Verdict } from './concern.js';

/** Which draws a picture shows, and which scalars of them. */
export interface DrawsOptions {
  /**
   * The draws as `sample` of `@ebmkit/samplers` gives them: `{ data, shape: [steps, chains, ...event] }`, or plain objects and
   * lists of them.
   */
  readonly draws: SampledTree;
  /**
   * The scalars to show, by name, in this order: `x[3]`, `layers[0].weight[2, 5]`, or `x` for all scalars of an array. All
   * of them unless told.
   */
  readonly parameters?: readonly string[];
  /**
   * The most scalars to show. When there are more, those with the worst R-hat and effective sample
   * size are shown, and a note says so. Scalars that `parameters` names one by one are always shown.
   */
  readonly maxParameters?: number;
  /** What to call draws that are one array and not a tree, `x` unless told. */
  readonly name?: string;
}

/** One scalar of the draws. */
export interface Parameter {
  /** The path of its array and its indices, such as `x[3]`. */
  readonly name: string;
  /** Its draws, one array for each chain. */
  readonly chains: () => readonly Float64Array[];
  /** What its chains say about their own accuracy, found out once. */
  readonly verdict: () => Verdict;
}

/** The scalars that a picture shows. */
export interface ParameterSet {
  /** The scalars, in the order in which they are drawn. */
  readonly shown: readonly Parameter[];
  /** What to say about those that are not shown. */
  readonly notes: readonly string[];
  /** Number of draws of each chain. */
  readonly steps: number;
  /** Number of chains. */
  readonly chains: number;
}

/** Chooses the scalars of a picture, or throws when the draws are none or a name is unknown. */
export function readParameters(where: string, options: DrawsOptions, usualMost: number): ParameterSet {
  const leaves = namedDraws(options.draws, options.name);
  const { steps = 0, chains = 0 } = leaves[0] ?? {};
  if (steps === 0 || chains === 0 || leaves.every(({ scalars }) => scalars === 0)) {
    throw new RangeError(
      `${where}: draws must hold at least one draw of one chain, got ${steps} steps of ${chains} chains. Sample for more steps.`,
    );
  }
  const named = options.parameters?.map((name) => parametersNamed(where, leaves, name));
  const all = named?.flat() ?? leaves.flatMap(parametersOf);
  const single = named?.filter((list) => list.length === 1).length ?? 0;
  const most = options.maxParameters ?? Math.max(usualMost, single);
  if (!(Number.isInteger(most) && most >= 1)) {
    throw new RangeError(
      `${where}: maxParameters must be a whole number of at least 1, got ${most}. Leave it out for ${usualMost}.`,
    );
  }
  if (all.length <= Math.max(most, single === all.length ? single : 0)) return { shown: all, notes: [], steps, chains };
  const shown = byConcern(all).slice(0, most);
  const some = most === 1 ? 'is the scalar' : `are the ${counted(most, 'scalar')}`;
  const notes = [`Shown ${some} of ${all.length.toLocaleString('en-GB')} with the worst R-hat and ESS.`];
  return { shown, notes, steps, chains };
}

/** The scalars from the one that gives most concern to the one that gives least. */
export function byConcern(parameters: readonly Parameter[]): Parameter[] {
  return [...parameters].sort((a, b) => b.verdict().concern - a.verdict().concern);
}

/** All scalars of an array of draws. */
function parametersOf(leaf: NamedDraws): Parameter[] {
  return Array.from({ length: leaf.scalars }, (_, scalar) => {
    const chains = () => chainsOfScalar(leaf, scalar);
    let verdict: Verdict | undefined;
    return {
      name: nameOf(leaf, scalar),
      chains,
      verdict: () => {
        verdict ??= judgeScalar(chains());
        return verdict;
      },
    };
  });
}

function nameOf({ name, event }: NamedDraws, scalar: number): string {
  if (event.length === 0) return name;
  let rest = scalar;
  const indices = [...event].reverse().map((size) => {
    const index = rest % size;
    rest = (rest - index) / size;
    return index;
  });
  return `${name}[${indices.reverse().join(', ')}]`;
}

function parametersNamed(where: string, leaves: readonly NamedDraws[], wanted: string): Parameter[] {
  const plain = (text: string) => text.replaceAll(' ', '');
  for (const leaf of leaves) {
    if (leaf.name === wanted) return parametersOf(leaf);
    if (!plain(wanted).startsWith(`${plain(leaf.name)}[`)) continue;
    const found = parametersOf(leaf).find(({ name }) => plain(name) === plain(wanted));
    if (found) return [found];
  }
  const known = leaves.map((leaf) => nameOf(leaf, Math.max(0, leaf.scalars - 1))).slice(0, 5);
  throw new RangeError(
    `${where}: parameters must be names of the draws, such as ${known.join(' or ')}, got "${wanted}". Correct the name or leave parameters out.`,
  );
}
