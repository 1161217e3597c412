import { EbmError } from '@ebmkit/tensor';
import type { Factor, FactorGraph } from '../graph/factor-graph.js';
import { cardinalitiesOf, checkGraph, jointStates } from './check-graph.js';
import type { Evidence, Marginals } from './marginals.js';
import { placesOf, stridesOf } from './table.js';

/** The state that each clamped node has. */
function clampedStates(where: string, { cardinalities }: FactorGraph, evidence: Evidence): ReadonlyMap<number, number> {
  return new Map(
    Object.entries(evidence).map(([name, state]) => {
      const node = Number(name);
      const count = cardinalities[node];
      if (count === undefined || !Number.isInteger(state) || state < 0 || state >= count)
        throw new EbmError(
          'argument',
          `${where}: evidence must give nodes of the graph one of their states, got state ${state} for node ${name}${count === undefined ? '' : `, which has ${count} states`}. States are counted from 0.`,
        );
      return [node, state];
    }),
  );
}

/** For each entry of a factor without its clamped nodes, the entry of the whole factor. */
function entriesLeft(graph: FactorGraph, { nodes }: Factor, clamped: ReadonlyMap<number, number>): Int32Array {
  const strides = stridesOf(cardinalitiesOf(graph, nodes));
  const start = nodes.reduce((at, node, axis) => at + (clamped.get(node) ?? 0) * (strides[axis] as number), 0);
  const free = nodes.filter((node) => !clamped.has(node));
  const places = placesOf(
    cardinalitiesOf(graph, free),
    free.map((node) => strides[nodes.indexOf(node)] as number),
  );
  return places.map((place) => start + place);
}

/**
 * The model given the states of some nodes, $`p(x_{free} \mid x_{clamped})`$. Nodes keep their numbers; clamped ones are left
 * with one state and no factor. The log normaliser is then that of the sum over the states that agree with the evidence.
 *
 * @param graph - The model.
 * @param evidence - The states of the clamped nodes, by node.
 * @returns A smaller model.
 * @throws EbmError when the graph is not sound or a state does not exist.
 *
 * @example
 * ```ts
 * const given = clampNodes(graph, { 0: 1 }); // node 0 is in its second state
 * ```
 */
export function clampNodes(graph: FactorGraph, evidence: Evidence): FactorGraph {
  checkGraph('clampNodes', graph);
  return withoutClamped(graph, clampedStates('clampNodes', graph, evidence));
}

function withoutClamped(graph: FactorGraph, clamped: ReadonlyMap<number, number>): FactorGraph {
  return {
    cardinalities: graph.cardinalities.map((count, node) => (clamped.has(node) ? 1 : count)),
    factors: graph.factors.map((factor) => {
      if (!factor.nodes.some((node) => clamped.has(node))) return factor;
      const { nodes, logPotential } = factor;
      return {
        nodes: nodes.filter((node) => !clamped.has(node)),
        logPotential: Float64Array.from(entriesLeft(graph, factor, clamped), (entry) => logPotential[entry] as number),
      };
    }),
  };
}

/** A model with its evidence worked in, and the way back to all states. */
interface ClampedGraph {
  /** The model without what is known. */
  readonly graph: FactorGraph;
  /** The clamped nodes and their states. */
  readonly clamped: ReadonlyMap<number, number>;
  /** Marginals over all states of all nodes from those of the smaller model. */
  readonly restore: <T extends Omit<Marginals, 'logZ'>>(result: T) => T;
}

/** Checks a model and its evidence and works the evidence in. */
export function openGraph(where: string, graph: FactorGraph, evidence: Evidence = {}): ClampedGraph {
  checkGraph(where, graph);
  const clamped = clampedStates(where, graph, evidence);
  if (clamped.size === 0) return { graph, clamped, restore: (result) => result };
  return {
    graph: withoutClamped(graph, clamped),
    clamped,
    restore: (result) => ({
      ...result,
      marginals: result.marginals.map((p, node) => {
        const state = clamped.get(node);
        if (state === undefined) return p;
        const whole = new Float64Array(graph.cardinalities[node] as number);
        whole[state] = 1;
        return whole;
      }),
      factorMarginals: graph.factors.map((factor, index) => {
        const whole = new Float64Array(jointStates(cardinalitiesOf(graph, factor.nodes)));
        const part = result.factorMarginals[index] as Float64Array;
        entriesLeft(graph, factor, clamped).forEach((entry, i) => {
          whole[entry] = part[i] as number;
        });
        return whole;
      }),
    }),
  };
}
