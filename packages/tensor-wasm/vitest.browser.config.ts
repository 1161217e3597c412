import { mergeConfig } from 'vitest/config';
import { browserTests } from '../../vitest.browser.shared.js';

/** Pages that are isolated from other origins may share memory between threads. */
const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

export default mergeConfig(browserTests(import.meta.dirname), { server: { headers: isolation } });
