/** A place where a producer hands values to a consumer one at a time, and waits until each is asked for. */
export interface Rendezvous<T> {
  /** Offers a value; resolves when the consumer comes back for the next one, or has gone. */
  readonly put: (value: T) => Promise<void>;
  /** Waits for a value; undefined when there are no more. Rejects with the error that the producer ended with. */
  readonly take: () => Promise<T | undefined>;
  /** Says that there are no more values, and why, if something went wrong. */
  readonly end: (error?: unknown) => void;
  /** Says that nobody takes values any more: every `put` resolves at once. */
  readonly leave: () => void;
}

/** Makes a place for one producer and one consumer. */
export function rendezvous<T>(): Rendezvous<T> {
  let offered: { readonly value: T } | undefined;
  let ended: { readonly error?: unknown } | undefined;
  let hasLeft = false;
  let wakeProducer: (() => void) | undefined;
  let wakeConsumer: (() => void) | undefined;
  const wake = (sleeper: 'producer' | 'consumer'): void => {
    const resolve = sleeper === 'producer' ? wakeProducer : wakeConsumer;
    if (sleeper === 'producer') wakeProducer = undefined;
    else wakeConsumer = undefined;
    resolve?.();
  };
  return {
    put: (value) => {
      if (hasLeft) return Promise.resolve();
      offered = { value };
      return new Promise((resolve) => {
        wakeProducer = resolve;
        wake('consumer');
      });
    },
    take: async () => {
      wake('producer');
      while (!offered && !ended)
        await new Promise<void>((resolve) => {
          wakeConsumer = resolve;
        });
      if (offered) {
        const { value } = offered;
        offered = undefined;
        return value;
      }
      if (ended && 'error' in ended) throw ended.error;
      return undefined;
    },
    end: (...errors) => {
      ended = errors.length > 0 ? { error: errors[0] } : {};
      wake('consumer');
    },
    leave: () => {
      hasLeft = true;
      wake('producer');
    },
  };
}
