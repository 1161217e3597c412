import type { Backend } from './backend.js';
import type { Graph, GraphConstant, GraphNode, GraphOperand, Variable } from './graph.js';
import { isVariable } from './graph.js';
import { applyFallback, isNative } from './interpreter.js';
import { type Key, keyFromWords } from './key.js';
import type { Operand } from './primitive.js';
import { free } from './scope.js';
import { eraseStops } from './simplify.js';
import { makeTensor, type Tensor } from './tensor.js';
import { type Traced, traceFunction } from './trace.js';

/** A graph without custom primitives and the tensors that it needs besides those of the graph that it was made from. */
export interface Expanded {
  /** The graph. */
  readonly graph: Graph;
  /** Tensors that fallbacks uploaded. */
  readonly adopted: readonly Tensor[];
}

/** Something of the type of a variable, for tracing: its numbers are never looked at. */
export function standIn({ shape, dtype }: Variable, backend: Backend): Tensor | Key {
  if (dtype === 'key') return keyFromWords(0, 0);
  return makeTensor(shape, dtype, {
    kind: 'concrete',
    backend,
    handle: undefined,
    scope: undefined,
    place: -1,
    keptAt: 0,
  });
}

/** The fallback of a node as a graph whose inputs are the variables among the node's operands, in order. */
function traceFallback({ primitive, inputs, attributes, output }: GraphNode, backend: Backend): Traced {
  const type = { shape: output.shape, dtype: output.dtype as Tensor['dtype'] };
  const operands = inputs.map((o) => (isVariable(o) ? standIn(o, backend) : o));
  return traceFunction((...given: readonly Operand[]) => applyFallback(primitive, given, attributes, type), operands);
}

/**
 * Replaces every operation that a backend does not run in one piece by the operations of its fallback, also within fallbacks. To be called
 * with the backend active, on a graph without `stopGradient`.
 *
 * @param graph - A graph about to be compiled.
 * @param backend - Who is to run it.
 * @returns An equal graph of operations that the backend runs, and what now belongs to whoever keeps it.
 * @throws BackendError when an operation has no fallback.
 */
export function expandFallbacks(graph: Graph, backend: Backend): Expanded {
  const isForeign = ({ primitive, output }: GraphNode): boolean =>
    output.dtype !== 'key' && !isNative(primitive, backend);
  if (!graph.nodes.some(isForeign)) return { graph, adopted: [] };
  const adopted: Tensor[] = [];
  const nodes: GraphNode[] = [];
  const constants: GraphConstant[] = [...graph.constants];
  const known = new Map(constants.map(({ variable, value }) => [value, variable]));
  const all = [
    ...graph.inputs,
    ...constants.map(({ variable }) => variable),
    ...graph.nodes.map(({ output }) => output),
  ];
  let next = 1 + all.reduce((most, { id }) => Math.max(most, id), -1);
  const constantFor = (value: Tensor | Key, { shape, dtype }: Variable): Variable => {
    const variable = known.get(value) ?? { id: next++, shape, dtype };
    if (!known.has(value)) {
      known.set(value, variable);
      constants.push({ variable, value });
    }
    return variable;
  };

  /** Appends the nodes of a graph, whose values have other names here, and gives the names of its outputs. */
  const append = (part: Graph, names: Map<number, GraphOperand>): readonly GraphOperand[] => {
    const operand = (o: GraphOperand): GraphOperand => (isVariable(o) ? (names.get(o.id) ?? o) : o);
    for (const node of part.nodes) {
      const inputs = node.inputs.map(operand);
      if (isForeign(node)) names.set(node.output.id, expand({ ...node, inputs }));
      else {
        const output = part === graph ? node.output : { ...node.output, id: next++ };
        names.set(node.output.id, output);
        nodes.push({ ...node, inputs, output });
      }
    }
    return part.outputs.map(operand);
  };

  const expand = (node: GraphNode): GraphOperand => {
    const traced = traceFallback(node, backend);
    adopted.push(...traced.adopted);
    const part = eraseStops(traced.graph);
    const given = node.inputs.filter(isVariable);
    const names = new Map<number, GraphOperand>(part.inputs.map(({ id }, i) => [id, given[i] as Variable]));
    for (const { variable, value } of part.constants) names.set(variable.id, constantFor(value, variable));
    return append(part, names)[0] as GraphOperand;
  };

  try {
    const outputs = append(graph, new Map());
    return { graph: { inputs: graph.inputs, constants, nodes, outputs }, adopted };
  } catch (error) {
    free(adopted);
    throw error;
  }
}
