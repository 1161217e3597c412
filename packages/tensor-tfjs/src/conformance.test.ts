import { describeBackend } from '@ebmkit/test-kit';
import { tfjs } from './tfjs.js';

describeBackend('tfjs-cpu', () => tfjs('cpu'));
describeBackend('tfjs-wasm', () => tfjs('wasm'));
