import { type Backend, EbmError, reference, useBackend } from '@ebmkit/tensor';
import { tfjs } from '@ebmkit/tensor-tfjs';

/** The backends that can be asked for by name. */
export const backendNames = ['auto', 'wasm', 'cpu', 'node', 'webgl', 'webgpu', 'reference'] as const;

/** The name of a backend; `auto` is the fastest one that is there. */
export type BackendName = (typeof backendNames)[number];

/**
 * Installs a backend by name.
 *
 * @param name - `auto` (the default) takes TensorFlow.js wasm where it starts and the reference backend elsewhere; any other name must start.
 * @returns The backend that is now active.
 * @throws EbmError when the name is unknown; BackendError when that backend does not start here.
 *
 * @example
 * ```ts
 * const backend = await chooseBackend();
 * ```
 */
export async function chooseBackend(name: BackendName = 'auto'): Promise<Backend> {
  if (!backendNames.includes(name))
    throw new EbmError('argument', `chooseBackend: expected one of ${backendNames.join(', ')}, got ${String(name)}.`);
  if (name === 'reference') return useBackend(reference());
  if (name !== 'auto') return useBackend(tfjs(name));
  try {
    return await useBackend(tfjs('wasm'));
  } catch {
    return useBackend(reference());
  }
}
