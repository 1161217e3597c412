import {
  type Backend,
  type BackendInput,
  type Executable,
  type Graph,
  type Handle,
  primitiveNames,
  sizeOf,
  type TensorData,
  type TensorType,
} from '@ebmkit/tensor';
import { lower } from './compiler/lower.js';
import { structureOf } from './compiler/structure.js';
import { singleOperation } from './eager.js';
import { elementBytes } from './element-bytes.js';
import { isMap } from './fused/map-operations.js';
import { hostOperations } from './host-operations.js';
import type { KernelRule } from './kernels/step-kernel.js';
import type { StoredNumbers } from './machine/handle.js';
import { type Heap, typedView } from './machine/heap.js';
import type { Machine, Program } from './machine/machine.js';

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

/** Puts the `Backend` interface on a machine. */
export function makeBackend(heap: Heap, rules: Readonly<Record<string, KernelRule>>, machine: Machine): Backend {
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

  /** Gives a program its arguments, runs it, and hands out the results: those that are given, or new ones. */
  const execute = (
    program: Program,
    inputs: readonly BackendInput[],
    given?: readonly Handle[],
  ): readonly StoredNumbers[] => {
    const { block } = program;
    const results = (given as readonly StoredNumbers[]) ?? ownAll(program.results);
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
    try {
      program.run();
    } catch (error) {
      if (!given) results.forEach(disown);
      throw error;
    }
    return results;
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
      typedView(heap, handle.address, 1, input.dtype)[0] =
        input.dtype === 'bool' ? Number(input.value !== 0) : input.value;
      return { kind: 'tensor', handle, shape: [], dtype: input.dtype };
    });
    return {
      inputs: all,
      end: () => {
        for (const { address, bytes } of lent) heap.release(address, bytes);
      },
    };
  };

  const run: Backend['run'] = (primitive, inputs, attributes, output, kernel) => {
    const fill = hostOperations[primitive]?.(inputs, attributes, output);
    if (fill) {
      const handle = own(sizeOf(output.shape) * elementBytes(output.dtype));
      fill(heap, handle.address);
      return handle;
    }
    const { text, graph } = singleOperation(primitive, inputs, attributes, output, kernel);
    const program = operations.get(text) ?? operations.keep(text, machine.compile(lower(graph(), rules)));
    const { inputs: numbers, end } = lend(inputs);
    try {
      return execute(program, numbers)[0] as Handle;
    } finally {
      end();
    }
  };

  const compiled = (graph: Graph): { readonly program: Program; readonly executable: Executable } => {
    const structure = structureOf(graph);
    const known = graphs.get(structure);
    if (known) return known;
    const program = machine.compile(lower(graph, rules));
    const made = { program, executable: (...args: Parameters<Executable>) => execute(program, ...args) };
    graphs.set(structure, made);
    if (graphs.size > keptPrograms) graphs.delete([...graphs.keys()][0] as string);
    return made;
  };

  const readSync = (handle: Handle, { shape, dtype }: TensorType): TensorData => {
    const { address } = handle as StoredNumbers;
    const length = sizeOf(shape);
    const copy =
      dtype === 'bool' ? new Uint8Array(length) : dtype === 'int32' ? new Int32Array(length) : new Float32Array(length);
    copy.set(typedView(heap, address, length, dtype));
    return copy;
  };

  return {
    name: 'wasm',
    precision: 'float32',
    implements: (primitive) =>
      isMap(primitive) || Object.hasOwn(rules, primitive) || primitiveNames.includes(primitive),
    upload: (data, { dtype }) => {
      const handle = own(data.length * elementBytes(dtype));
      typedView(heap, handle.address, data.length, dtype).set(data);
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
