import { describeBackend } from '@ebmkit/test-kit';
import { tfjs } from './tfjs.js';

const wasmPaths = new URL('../node_modules/@tensorflow/tfjs-backend-wasm/dist/', import.meta.url).href;

describeBackend('tfjs-cpu in a browser', () => tfjs('cpu'));
describeBackend('tfjs-wasm in a browser', () => tfjs('wasm', { wasmPaths }));
