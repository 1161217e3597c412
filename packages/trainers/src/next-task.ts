/**
 * Lets everything else that waits run (timers, input, rendering), then goes on. Unlike `setTimeout(0)`, which takes 1 ms in Node
 * and 4 ms in browsers, it costs microseconds.
 */
export function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') setImmediate(resolve);
    else if (typeof MessageChannel === 'function') {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        resolve();
      };
      port2.postMessage(undefined);
    } else setTimeout(resolve, 0);
  });
}
