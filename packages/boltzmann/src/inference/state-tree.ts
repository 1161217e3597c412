import type { FactorGraph } from '../graph/factor-graph.js';
import { jointStates } from './check-graph.js';
import { joinLastNodes } from './joined-nodes.js';
import { stridesOf } from './table.js';

/** A factor of two nodes or more, as the walk meets it: once all its nodes but the last are set, a row of it is known. */
interface Push {
  readonly table: Float64Array;
  /** The weight of all states seen so far, for each entry of `table`. */
  readonly weights: Float64Array;
  /** All nodes but the last, and the strides that give the row. */
  readonly known: readonly number[];
  readonly strides: readonly number[];
  /** Where the last node begins in a field, and how many states it has. */
  readonly start: number;
  readonly count: number;
}

/** The sums over all joint states that were visited. */
interface StateSums {
  /** The sum of the weights of the states. */
  readonly total: number;
  /** For each node, the weight of each of its states. */
  readonly nodes: readonly Float64Array[];
  /** For each factor, the weight of each of its joint states, laid out as the factor. */
  readonly factors: readonly Float64Array[];
}

/** A walk over all joint states, block by block. */
interface StateTree {
  /** How many blocks there are. */
  readonly blocks: number;
  /** The largest log-potential of a joint state in a block. */
  readonly highest: (block: number) => number;
  /** Adds the states of a block to the sums, each with weight $`e^{x - shift}`$ for its log-potential $`x`$. */
  readonly add: (block: number, shift: number) => void;
  /** The sums so far. */
  readonly sums: () => StateSums;
}

/** Joint states in one block: a millisecond of work. */
const blockStates = 2 ** 16;
/** Joint states of the last nodes that are taken together. */
const leafStates = 32;

/**
 * All joint states as the leaves of a tree in which level $`d`$ sets node $`d`$. Each node has a field, the log-potentials of its
 * states given the nodes above. Setting a node adds rows of factors to the fields below; on the way back, the weights of the
 * states below go to those same rows. Both cost as much as there are nodes below, so that a joint state of a dense pairwise model
 * costs a few operations, not one for each factor.
 */
export function stateTree(original: FactorGraph): StateTree {
  const { graph, nodeWeights, factorWeights } = joinLastNodes(original, leafStates);
  const { cardinalities, factors } = graph;
  const last = cardinalities.length - 1;
  const starts = [0];
  for (const count of cardinalities) starts.push((starts.at(-1) as number) + count);
  const startOf = (node: number): number => starts[node] as number;
  const size = startOf(last + 1);
  /** The field of every node at each level, and the weights of the states of every node below each level. */
  const fields = cardinalities.map(() => new Float64Array(size));
  const below = cardinalities.map(() => new Float64Array(size));
  const totals = new Float64Array(size);
  const states = new Int32Array(last + 1);
  const pushes: Push[][] = cardinalities.map(() => []);
  let [constant, total] = [0, 0];
  /** Sorts a factor in, and says how its weights are found at the end. */
  const enrol = ({ nodes, logPotential: table }: FactorGraph['factors'][number]): (() => Float64Array) => {
    const target = nodes.at(-1);
    if (target === undefined) {
      constant += table[0] as number;
      return () => Float64Array.of(total);
    }
    const [start, end] = [startOf(target), startOf(target + 1)];
    const parent = nodes.at(-2);
    if (parent === undefined) {
      addRow(fields[0] as Float64Array, start, table, 0, table.length);
      return () => totals.slice(start, end);
    }
    const weights = new Float64Array(table.length);
    const strides = stridesOf(nodes.map((node) => cardinalities[node] as number)).slice(0, -1);
    pushes[parent]?.push({ table, weights, known: nodes.slice(0, -1), strides, start, count: end - start });
    return () => weights;
  };
  const results = factors.map(enrol);

  const rowOf = ({ known, strides }: Push): number => {
    let row = 0;
    for (let i = 0; i < known.length; i++) row += (states[known[i] as number] as number) * (strides[i] as number);
    return row;
  };
  /** Sets a node, and gives the log-potential that this adds. */
  const set = (node: number, state: number): number => {
    const before = fields[node] as Float64Array;
    const after = fields[node + 1] as Float64Array;
    states[node] = state;
    for (let i = startOf(node + 1); i < size; i++) after[i] = before[i] as number;
    for (const push of pushes[node] as Push[]) addRow(after, push.start, push.table, rowOf(push), push.count);
    return before[startOf(node) + state] as number;
  };
  const highestBelow = (node: number): number => {
    let top = Number.NEGATIVE_INFINITY;
    if (node === last) {
      const field = fields[last] as Float64Array;
      for (let i = startOf(last); i < size; i++) if ((field[i] as number) > top) top = field[i] as number;
      return top;
    }
    for (let state = 0; state < (cardinalities[node] as number); state++)
      top = Math.max(top, set(node, state) + highestBelow(node + 1));
    return top;
  };
  /** Adds weights of the states below a node to the rows that setting it had taken. */
  const giveBack = (node: number, weights: Float64Array): void => {
    for (const push of pushes[node] as Push[]) addRow(push.weights, rowOf(push), weights, push.start, push.count);
  };
  /** Sums the weights of the states below, given the log-potential of what is set, and leaves them in `below[node]`. */
  const sumBelow = (node: number, logPotential: number): number => {
    const weights = below[node] as Float64Array;
    const start = startOf(node);
    let sum = 0;
    if (node === last) {
      const field = fields[last] as Float64Array;
      for (let i = start; i < size; i++) {
        const weight = Math.exp(logPotential + (field[i] as number));
        weights[i] = weight;
        sum += weight;
      }
      return sum;
    }
    const child = below[node + 1] as Float64Array;
    const next = startOf(node + 1);
    weights.fill(0, next);
    for (let state = 0; state < (cardinalities[node] as number); state++) {
      const own = set(node, state);
      const weight = sumBelow(node + 1, logPotential + own);
      weights[start + state] = weight;
      sum += weight;
      addRow(weights, next, child, next, size - next);
      giveBack(node, child);
    }
    return sum;
  };

  // The nodes above `first` number the blocks.
  let first = last;
  while (first > 0 && jointStates(cardinalities.slice(first - 1)) <= blockStates) first--;
  const above = cardinalities.slice(0, first);
  const strides = stridesOf(above);
  const enter = (block: number): number =>
    above.reduce(
      (sum, count, node) => sum + set(node, Math.floor(block / (strides[node] as number)) % count),
      constant,
    );
  return {
    blocks: jointStates(above),
    highest: (block) => enter(block) + highestBelow(first),
    add: (block, shift) => {
      const weight = sumBelow(first, enter(block) - shift);
      const weights = below[first] as Float64Array;
      weights.fill(0, 0, startOf(first));
      above.forEach((_, node) => {
        weights[startOf(node) + (states[node] as number)] = weight;
      });
      above.forEach((_, node) => {
        giveBack(node, weights);
      });
      addRow(totals, 0, weights, 0, size);
      total += weight;
    },
    sums: () => ({
      total,
      nodes: nodeWeights(cardinalities.map((_, node) => totals.slice(startOf(node), startOf(node + 1)))),
      factors: factorWeights(results.map((result) => result())),
    }),
  };
}

/** Adds `count` numbers of one array to another. */
function addRow(to: Float64Array, at: number, from: Float64Array, start: number, count: number): void {
  for (let i = 0; i < count; i++) to[at + i] = (to[at + i] as number) + (from[start + i] as number);
}
