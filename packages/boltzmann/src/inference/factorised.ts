import type { FactorGraph } from '../graph/factor-graph.js';
import { cardinalitiesOf } from './check-graph.js';
import { statesOf } from './table.js';

/** Means of log-potentials under a product of distributions of the nodes. */
export interface Factorised {
  /** The mean log-potential of a factor. */
  readonly mean: (factor: number, q: readonly Float64Array[]) => number;
  /** Adds, for each state of one node of a factor, the mean log-potential given that state. */
  readonly addFields: (factor: number, node: number, q: readonly Float64Array[], fields: Float64Array) => void;
  /** The probability of each joint state of a factor: the product over its nodes. */
  readonly products: (factor: number, q: readonly Float64Array[]) => Float64Array;
}

/** Opens a graph for means under factorised distributions. A state of probability 0 counts nothing, also where impossible. */
export function factorised(graph: FactorGraph): Factorised {
  const shapes = new Map<string, readonly Int32Array[]>();
  const states = graph.factors.map(({ nodes }) => {
    const lengths = cardinalitiesOf(graph, nodes);
    const places = shapes.get(lengths.join()) ?? statesOf(lengths);
    shapes.set(lengths.join(), places);
    return places;
  });
  /** The product of the probabilities of all nodes of a factor but one. */
  const products = (factor: number, q: readonly Float64Array[], except?: number): Float64Array => {
    const { nodes, logPotential } = graph.factors[factor] as FactorGraph['factors'][number];
    const weights = new Float64Array(logPotential.length).fill(1);
    nodes.forEach((node, slot) => {
      if (node === except) return;
      const [p, place] = [q[node] as Float64Array, states[factor]?.[slot] as Int32Array];
      for (let i = 0; i < weights.length; i++) weights[i] = (weights[i] as number) * (p[place[i] as number] as number);
    });
    return weights;
  };
  return {
    products,
    mean: (factor, q) => {
      const { logPotential } = graph.factors[factor] as FactorGraph['factors'][number];
      return products(factor, q).reduce((sum, p, i) => (p === 0 ? sum : sum + p * (logPotential[i] as number)), 0);
    },
    addFields: (factor, node, q, fields) => {
      const { nodes, logPotential } = graph.factors[factor] as FactorGraph['factors'][number];
      const place = states[factor]?.[nodes.indexOf(node)] as Int32Array;
      products(factor, q, node).forEach((p, i) => {
        const state = place[i] as number;
        if (p !== 0) fields[state] = (fields[state] as number) + p * (logPotential[i] as number);
      });
    },
  };
}
