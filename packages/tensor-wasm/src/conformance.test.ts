import { describeBackend } from '@ebmkit/test-kit';
import { wasm } from './wasm.js';

describeBackend('wasm', () => wasm());
