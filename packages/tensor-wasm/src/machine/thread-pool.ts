/** A program that several threads run together. */
export interface SharedProgram {
  /** Runs it on all threads and returns when all are done. */
  readonly run: () => void;
  /** Has the threads forget it. */
  readonly release: () => void;
}

/** Threads that run programs in one memory. */
export interface ThreadPool {
  /** Makes a program known to the threads. */
  readonly add: (bytes: Uint8Array, exports: WebAssembly.Exports) => SharedProgram;
}
