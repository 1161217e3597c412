/** The TensorFlow.js backends that `tfjs` can make. */
export const deviceNames = ['cpu', 'wasm', 'webgl', 'webgpu', 'node'] as const;

/** A TensorFlow.js backend: plain JavaScript, WebAssembly, WebGL, WebGPU, or the native library for Node. */
export type DeviceName = (typeof deviceNames)[number];
