import { type Backend, reference, useBackend } from '@ebmkit/tensor';
import { tfjs } from '@ebmkit/tensor-tfjs';
import { serve } from './serve.js';
import { workloads } from './workloads/all-workloads.js';

/** Starts the backend that the command line names: `wasm-1`, `wasm-2`, `tfjs-wasm`, `tfjs-cpu` or `reference`. */
async function backendNamed(name: string): Promise<Backend> {
  if (name === 'reference') return reference();
  if (name === 'tfjs-wasm') return tfjs('wasm');
  if (name === 'tfjs-cpu') return tfjs('cpu');
  const { wasm } = await import('@ebmkit/tensor-wasm');
  const threads = Number(name.replace('wasm-', ''));
  const options = { threads };
  return wasm(options);
}

const backend = await useBackend(backendNamed(process.argv[2] ?? 'reference'));
await serve({
  versions: { node: process.versions.node, backend: backend.name },
  prepare: (name, _variant, parameters, inputs) =>
    workloads.find((workload) => workload.name === name)?.prepare(parameters, inputs),
});
