import type { Backend, BackendInput, Executable } from './backend.js';
import type { TensorType } from './dtype.js';
import { expandFallbacks } from './expand-fallbacks.js';
import { type Graph, type GraphNode, type GraphOperand, isVariable, type Variable } from './graph.js';
import { reshapePrimitive, toBackendInput } from './interpreter.js';
import type { Primitive } from './primitive.js';
import { free } from './scope.js';
import { eraseStops, simplify } from './simplify.js';
import type { Tensor } from './tensor.js';

/** A graph as a program whose results are handles, each new and owned by the caller. */
export interface HandleProgram {
  /** Computes all outputs from the values of the graph's inputs and then `constants`, into the given handles or new ones. */
  readonly run: Executable;
  /** The values of what the graph closed over; throws when one has been freed. */
  readonly constants: () => readonly BackendInput[];
  /** What they are. */
  readonly outputs: readonly TensorType[];
}

/** The same graph with every output computed by a node of its own: what was passed through, or given twice, becomes a copy. */
function withFreshOutputs(graph: Graph): Graph {
  const all = [
    ...graph.inputs,
    ...graph.constants.map(({ variable }) => variable),
    ...graph.nodes.map(({ output }) => output),
  ];
  let next = 1 + all.reduce((most, { id }) => Math.max(most, id), -1);
  const fresh = new Set(graph.nodes.map(({ output }) => output.id));
  const copies: GraphNode[] = [];
  const outputs = graph.outputs.map((o): GraphOperand => {
    if (!isVariable(o) || fresh.delete(o.id)) return o;
    const output = { ...o, id: next++ };
    copies.push({
      primitive: reshapePrimitive as unknown as Primitive,
      inputs: [o],
      attributes: { shape: o.shape },
      output,
    });
    return output;
  });
  return { ...graph, nodes: [...graph.nodes, ...copies], outputs };
}

/**
 * Compiles a graph whose outputs are tensors, for callers that pass results on without making tensors of them. The backend is
 * active and has a compiler.
 *
 * @param graph - From `traceFunction`.
 * @param backend - Who runs it.
 * @param owned - Gets the tensors that the program needs besides the constants of the graph.
 */
export function compileHandles(graph: Graph, backend: Backend, owned: Tensor[]): HandleProgram {
  const { graph: expanded, adopted } = expandFallbacks(eraseStops(graph), backend);
  try {
    const program = withFreshOutputs(simplify(expanded));
    const run = (backend.compile as NonNullable<Backend['compile']>)(program);
    const constants = program.constants.map(({ value }) => value);
    owned.push(...adopted);
    return {
      run,
      constants: () => constants.map((value) => toBackendInput('jitWhile', value)),
      outputs: (program.outputs as readonly Variable[]).map(({ shape, dtype }) => ({ shape, dtype }) as TensorType),
    };
  } catch (error) {
    free(adopted);
    throw error;
  }
}
