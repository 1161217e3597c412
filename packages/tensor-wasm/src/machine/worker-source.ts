import { sharedWords } from '../compiler/shared-words.js';

/** How often a thread looks for a new order before it goes to sleep: about a tenth of a millisecond. */
const looks = 60_000;

/**
 * The program of a worker thread, as source text: it needs no file and no bundler. It waits for orders in shared memory, compiles
 * programs that it does not know from the bytes that lie there, and runs its part of them.
 */
const workerSource = `
const start = ({ memory, thread, threads, ready }) => {
  const programs = new Map();
  const words = new Int32Array(memory.buffer, 0, 256);
  let seen = Atomics.load(words, ${sharedWords.order / 4});
  ready();
  for (;;) {
    let left = ${looks};
    while (Atomics.load(words, ${sharedWords.order / 4}) === seen && left-- > 0);
    Atomics.wait(words, ${sharedWords.order / 4}, seen);
    seen = Atomics.load(words, ${sharedWords.order / 4});
    const id = words[${sharedWords.program / 4}];
    programs.delete(words[${sharedWords.forget / 4}]);
    try {
      let share = programs.get(id);
      if (!share) {
        const bytes = new Uint8Array(memory.buffer, words[${sharedWords.code / 4}] >>> 0, words[${sharedWords.codeLength / 4}]).slice();
        share = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } }).exports.share;
        programs.set(id, share);
      }
      share(thread, threads, 1, words[${sharedWords.arrived / 4}]);
    } catch (error) {
      Atomics.store(words, ${sharedWords.failed / 4}, 1);
    }
  }
};
`;

/** What a worker of Node runs. */
export const nodeWorkerSource = `${workerSource}
const { parentPort, workerData } = require('node:worker_threads');
start({ ...workerData, ready: () => parentPort.postMessage('ready') });
`;

/** What a worker of a page runs. */
export const pageWorkerSource = `${workerSource}
onmessage = ({ data }) => start({ ...data, ready: () => postMessage('ready') });
`;
