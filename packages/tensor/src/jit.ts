import { withBackend } from './active-backend.js';
import type { Backend } from './backend.js';
import { EbmError } from './errors.js';
import { interpret } from './evaluate.js';
import { type Graph, type GraphOperand, isVariable, type Variable } from './graph.js';
import { backendOf, homeOf, innermostTrace, toBackendInput } from './interpreter.js';
import { isKey, type Key, symbolOf } from './key.js';
import { enrol, free, register, runScoped } from './scope.js';
import { eraseStops, simplify } from './simplify.js';
import { isTensor, makeTensor, type Tensor, tensorTag } from './tensor.js';
import { fillResult, inputsOf, type Traced, traceFunction } from './trace.js';
import { leavesOf, structureOf } from './tree.js';

type Value = Tensor | Key;
type Program = (inputs: readonly Value[]) => readonly Value[];

interface Entry {
  readonly traced: Traced;
  readonly inline: Program;
  readonly programs: Map<Backend, Program>;
}

/** A function that `jit` made. */
export type Jitted<F> = F & {
  /** Forgets every trace and frees the tensors that were made while tracing. The function stays usable. */
  readonly clear: () => void;
};

function isConcrete(value: Value): boolean {
  return isKey(value) ? symbolOf(value) === undefined : value[tensorTag].kind === 'concrete';
}

/** Leaves that one trace serves have one description; constants are described by their value. */
function describeLeaf(leaf: unknown): string {
  if (isTensor(leaf)) return `${leaf.dtype}[${leaf.shape.join(',')}]`;
  if (isKey(leaf)) return 'key';
  if (typeof leaf === 'string') return JSON.stringify(leaf);
  if (typeof leaf === 'number') return Object.is(leaf, -0) ? '-0' : String(leaf);
  if (typeof leaf === 'boolean' || leaf === undefined || leaf === null) return String(leaf);
  throw new EbmError(
    'argument',
    `jit: arguments must be trees of tensors, keys, numbers, strings and booleans, got ${kindOf(leaf)}. Let the function close over it instead.`,
  );
}

function kindOf(leaf: unknown): string {
  if (typeof leaf !== 'object' || leaf === null) return `a ${typeof leaf}`;
  return `an instance of ${leaf.constructor.name}`;
}

/** Equal signatures have one trace: structure, shapes, dtypes and the values of constants. */
function signatureOf(args: readonly unknown[]): string {
  return `${structureOf(args)} ${leavesOf(args).map(describeLeaf).join(';')}`;
}

/** The outputs that a compiled program computes: all but keys, literals, and inputs and constants that are passed through. */
function computedOutputs({ nodes, outputs }: Graph): readonly Variable[] {
  const made = new Set(nodes.filter(({ output }) => output.dtype !== 'key').map(({ output }) => output.id));
  const computed = outputs.filter(isVariable).filter(({ id }) => made.has(id));
  return [...new Map(computed.map((variable) => [variable.id, variable])).values()];
}

/** Runs a graph through the backend's compiler; outputs that are not computed there are the host's part. */
function compileProgram(graph: Graph, backend: Backend, compile: NonNullable<Backend['compile']>): Program {
  const device = computedOutputs(graph);
  const isDevice = (o: GraphOperand): boolean => isVariable(o) && device.some(({ id }) => id === o.id);
  const host = interpret(simplify({ ...graph, outputs: graph.outputs.filter((o) => !isDevice(o)) }));
  const program = simplify({ ...graph, outputs: device });
  const executable = compile(program);
  const constants = program.constants.map(({ value }) => value);
  return (inputs) => {
    const handles = executable([...inputs, ...constants].map((value) => toBackendInput('jit', value)));
    const byId = new Map(
      device.map((v, i) => [
        v.id,
        register(
          makeTensor(v.shape, v.dtype as Tensor['dtype'], { kind: 'concrete', backend, handle: handles[i] as object }),
        ),
      ]),
    );
    const rest = host(inputs);
    let next = 0;
    return graph.outputs.map((o) => (isVariable(o) && byId.get(o.id)) || (rest[next++] as Value));
  };
}

function programFor(entry: Entry, backend: Backend): Program {
  const known = entry.programs.get(backend);
  if (known) return known;
  const { graph } = entry.traced;
  const { compile } = backend;
  const final = eraseStops(graph);
  const isWorthCompiling = computedOutputs(final).length > 0;
  const program = compile && isWorthCompiling ? compileProgram(final, backend, compile) : interpret(final);
  entry.programs.set(backend, program);
  return program;
}

/** Gives tensors that were uploaded for a trace that is not kept to whoever needs them now: an outer trace, or the scope. */
function handOver(adopted: readonly Tensor[]): void {
  const outer = innermostTrace();
  for (const tensor of adopted) {
    if (outer?.adopt) outer.adopt(tensor);
    else enrol(tensor);
  }
}

/**
 * Traces a function once per signature (shapes, dtypes, structure, constants of its arguments) and runs the graph from
 * then on: as one compiled program where the backend has a compiler, otherwise op by op. The result equals that of the
 * plain function to the bit, and equal results may be one tensor. `jit` nests with itself and with `grad` in either order.
 *
 * @param f - A synchronous, pure function of trees. Numbers, strings and booleans among its arguments are constants: each new value is a new trace.
 * @returns A function of the same type.
 * @throws EbmError when an argument holds something that is no tree, such as a function or a typed array.
 *
 * @example
 * ```ts
 * const step = jit((x: Tensor, k: Key) => add(x, normal(k, x.shape)));
 * ```
 */
export function jit<A extends readonly unknown[], R>(f: (...args: A) => R): Jitted<(...args: A) => R> {
  const cache = new Map<Backend, Map<string, Entry>>();

  const traceOn = (backend: Backend, args: A): Entry => {
    const traced = withBackend(backend, () => traceFunction(f as unknown as (...args: never[]) => unknown, args));
    return { traced, inline: interpret(traced.graph), programs: new Map() };
  };

  const entryFor = (backend: Backend, args: A): Entry => {
    const entries = cache.get(backend) ?? new Map<string, Entry>();
    cache.set(backend, entries);
    const signature = signatureOf(args);
    const known = entries.get(signature);
    if (known) return known;
    const entry = traceOn(backend, args);
    if (entry.traced.graph.constants.every(({ value }) => isConcrete(value))) entries.set(signature, entry);
    else handOver(entry.traced.adopted);
    return entry;
  };

  const call = (...args: A): R => {
    const inputs = inputsOf(args);
    const concrete = inputs.filter(isConcrete);
    const backend = homeOf(inputs.filter(isTensor)) ?? backendOf('jit', concrete);
    const run = (): R => {
      const entry = entryFor(backend, args);
      const { graph, result } = entry.traced;
      const isDirect = concrete.length === inputs.length && !innermostTrace();
      const program =
        isDirect && graph.constants.every(({ value }) => isConcrete(value)) ? programFor(entry, backend) : entry.inline;
      return fillResult(result, program(inputs)) as R;
    };
    return runScoped(() => withBackend(backend, run));
  };

  const clear = (): void => {
    for (const entries of cache.values()) for (const { traced } of entries.values()) free(traced.adopted);
    cache.clear();
  };
  return Object.assign(call, { clear });
}
