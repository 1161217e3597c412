import { describeBackend } from '@ebmkit/test-kit';
import { wasm } from './wasm.js';

describeBackend('wasm', () => wasm(), { steps: 10_000 });
describeBackend('wasm, deterministic, on one thread', () => wasm({ deterministic: true, threads: 1 }), {
  runs: 10,
  steps: 200,
});
