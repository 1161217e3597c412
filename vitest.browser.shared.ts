import { join } from 'node:path';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { findChromium } from './scripts/chromium.mjs';
import { sources } from './vitest.shared.js';

/** WebGL 2 and WebGPU in software, so that a machine without a graphics card runs every test. */
const flags = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-gl=angle',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
];

/** The browser tests of one package: `src/**\/*.browser.test.ts` in a headless Chromium. `prebundle` names its CommonJS dependencies. */
export function browserTests(root: string, prebundle: readonly string[] = []) {
  const executablePath = findChromium();
  if (executablePath === undefined) {
    throw new Error(
      'test:browser: a Chromium is required, none was found. Install one or set CHROMIUM_PATH to its path.',
    );
  }
  return defineConfig({
    root,
    resolve: { alias: sources },
    optimizeDeps: { include: [...prebundle] },
    test: {
      include: ['src/**/*.browser.test.ts'],
      testTimeout: 120_000,
      reporters: ['default', 'json'],
      outputFile: { json: join(root, 'reports/browser.json') },
      browser: {
        enabled: true,
        headless: true,
        screenshotFailures: false,
        provider: playwright({ launchOptions: { executablePath, args: flags } }),
        instances: [{ browser: 'chromium' }],
      },
    },
  });
}
