/**
 * The compiled backend of `@ebmkit/tensor`: traced graphs become fused WebAssembly SIMD programs.
 *
 * @packageDocumentation
 */
export { type WasmBackend, type WasmOptions, wasm } from './wasm.js';
