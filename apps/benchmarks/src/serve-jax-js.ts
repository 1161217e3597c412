import { createRequire } from 'node:module';
import { defaultDevice, init } from '@jax-js/jax';
import { contrastiveDivergence, upPass } from './jax-js-rbm.js';
import { jaxJsWorkloads } from './jax-js-workloads.js';
import { serve } from './serve.js';

/** The version of jax-js, whose manifest is not among what it exports. */
function version(): string {
  const path = createRequire(import.meta.url).resolve('@jax-js/jax');
  const manifest = createRequire(import.meta.url)(path.replace(/dist.*$/, 'package.json')) as { version: string };
  return manifest.version;
}

// Named, because by itself it looks for WebGPU in `navigator`, which Node 20 has not.
await init('wasm');
defaultDevice('wasm');

const workloads = {
  ...jaxJsWorkloads,
  'rbm-up-pass': upPass,
  'rbm-contrastive-divergence': contrastiveDivergence,
};

await serve({
  versions: { '@jax-js/jax': version(), node: process.versions.node },
  prepare: (name, _variant, parameters, inputs) => workloads[name as keyof typeof workloads]?.(parameters, inputs),
});
