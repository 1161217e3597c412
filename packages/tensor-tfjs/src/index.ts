/**
 * TensorFlow.js backends for `@ebmkit/tensor`: cpu, wasm, webgl, webgpu and the native library for Node.
 *
 * @packageDocumentation
 */
export type { DeviceName } from './device-name.js';
export type { TfjsOptions } from './load.js';
export { tfjs } from './tfjs.js';
