import type { Backend } from './backend.js';
import { BackendError } from './errors.js';
import { reference } from './reference/reference.js';

const active: { backend: Backend | undefined } = { backend: undefined };

/**
 * Installs the backend on which new tensors are made. Tensors of the previous backend stay usable: an operation runs on
 * the backend of its operands.
 *
 * @param backend - A backend, or a promise of one.
 * @returns The backend, once it is installed.
 * @throws BackendError when the value is not a backend.
 *
 * @example
 * ```ts
 * await useBackend(reference({ precision: 'float64' }));
 * ```
 */
export async function useBackend(backend: Backend | Promise<Backend>): Promise<Backend> {
  const ready = await backend;
  if (typeof ready?.run !== 'function')
    throw new BackendError(
      'useBackend: expected a backend, got something without run(). Pass reference() or the result of an adapter such as tfjs("wasm").',
    );
  active.backend = ready;
  return ready;
}

/** The backend on which new tensors are made; the float32 reference backend until `useBackend` is called. */
export function activeBackend(): Backend {
  active.backend ??= reference();
  return active.backend;
}

/** Runs a synchronous function with another backend active, and puts the previous one back. */
export function withBackend<T>(backend: Backend, f: () => T): T {
  const previous = activeBackend();
  active.backend = backend;
  try {
    return f();
  } finally {
    active.backend = previous;
  }
}
