import { attributesText, type Graph, type GraphOperand, isVariable, numberText } from '@ebmkit/tensor';

/** The structure of a graph as text: graphs of one text are one program. Values of constants do not count, their types do. */
export function structureOf(graph: Graph): string {
  const numbers = new Map<number, number>();
  const declare = (v: { readonly id: number; readonly shape: readonly number[]; readonly dtype: string }): string => {
    numbers.set(v.id, numbers.size);
    return `${v.dtype}[${v.shape.join()}]`;
  };
  const use = (o: GraphOperand): string =>
    isVariable(o) ? `v${numbers.get(o.id)}` : `${numberText(o.literal)}:${o.dtype}`;
  const given = [...graph.inputs, ...graph.constants.map(({ variable }) => variable)].map(declare);
  const nodes = graph.nodes.map(({ primitive, inputs, attributes, output }) => {
    const operands = inputs.map(use);
    return `${primitive.name}(${operands.join()})${attributesText(attributes)}${declare(output)}`;
  });
  return [given.join(), ...nodes, graph.outputs.map(use).join()].join(';');
}
