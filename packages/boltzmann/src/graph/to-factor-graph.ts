import { read, type TensorData } from '@ebmkit/tensor';
import type { Factor, FactorGraph } from './factor-graph.js';
import type { GraphParameters } from './graph-parameters.js';
import type { InteractionGraph } from './interaction-graph.js';
import type { Form, LinearPart, Term } from './interaction-groups.js';
import { cardinalityOf, type NodeKind, valueOf } from './node-kind.js';
import { checkRows } from './parameter-rows.js';

/** What a term adds to the log-probability of a joint state of its nodes, `states` being those of bool and spin, then categorical nodes. */
function termAt(
  form: Form,
  term: Term,
  nodes: readonly NodeKind[],
  weights: TensorData,
  states: readonly number[],
): number {
  const categories = states.slice(term.binary.length);
  const weight = (at: number): number => weights[at] as number;
  if (form === 'equal') return categories.every((state) => state === categories[0]) ? weight(term.offset) : 0;
  const place = categories.reduce((at, state, i) => at + state * (term.strides[i] as number), term.offset);
  return term.binary.reduce(
    (product, node, i) => product * valueOf(nodes[node] as NodeKind, states[i] as number),
    weight(place),
  );
}

/** A term as a table over the joint states of its nodes, the last one fastest. */
function factorOf(form: Form, term: Term, kinds: readonly NodeKind[], weights: TensorData): Factor {
  const nodes = [...term.binary, ...term.categorical];
  const counts = nodes.map((node) => cardinalityOf(kinds[node] as NodeKind));
  const logPotential = Float64Array.from({ length: counts.reduce((a, b) => a * b, 1) }, (_, index) => {
    const states = new Array<number>(nodes.length);
    let rest = index;
    for (let i = nodes.length - 1; i >= 0; i--) {
      const count = counts[i] as number;
      states[i] = rest % count;
      rest = Math.floor(rest / count);
    }
    return termAt(form, term, kinds, weights, states);
  });
  return { nodes, logPotential };
}

/** The machine as tables of plain numbers: one factor for each bias and each interaction. */
export async function toFactorGraph(
  { nodes }: InteractionGraph,
  parts: Readonly<Record<'bias' | 'weight', LinearPart>>,
  params: GraphParameters,
): Promise<FactorGraph> {
  const factors: Factor[] = [];
  for (const part of ['bias', 'weight'] as const) {
    checkRows(`boltzmannMachine.factorGraph: ${part}`, parts[part].rows, params[part]);
    const weights = await read(params[part]);
    for (const { form, terms } of parts[part].groups)
      for (const term of terms) factors.push(factorOf(form, term, nodes, weights));
  }
  return { cardinalities: nodes.map(cardinalityOf), factors };
}
