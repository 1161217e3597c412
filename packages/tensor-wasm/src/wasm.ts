import {
  type Backend,
  BackendError,
  type BackendInput,
  type DType,
  type Executable,
  type Graph,
  type Handle,
  primitiveNames,
  type TensorData,
  type TensorType,
} from '@ebmkit/tensor';
import { bytesOf, lower } from './compiler/lower.js';
import { structureOf } from './compiler/structure.js';
import { sizeOf } from './compiler/view.js';
import { singleOperation } from './eager.js';
import { isMap } from './fused/map-operations.js';
import { makeRules } from './kernels/rules.js';
import type { KernelRule } from './kernels/step-kernel.js';
import { probeFeatures } from './machine/features.js';
import type { StoredNumbers } from './machine/handle.js';
import { type Heap, makeHeap } from './machine/heap.js';
import { makeMachine, type Program } from './machine/machine.js';
import { startThreads } from './machine/thread-pool.js';
import { availableThreads, canShareMemory } from './machine/workers.js';
import { outputsOf } from './outputs.js';

/** How to set up the compiled backend. */
export interface WasmOptions {
  /**
   * Whether to give the same bits on every machine: fused multiply-add, which machines round differently, is then left out, at
   * about a fifth of the speed of draws and products. False unless given.
   */
  readonly deterministic?: boolean;
  /**
   * How many threads work together, the calling one included. Unless given, one for each processor where threads can share memory
   * (Node, and pages that are isolated by COOP and COEP), at most 8, and 1 elsewhere. Results are the same for any number.
   */
  readonly threads?: number;
  /** The most memory that tensors may take, in bytes; unless given, 4 GiB or as much of it as the machine promises. */
  readonly maxMemory?: number;
}

/** The compiled backend. */
export interface WasmBackend extends Backend {
  /** How many threads work together. */
  readonly threads: number;
  /** Whether fused multiply-add is used. */
  readonly fused: boolean;
  /** Ends the other threads, if there are any. The backend stays usable, on the calling thread alone. */
  readonly close: () => void;
}

/** Compiled programs that are kept for graphs of the same structure. */
const keptPrograms = 512;

/** A map that forgets what was put in first when it grows too large. */
function bounded<V extends { readonly release: () => void }>(
  limit: number,
): Map<string, V> & { readonly keep: (name: string, value: V) => V } {
  const map = new Map<string, V>();
  const keep = (name: string, value: V): V => {
    map.set(name, value);
    if (map.size > limit) {
      const [first] = map.keys();
      map.get(first as string)?.release();
      map.delete(first as string);
    }
    return value;
  };
  return Object.assign(map, { keep });
}

