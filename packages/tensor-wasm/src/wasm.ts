import { type Backend, BackendError } from '@ebmkit/tensor';
import { makeBackend } from './backend.js';
import { makeRules } from './kernels/rules.js';
import { probeFeatures } from './machine/features.js';
import { makeHeap } from './machine/heap.js';
import { makeMachine } from './machine/machine.js';
import { startThreads } from './machine/thread-pool.js';
import { availableThreads, canShareMemory } from './machine/workers.js';

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
