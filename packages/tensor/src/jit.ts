import { withBackend } from './active-backend.js';
import type { Backend } from './backend.js';
import { interpret } from './evaluate.js';
import { type Graph, isVariable } from './graph.js';
import { backendOf, innermostTrace, toBackendInput } from './interpreter.js';
import { isKey, type Key, symbolOf } from './key.js';
import { free, register, runScoped } from './scope.js';
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

function describeLeaf(leaf: unknown): string {
  if (isTensor(leaf)) return `${leaf.dtype}[${leaf.shape.join(',')}]`;
  if (isKey(leaf)) return 'key';
  return Object.is(leaf, -0) ? '-0' : `${typeof leaf} ${String(leaf)}`;
}

/** Equal signatures have one trace: structure, shapes, dtypes and the values of constants. */
function signatureOf(args: readonly unknown[]): string {
  return `${structureOf(args)} ${leavesOf(args).map(describeLeaf).join(';')}`;
}

/** Runs a graph through the backend's compiler; key results and results that are inputs are the host's part. */
function compileProgram(graph: Graph, backend: Backend, compile: NonNullable<Backend['compile']>): Program {
  const made = new Set(graph.nodes.filter(({ output }) => output.dtype !== 'key').map(({ output }) => output.id));
  const isDevice = (o: Graph['outputs'][number]): boolean => isVariable(o) && made.has(o.id);
  const device = [...new Set(graph.outputs.filter(isDevice).filter(isVariable))];
  const host = interpret(simplify({ ...graph, outputs: graph.outputs.filter((o) => !isDevice(o)) }));
  const executable = compile(simplify({ ...graph, outputs: device }));
  const constants = graph.constants.map(({ value }) => value);
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
  const program = compile && final.nodes.length > 0 ? compileProgram(final, backend, compile) : interpret(final);
  entry.programs.set(backend, program);
  return program;
}

/**
 * Traces a function once per signature (shapes, dtypes, structure, constants of its arguments) and runs the graph from
 * then on: as one compiled program where the backend has a compiler, otherwise op by op. The result equals that of the
 * plain function to the bit. `jit` nests with itself and with `grad` in either order.
 *
 * @param f - A synchronous, pure function of trees. Numbers, strings and booleans among its arguments are constants: each new value is a new trace.
 * @returns A function of the same type.
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
    return entry;
  };

  const call = (...args: A): R => {
    const inputs = inputsOf(args);
    const concrete = inputs.filter(isConcrete);
    const backend = backendOf('jit', concrete.filter(isTensor));
    const entry = entryFor(backend, args);
    const { graph, result } = entry.traced;
    const direct =
      concrete.length === inputs.length && !innermostTrace() && graph.constants.every(({ value }) => isConcrete(value));
    const run = direct ? programFor(entry, backend) : entry.inline;
    return runScoped(() => fillResult(result, run(inputs)) as R);
  };

  const clear = (): void => {
    for (const entries of cache.values()) for (const { traced } of entries.values()) free(traced.adopted);
    cache.clear();
  };
  return Object.assign(call, { clear });
}
