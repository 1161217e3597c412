import { activeBackend, withBackend } from './active-backend.js';
import { type ArgumentPattern, patternOf } from './argument-pattern.js';
import type { Backend, Executable } from './backend.js';
import { compileProgram, computedOutputs, type Program } from './compiled-program.js';
import { EbmError } from './errors.js';
import { interpret } from './evaluate.js';
import { expandFallbacks } from './expand-fallbacks.js';
import { type Graph, numberText } from './graph.js';
import { backendOf, homeOf, innermostTrace } from './interpreter.js';
import { isKey, type Key, symbolOf } from './key.js';
import { buildResult, type ResultBuilder } from './result-tree.js';
import { enrol, free, runScoped } from './scope.js';
import { eraseStops, simplify } from './simplify.js';
import { isTensor, type Tensor, tensorTag } from './tensor.js';
import { inputsOf, type Traced, traceFunction } from './trace.js';
import { leavesOf, structureOf } from './tree.js';

type Value = Tensor | Key;

/** A trace and what was made of it. */
interface Entry {
  readonly traced: Traced;
  readonly build: ResultBuilder;
  /** Tensors that the trace and its programs need. */
  readonly owned: Tensor[];
  readonly inline: Program;
  readonly programs: Map<Backend, Program>;
}

/** Arguments that were seen not long ago and the program that runs for them. */
interface Recent {
  readonly pattern: ArgumentPattern;
  readonly backend: Backend;
  readonly program: Program;
  readonly build: ResultBuilder;
}

/** How many signatures are looked for without writing them out. */
const mostRecent = 4;

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
  if (typeof leaf === 'number') return numberText(leaf);
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

function interpreted(graph: Graph): Program {
  return { run: interpret(graph), isTidy: false };
}

function computesAnything(graph: Graph): boolean {
  return computedOutputs(graph).length > 0;
}

/** Compiles a graph once nothing is in it that the backend does not implement; what was uploaded for that is the entry's. */
function compileEntry(
  { owned }: Entry,
  graph: Graph,
  backend: Backend,
  compile: (graph: Graph) => Executable,
): Program {
  const { graph: expanded, adopted } = expandFallbacks(graph, backend);
  try {
    const known = simplify(expanded);
    const program = computesAnything(known) ? compileProgram(known, backend, compile) : interpreted(known);
    owned.push(...adopted);
    return program;
  } catch (error) {
    free(adopted);
    throw error;
  }
}

function programFor(entry: Entry, backend: Backend): Program {
  const known = entry.programs.get(backend);
  if (known) return known;
  const { compile } = backend;
  const final = eraseStops(entry.traced.graph);
  const program =
    compile && computesAnything(final) ? compileEntry(entry, final, backend, compile) : interpreted(final);
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
  let recent: Recent[] = [];

  const traceOn = (backend: Backend, args: A): Entry => {
    const traced = withBackend(backend, () => traceFunction(f as unknown as (...args: never[]) => unknown, args));
    const { graph, result, adopted } = traced;
    return { traced, build: buildResult(result), owned: [...adopted], inline: interpreted(graph), programs: new Map() };
  };

  const entryFor = (backend: Backend, args: A): Entry => {
    const entries = cache.get(backend) ?? new Map<string, Entry>();
    cache.set(backend, entries);
    const signature = signatureOf(args);
    const known = entries.get(signature);
    if (known) return known;
    const entry = traceOn(backend, args);
    if (entry.traced.graph.constants.every(({ value }) => isConcrete(value))) entries.set(signature, entry);
    else handOver(entry.owned);
    return entry;
  };

  const remember = (args: A, backend: Backend, program: Program, build: ResultBuilder): void => {
    recent = [{ pattern: patternOf(args, backend), backend, program, build }, ...recent].slice(0, mostRecent);
  };

  const callAnew = (args: A): R => {
    const inputs = inputsOf(args);
    const concrete = inputs.filter(isConcrete);
    const backend = homeOf(inputs.filter(isTensor)) ?? backendOf('jit', concrete);
    const run = (): R => {
      const entry = entryFor(backend, args);
      const { traced, inline, build } = entry;
      const isDirect = concrete.length === inputs.length && !innermostTrace();
      const isFixed = isDirect && traced.graph.constants.every(({ value }) => isConcrete(value));
      const program = isFixed ? programFor(entry, backend) : inline;
      const result = build(program.run(inputs)) as R;
      if (isFixed) remember(args, backend, program, build);
      return result;
    };
    return runScoped(() => withBackend(backend, run));
  };

  const call = (...args: A): R => {
    if (!innermostTrace())
      for (const { pattern, backend, program, build } of recent) {
        const inputs: Value[] = [];
        if (!pattern(args, inputs) || (!inputs.some(isTensor) && backend !== activeBackend())) continue;
        if (program.isTidy) return build(program.run(inputs)) as R;
        return runScoped(() => withBackend(backend, () => build(program.run(inputs)) as R));
      }
    return callAnew(args);
  };

  const clear = (): void => {
    for (const entries of cache.values()) for (const { owned } of entries.values()) free(owned);
    cache.clear();
    recent = [];
  };
  return Object.assign(call, { clear });
}