function makeBackend(
  heap: Heap,
  rules: Readonly<Record<string, KernelRule>>,
  machine: ReturnType<typeof makeMachine>,
): Backend {
  const used = { handles: 0, bytes: 0 };
  const operations = bounded<Program>(4 * keptPrograms);
  const graphs = new Map<string, { readonly program: Program; readonly executable: Executable }>();

  const own = (bytes: number): StoredNumbers => {
    const address = heap.allocate(bytes);
    used.handles++;
    used.bytes += bytes;
    return { address, bytes };
  };

  const disown = ({ address, bytes }: StoredNumbers): void => {
    used.handles--;
    used.bytes -= bytes;
    heap.release(address, bytes);
  };

  /** Room for all results, or for none of them. */
  const ownAll = (sizes: readonly number[]): StoredNumbers[] => {
    const owned: StoredNumbers[] = [];
    try {
      for (const bytes of sizes) owned.push(own(bytes));
      return owned;
    } catch (error) {
      owned.forEach(disown);
      throw error;
    }
  };

  /** Gives a program its arguments, runs it, and hands out the results. */
  const execute = (program: Program, inputs: readonly BackendInput[], sizes: readonly number[]): StoredNumbers[] => {
    const { block } = program;
    const results = ownAll(sizes);
    const words = heap.words();
    const base = block.address / 4;
    let key = base + block.keys;
    for (let i = 0; i < inputs.length; i++) {
      const input = inputs[i] as BackendInput;
      if (input.kind === 'tensor') words[base + i] = (input.handle as StoredNumbers).address;
      else if (input.kind === 'key') {
        words[key++] = input.words[0];
        words[key++] = input.words[1];
      }
    }
    for (let i = 0; i < results.length; i++) words[base + block.outputs + i] = (results[i] as StoredNumbers).address;
    program.run();
    return results;
  };

  const typed = (address: number, length: number, dtype: DType): Float32Array | Int32Array | Uint8Array => {
    const { buffer } = heap.bytes();
    if (dtype === 'bool') return new Uint8Array(buffer, address, length);
    return dtype === 'int32' ? new Int32Array(buffer, address, length) : new Float32Array(buffer, address, length);
  };

  /** Literals of an eager operation become arguments, so that a new number is no new program. */
  const lend = (
    inputs: readonly BackendInput[],
  ): { readonly inputs: readonly BackendInput[]; readonly end: () => void } => {
    if (!inputs.some(({ kind }) => kind === 'literal')) return { inputs, end: () => undefined };
    const lent: StoredNumbers[] = [];
    const all = inputs.map((input): BackendInput => {
      if (input.kind !== 'literal') return input;
      const handle = { address: heap.allocate(4), bytes: 4 };
      lent.push(handle);
      typed(handle.address, 1, input.dtype)[0] = input.dtype === 'bool' ? Number(input.value !== 0) : input.value;
      return { kind: 'tensor', handle, shape: [], dtype: input.dtype };
    });
    return {
      inputs: all,
      end: () => {
        for (const { address, bytes } of lent) heap.release(address, bytes);
      },
    };
  };

  const run: Backend['run'] = (primitive, inputs, attributes, output) => {
    const { text, graph } = singleOperation(primitive, inputs, attributes, output);
    const program = operations.get(text) ?? operations.keep(text, machine.compile(lower(graph(), rules)));
    const { inputs: numbers, end } = lend(inputs);
    try {
      return execute(program, numbers, [sizeOf(output.shape) * bytesOf(output.dtype)])[0] as Handle;
    } finally {
      end();
    }
  };

  const compiled = (graph: Graph): { readonly program: Program; readonly executable: Executable } => {
    const structure = structureOf(graph);
    const known = graphs.get(structure);
    if (known) return known;
    const program = machine.compile(lower(graph, rules));
    const sizes = outputsOf(graph);
    const made = { program, executable: (inputs: readonly BackendInput[]) => execute(program, inputs, sizes) };
    graphs.set(structure, made);
    if (graphs.size > keptPrograms) graphs.delete([...graphs.keys()][0] as string);
    return made;
  };

  const readSync = (handle: Handle, { shape, dtype }: TensorType): TensorData => {
    const { address } = handle as StoredNumbers;
    const length = sizeOf(shape);
    const copy =
      dtype === 'bool' ? new Uint8Array(length) : dtype === 'int32' ? new Int32Array(length) : new Float32Array(length);
    copy.set(typed(address, length, dtype));
    return copy;
  };

  return {
    name: 'wasm',
    precision: 'float32',
    implements: (primitive) =>
      isMap(primitive) || Object.hasOwn(rules, primitive) || primitiveNames.includes(primitive),
    upload: (data, { dtype }) => {
      const handle = own(data.length * bytesOf(dtype));
      typed(handle.address, data.length, dtype).set(data);
      return handle;
    },
    read: (handle, type) => Promise.resolve(readSync(handle, type)),
    readSync,
    free: (handle) => disown(handle as StoredNumbers),
    run,
    compile: (graph) => compiled(graph).executable,
    explain: (graph) => compiled(graph).program.explain(),
    memory: () => ({ ...used }),
  };
}

/** Threads beyond this many gain nothing on the sizes that were measured. */
const mostThreads = 8;

/** The number of threads that was asked for, or that suits the machine. */
function chooseThreads(wanted: number | undefined): number {
  if (wanted === undefined) return canShareMemory() ? Math.min(mostThreads, availableThreads()) : 1;
  if (!Number.isInteger(wanted) || wanted < 1)
    throw new BackendError(`wasm: threads must be a whole number above 0, got ${wanted}.`);
  if (wanted > 1 && !canShareMemory())
    throw new BackendError(
      'wasm: threads cannot share memory here. Serve the page with Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp, or leave out threads.',
    );
  return wanted;
}

/**
 * Makes the compiled backend: graphs become fused WebAssembly SIMD programs, written while the page or process runs. It needs no
 * installation, no file and no build step, and works in Node and in browsers.
 *
 * @param options - Determinism and limits.
 * @returns A backend for `useBackend`.
 * @throws BackendError where WebAssembly SIMD is missing or memory is refused.
 *
 * @example
 * ```ts
 * await useBackend(wasm());
 * ```
 */
export async function wasm(options: WasmOptions = {}): Promise<WasmBackend> {
  const { deterministic = false, maxMemory } = options;
  if (maxMemory !== undefined && !(maxMemory >= 2 ** 24 && maxMemory <= 2 ** 32))
    throw new BackendError(`wasm: maxMemory must be from 16 MiB to 4 GiB in bytes, got ${maxMemory}.`);
  const features = probeFeatures(deterministic);
  const threads = chooseThreads(options.threads);
  // Also for one thread: V8 of Node 20 adds picked rows 1.6 times as fast in shared memory.
  const heap = makeHeap(canShareMemory(), maxMemory);
  const pool = threads > 1 ? await startThreads(heap, threads) : undefined;
  const backend = makeBackend(heap, makeRules(heap, features), makeMachine(heap, features, pool));
  return { ...backend, threads, fused: features.relaxed, close: () => pool?.close() };
}
