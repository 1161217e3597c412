import { read, type TensorData } from '@ebmkit/tensor';
import type { Factor, FactorGraph } from './factor-graph.js';
import type { GraphParameters } from './graph-parameters.js';
import { type Interaction, type InteractionGraph, nodesOf } from './interaction-graph.js';
import type { LinearPart } from './interaction-groups.js';
import { cardinalityOf, isBinary, type NodeKind, valueOf } from './node-kind.js';
import { checkRows } from './parameter-rows.js';

/** The states of nodes in the joint state of a number, the last node fastest. */
function statesAt(index: number, counts: readonly number[]): number[] {
  const states = new Array<number>(counts.length);
  let rest = index;
  for (let i = counts.length - 1; i >= 0; i--) {
    const count = counts[i] as number;
    states[i] = rest % count;
    rest = Math.floor(rest / count);
  }
  return states;
}

/** An interaction as a table over the joint states of its nodes, in their order there; its own weights are those from `offset` on. */
function factorOf(interaction: Interaction, kinds: readonly NodeKind[], weights: TensorData, offset: number): Factor {
  const nodes = nodesOf(interaction);
  const members = nodes.map((node) => kinds[node] as NodeKind);
  const counts = members.map(cardinalityOf);
  const potentialOf = (states: readonly number[]): number => {
    if ('equal' in interaction) return states.every((state) => state === states[0]) ? (weights[offset] as number) : 0;
    let [product, place] = [1, 0];
    members.forEach((kind, i) => {
      const state = states[i] as number;
      if (isBinary(kind)) product *= valueOf(kind, state);
      else place = place * (counts[i] as number) + state;
    });
    return product * (weights[offset + place] as number);
  };
  const length = counts.reduce((a, b) => a * b, 1);
  return {
    nodes,
    logPotential: Float64Array.from({ length }, (_, index) => potentialOf(statesAt(index, counts))),
  };
}

/**
 * The machine as tables of plain numbers: one factor for the bias of each node in order, then one for each interaction as the graph lists them, its
 * nodes in the order that they have there.
 */
export async function toFactorGraph(
  { nodes, interactions }: InteractionGraph,
  parts: Readonly<Record<'bias' | 'weight', LinearPart>>,
  params: GraphParameters,
): Promise<FactorGraph> {
  const factorsOf = async (part: 'bias' | 'weight', members: readonly Interaction[]): Promise<Factor[]> => {
    const { rows } = parts[part];
    checkRows(`boltzmannMachine.factorGraph: ${part}`, rows, params[part]);
    const weights = await read(params[part]);
    return members.map((member, index) => factorOf(member, nodes, weights, rows.offsets[index] as number));
  };
  const biases = nodes.map((_, node) => [node]);
  return {
    cardinalities: nodes.map(cardinalityOf),
    factors: [...(await factorsOf('bias', biases)), ...(await factorsOf('weight', interactions))],
  };
}
