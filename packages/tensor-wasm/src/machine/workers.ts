import { nodeWorkerSource, pageWorkerSource } from './worker-source.js';

/** What a worker is told at its start. */
interface WorkerStart {
  readonly memory: WebAssembly.Memory;
  readonly thread: number;
  readonly threads: number;
}

interface NodeWorker {
  readonly once: (event: string, listener: (value: unknown) => void) => void;
  readonly unref: () => void;
  readonly terminate: () => void;
}

interface NodeProcess {
  readonly versions?: { readonly node?: string };
  readonly getBuiltinModule?: (name: string) => unknown;
}

interface WorkerThreads {
  readonly Worker: new (source: string, options: { readonly eval: true; readonly workerData: unknown }) => NodeWorker;
}

/** A module of Node, where this is Node. */
function nodeModule<T>(name: string): T | undefined {
  const { process } = globalThis as { readonly process?: NodeProcess };
  return process?.versions?.node === undefined ? undefined : (process.getBuiltinModule?.(name) as T | undefined);
}

/** Whether threads can share memory here: in Node, and in pages that are isolated from other origins. */
export function canShareMemory(): boolean {
  if (typeof SharedArrayBuffer === 'undefined') return false;
  if (nodeModule('worker_threads')) return true;
  return (
    (globalThis as { readonly crossOriginIsolated?: boolean }).crossOriginIsolated === true &&
    typeof Worker === 'function'
  );
}

/** How many threads this machine runs at once. */
export function availableThreads(): number {
  const os = nodeModule<{ availableParallelism: () => number }>('os');
  return os?.availableParallelism() ?? globalThis.navigator?.hardwareConcurrency ?? 1;
}

/** Whether the calling thread may sleep on shared memory: not the main thread of a page. */
export function maySleep(): boolean {
  return nodeModule('worker_threads') !== undefined || typeof document === 'undefined';
}

function startInNode({ Worker }: WorkerThreads, start: WorkerStart): Promise<() => void> {
  const worker = new Worker(nodeWorkerSource, { eval: true, workerData: start });
  return new Promise((resolve, reject) => {
    worker.once('message', () => {
      worker.unref();
      resolve(() => worker.terminate());
    });
    worker.once('error', reject);
  });
}

function startInPage(start: WorkerStart): Promise<() => void> {
  const url = URL.createObjectURL(new Blob([pageWorkerSource], { type: 'text/javascript' }));
  const worker = new Worker(url);
  worker.postMessage(start);
  return new Promise((resolve, reject) => {
    worker.onmessage = () => {
      URL.revokeObjectURL(url);
      resolve(() => worker.terminate());
    };
    worker.onerror = (event) => {
      URL.revokeObjectURL(url);
      reject(new Error(event.message));
    };
  });
}

/** Starts one worker and waits until it takes orders; gives the function that ends it. */
export function startWorker(start: WorkerStart): Promise<() => void> {
  const threads = nodeModule<WorkerThreads>('worker_threads');
  return threads ? startInNode(threads, start) : startInPage(start);
}
