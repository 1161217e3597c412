import { withBackend } from './active-backend.js';
import type { Backend, BackendInput, Executable, Handle } from './backend.js';
import { interpret } from './evaluate.js';
import { type Graph, type GraphOperand, isVariable, type Variable } from './graph.js';
import { toBackendInput } from './interpreter.js';
import type { Key } from './key.js';
import { register } from './scope.js';
import { simplify } from './simplify.js';
import { makeConcrete, type Tensor } from './tensor.js';

/** Computes the outputs of a graph from its inputs, which are concrete. */
export interface Program {
  /** Computes them. */
  readonly run: (inputs: readonly (Tensor | Key)[]) => readonly (Tensor | Key)[];
  /** Whether every tensor that it makes is among the outputs, and nothing can fail once one is made: it then needs no scope. */
  readonly isTidy: boolean;
}

/** The outputs that a compiled program computes: all but keys, literals, and inputs and constants that are passed through. */
export function computedOutputs({ nodes, outputs }: Graph): readonly Variable[] {
  const made = new Set(nodes.filter(({ output }) => output.dtype !== 'key').map(({ output }) => output.id));
  const computed = outputs.filter(isVariable).filter(({ id }) => made.has(id));
  return [...new Map(computed.map((variable) => [variable.id, variable])).values()];
}

/** How an output comes about: from the program or the host by number, or from an input or a constant that is passed through. */
type Source = (
  inputs: readonly (Tensor | Key)[],
  made: readonly Tensor[],
  host: readonly (Tensor | Key)[],
) => Tensor | Key;

/** Runs a graph through the backend's compiler; outputs that are not computed there are the host's part. */
export function compileProgram(graph: Graph, backend: Backend, compile: (graph: Graph) => Executable): Program {
  const device = computedOutputs(graph);
  const program = simplify({ ...graph, outputs: device });
  const executable = compile(program);
  const constants = program.constants.map(({ value }) => value);
  const hostOutputs: GraphOperand[] = [];

  const sourceOf = (o: GraphOperand): Source => {
    const id = isVariable(o) ? o.id : -1;
    const at = device.findIndex((variable) => variable.id === id);
    if (at >= 0) return (_, made) => made[at] as Tensor;
    const input = graph.inputs.findIndex((variable) => variable.id === id);
    if (input >= 0) return (inputs) => inputs[input] as Tensor | Key;
    const constant = graph.constants.find(({ variable }) => variable.id === id);
    if (constant) return () => constant.value;
    const place = hostOutputs.push(o) - 1;
    return (_, __, host) => host[place] as Tensor | Key;
  };
  const sources = graph.outputs.map(sourceOf);
  const host = hostOutputs.length > 0 ? interpret(simplify({ ...graph, outputs: hostOutputs })) : undefined;

  const run = (inputs: readonly (Tensor | Key)[]): readonly (Tensor | Key)[] => {
    const operands: BackendInput[] = [];
    for (const input of inputs) operands.push(toBackendInput('jit', input));
    for (const value of constants) operands.push(toBackendInput('jit', value));
    const handles = withBackend(backend, () => executable(operands));
    const made: Tensor[] = [];
    for (let i = 0; i < device.length; i++) {
      const { shape, dtype } = device[i] as Variable;
      made.push(register(makeConcrete(shape, dtype as Tensor['dtype'], backend, handles[i] as Handle)));
    }
    const rest = host ? withBackend(backend, () => host(inputs)) : [];
    const outputs: (Tensor | Key)[] = [];
    for (const source of sources) outputs.push(source(inputs, made, rest));
    return outputs;
  };
  return { run, isTidy: hostOutputs.every(isVariable) };
}
