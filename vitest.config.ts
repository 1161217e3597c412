import { nodeTests } from './vitest.shared.js';

/** The root has no sources of its own: its tests are the examples of docs/. */
export default nodeTests(import.meta.dirname);
