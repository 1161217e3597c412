import { describeBackend } from '@ebmkit/test-kit';
import { tfjs } from './tfjs.js';

const dist = {
  plain: new URL('../node_modules/@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm', import.meta.url),
  simd: new URL('../node_modules/@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm', import.meta.url),
  threads: new URL(
    '../node_modules/@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm',
    import.meta.url,
  ),
};

const wasmPaths = {
  'tfjs-backend-wasm.wasm': dist.plain.href,
  'tfjs-backend-wasm-simd.wasm': dist.simd.href,
  'tfjs-backend-wasm-threaded-simd.wasm': dist.threads.href,
};

describeBackend('tfjs-cpu in a browser', () => tfjs('cpu'));
describeBackend('tfjs-wasm in a browser', () => tfjs('wasm', { wasmPaths }));
