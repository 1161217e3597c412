import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { extractExamples } from './scripts/extract-examples.mjs';

const packages = join(import.meta.dirname, 'packages');

/** Tests run against the sources of every package, so that a change is seen without a build. */
export const sources = [
  { find: /^@ebmkit\/tensor-wasm\/discrete$/, replacement: join(packages, 'tensor-wasm/src/discrete/index.ts') },
  ...readdirSync(packages).map((name) => ({
    find: name === 'ebmkit' ? /^ebmkit$/ : new RegExp(`^@ebmkit/${name}$`),
    replacement: join(packages, name, 'src/index.ts'),
  })),
];

/** The unit tests of one folder, in Node: those beside its sources, and the examples of its Markdown files. */
export function nodeTests(root: string) {
  extractExamples(root);
  return defineConfig({
    root,
    resolve: { alias: sources },
    test: {
      include: ['src/**/*.test.ts', '.examples/*.test.ts'],
      exclude: ['src/**/*.browser.test.ts'],
      environment: 'node',
      allowOnly: false,
      testTimeout: 60_000,
      reporters: ['default', 'json'],
      outputFile: { json: join(root, 'reports/unit.json') },
    },
  });
}
