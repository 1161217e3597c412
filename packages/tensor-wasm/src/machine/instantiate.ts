import type { ModuleBuilder } from '../assembler/module-builder.js';
import type { Heap } from './heap.js';

/** The exported functions of a module. */
export type Exports = Readonly<Record<string, (...parameters: number[]) => number>>;

/** Compiles a module and gives it the memory. */
export function instantiate(module: ModuleBuilder, heap: Heap): Exports {
  const compiled = new WebAssembly.Module(module.encode() as BufferSource);
  return new WebAssembly.Instance(compiled, { env: { memory: heap.memory } }).exports as unknown as Exports;
}
