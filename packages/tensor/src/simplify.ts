import {
  attributesText,
  type Graph,
  type GraphNode,
  type GraphOperand,
  isVariable,
  numberText,
  type Variable,
} from './graph.js';

/** The identity of a node: equal strings compute equal values, because every operation is pure. */
function fingerprint(node: GraphNode, operand: (o: GraphOperand) => GraphOperand): string {
  const inputs = node.inputs.map((input) => {
    const o = operand(input);
    return isVariable(o) ? `v${o.id}` : `l${numberText(o.literal)}:${o.dtype}`;
  });
  return `${node.primitive.name}|${inputs.join(',')}|${attributesText(node.attributes)}`;
}

/** Computes equal expressions once. */
function shareCommon(graph: Graph): Graph {
  const replaced = new Map<number, Variable>();
  const seen = new Map<string, GraphNode>();
  const operand = (o: GraphOperand): GraphOperand => (isVariable(o) ? (replaced.get(o.id) ?? o) : o);
  const nodes: GraphNode[] = [];
  for (const node of graph.nodes) {
    const print = fingerprint(node, operand);
    const twin = seen.get(print);
    if (twin && twin.primitive === node.primitive) {
      replaced.set(node.output.id, twin.output);
      continue;
    }
    const kept = { ...node, inputs: node.inputs.map(operand) };
    seen.set(print, kept);
    nodes.push(kept);
  }
  return { ...graph, nodes, outputs: graph.outputs.map(operand) };
}

/** Drops what no output needs. */
function dropDead(graph: Graph): Graph {
  const needed = new Set<number>();
  const need = (o: GraphOperand): void => {
    if (isVariable(o)) needed.add(o.id);
  };
  graph.outputs.forEach(need);
  const nodes: GraphNode[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!needed.has(node.output.id)) continue;
    node.inputs.forEach(need);
    nodes.push(node);
  }
  return {
    ...graph,
    nodes: nodes.reverse(),
    constants: graph.constants.filter(({ variable }) => needed.has(variable.id)),
  };
}

/**
 * Removes repeated and unused work from a graph. Nothing is reordered or rewritten, so every number stays the same to the bit.
 *
 * @param graph - Any graph.
 * @returns An equal graph that computes each value once, and only if an output needs it.
 */
export function simplify(graph: Graph): Graph {
  return dropDead(shareCommon(graph));
}

/**
 * Removes `stopGradient`, which does nothing to numbers, so that what it kept apart can be shared. Only for graphs that
 * will not be differentiated any more.
 *
 * @param graph - A graph about to be run.
 * @returns An equal graph without `stopGradient`.
 */
export function eraseStops(graph: Graph): Graph {
  const source = new Map<number, GraphOperand>();
  const operand = (o: GraphOperand): GraphOperand => (isVariable(o) ? (source.get(o.id) ?? o) : o);
  const nodes: GraphNode[] = [];
  for (const node of graph.nodes) {
    const inputs = node.inputs.map(operand);
    if (node.primitive.name === 'stopGradient') source.set(node.output.id, inputs[0] as GraphOperand);
    else nodes.push({ ...node, inputs });
  }
  return simplify({ ...graph, nodes, outputs: graph.outputs.map(operand) });
}
