import { describeBackend } from '@ebmkit/test-kit';
import { tfjs } from './tfjs.js';

/** Kept apart from `new URL`, which the development server would rewrite. */
const folder = '../node_modules/@tensorflow/tfjs-backend-wasm/dist/';
const wasmPaths = new URL(folder, import.meta.url).href;

describeBackend('tfjs-cpu in a browser', () => tfjs('cpu'));
describeBackend('tfjs-wasm in a browser', () => tfjs('wasm', { wasmPaths }));
