import { type Graph, type GraphOperand, isVariable } from './graph.js';
import { apply } from './interpreter.js';
import { childOf, isKey, type Key } from './key.js';
import { full } from './ops/creation.js';
import type { Operand } from './primitive.js';
import { free, isFreeing } from './scope.js';
import { isTensor, type Tensor } from './tensor.js';

/** For each node, the variables that no later node and no output reads. */
function lastUses(graph: Graph): readonly (readonly number[])[] {
  const later = new Set<number>();
  const note = (o: GraphOperand): void => {
    if (isVariable(o)) later.add(o.id);
  };
  graph.outputs.forEach(note);
  for (const v of graph.inputs) later.add(v.id);
  for (const { variable } of graph.constants) later.add(variable.id);
  const uses: number[][] = [];
  for (const node of graph.nodes.toReversed()) {
    const dying = node.inputs.filter((o) => isVariable(o) && !later.has(o.id)) as { id: number }[];
    uses.push([...new Set(dying.map(({ id }) => id))]);
    node.inputs.forEach(note);
  }
  return uses.reverse();
}

/**
 * Prepares a graph for running op by op. Each intermediate tensor is freed after its last use.
 *
 * @param graph - From `traceFunction`.
 * @returns A function from the values of the graph's inputs to the values of its outputs.
 */
export function interpret(graph: Graph): (inputs: readonly (Tensor | Key)[]) => (Tensor | Key)[] {
  const dying = lastUses(graph);
  return (inputs) => {
    const values = new Map<number, Tensor | Key>();
    graph.inputs.forEach((v, i) => {
      values.set(v.id, inputs[i] as Tensor | Key);
    });
    for (const { variable, value } of graph.constants) values.set(variable.id, value);
    const valueOf = (o: GraphOperand): Operand => (isVariable(o) ? (values.get(o.id) as Operand) : o);
    graph.nodes.forEach(({ primitive, inputs: operands, attributes, output }, i) => {
      const args = operands.map(valueOf);
      const [first] = args;
      if (output.dtype === 'key') {
        const { index } = attributes as { index: number };
        values.set(output.id, childOf(first as Key, index, primitive.name as 'split' | 'fold'));
      } else values.set(output.id, apply(primitive, args, attributes));
      for (const id of dying[i] as readonly number[]) {
        const value = values.get(id);
        if (isFreeing() && isTensor(value)) free(value);
        values.delete(id);
      }
    });
    return graph.outputs.map((o) => {
      const value = valueOf(o);
      return isTensor(value) || isKey(value) ? value : full([], value.literal, value.dtype);
    });
  };
}
