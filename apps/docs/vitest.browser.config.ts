import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { findChromium } from '../../scripts/chromium.mjs';

if (findChromium() === undefined) {
  throw new Error(
    'test:browser: a Chromium is required, none was found. Install one or set CHROMIUM_PATH to its path.',
  );
}

/** These tests run in Node and open the built site in a Chromium of their own. */
export default defineConfig({
  root: import.meta.dirname,
  test: {
    include: ['src/**/*.browser.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 300_000,
    reporters: ['default', 'json'],
    outputFile: { json: join(import.meta.dirname, 'reports/browser.json') },
  },
});
