/** What a primitive brings along for the backend `wasm`, in its table of kernels. What is in it is the backend's own business. */
export type WasmKernel = NonNullable<unknown>;
