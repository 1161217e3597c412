import { type Backend, EbmError, reference, useBackend } from '@ebmkit/tensor';
import { type DeviceName, tfjs } from '@ebmkit/tensor-tfjs';
import { wasm } from '@ebmkit/tensor-wasm';

/** The backends that can be asked for by name. */
export const backendNames = [
  'auto',
  'wasm',
  'tfjs-wasm',
  'tfjs-cpu',
  'tfjs-node',
  'tfjs-webgl',
  'tfjs-webgpu',
  'reference',
] as const;

/** The name of a backend; `auto` is the fastest one that is there. */
export type BackendName = (typeof backendNames)[number];

/**
 * Installs a backend by name.
 *
 * @param name - `auto` (the default) takes the compiled backend `wasm` where it starts and the reference backend elsewhere; any other name must start.
 * Those that begin with `tfjs-` need TensorFlow.js installed beside.
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
  if (name === 'wasm') return useBackend(wasm());
  if (name !== 'auto') return useBackend(tfjs(name.slice('tfjs-'.length) as DeviceName));
  try {
    return await useBackend(wasm());
  } catch {
    return useBackend(reference());
  }
}
