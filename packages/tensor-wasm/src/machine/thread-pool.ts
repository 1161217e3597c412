import { BackendError } from '@ebmkit/tensor';
import { sharedWords } from '../compiler/shared-words.js';
import type { Heap } from './heap.js';
import { maySleep, startWorker } from './workers.js';

/** A program that several threads run together. */
interface SharedProgram {
  /** Runs it on all threads and returns when all are done. */
  readonly run: () => void;
  /** Has the threads forget it. */
  readonly release: () => void;
}

/** Threads that run programs in one memory, the calling one among them. */
export interface ThreadPool {
  /** How many threads work together, the calling one included. */
  readonly threads: number;
  /** Makes a program known to the threads. */
  readonly add: (bytes: Uint8Array, exports: WebAssembly.Exports) => SharedProgram;
  /** Whether there are other threads still. */
  readonly isOpen: () => boolean;
  /** Ends the other threads. */
  readonly close: () => void;
}

type Share = (thread: number, threads: number, maySleep: number, arrived: number) => void;

/**
 * Starts the other threads.
 *
 * @param heap - A shared heap.
 * @param threads - How many threads work together, the calling one included.
 * @throws BackendError when a worker does not start.
 */
export async function startThreads(heap: Heap, threads: number): Promise<ThreadPool> {
  const { memory } = heap;
  const starting = Array.from({ length: threads - 1 }, (_, i) => startWorker({ memory, thread: i + 1, threads }));
  const started = await Promise.allSettled(starting);
  const refused = started.find(({ status }) => status === 'rejected');
  if (refused) {
    for (const worker of started) if (worker.status === 'fulfilled') worker.value();
    throw new BackendError(
      `wasm: ${threads - 1} worker threads were asked for and one did not start. Allow workers ("worker-src blob:"), or pass threads: 1.`,
      { cause: (refused as PromiseRejectedResult).reason },
    );
  }
  const words = new Int32Array(memory.buffer, 0, 256);
  const sleep = Number(maySleep());
  let programs = 0;
  let isOpen = true;

  const forgotten: number[] = [];

  return {
    threads,
    isOpen: () => isOpen,
    close: () => {
      isOpen = false;
      for (const worker of started) if (worker.status === 'fulfilled') worker.value();
    },
    add: (bytes, { share }) => {
      const id = programs++;
      let isKnown = false;
      const run = (): void => {
        const arrived = Atomics.load(words, sharedWords.barrier / 4);
        words[sharedWords.arrived / 4] = arrived;
        words[sharedWords.forget / 4] = forgotten.pop() ?? -1;
        words[sharedWords.program / 4] = id;
        Atomics.add(words, sharedWords.order / 4, 1);
        Atomics.notify(words, sharedWords.order / 4);
        try {
          (share as Share)(0, threads, sleep, arrived);
        } catch (cause) {
          Atomics.store(words, sharedWords.failed / 4, 1);
          throw new BackendError('wasm: a thread failed. Make a new backend, with threads: 1 if it happens again.', {
            cause,
          });
        }
      };
      return {
        run: () => {
          if (isKnown) {
            run();
            return;
          }
          const address = heap.allocate(bytes.length);
          heap.bytes().set(bytes, address);
          words[sharedWords.code / 4] = address;
          words[sharedWords.codeLength / 4] = bytes.length;
          run();
          heap.release(address, bytes.length);
          isKnown = true;
        },
        release: () => {
          if (isKnown) forgotten.push(id);
        },
      };
    },
  };
}
