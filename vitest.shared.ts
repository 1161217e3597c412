import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

const packages = join(import.meta.dirname, 'packages');

/** Tests run against the sources of every package, so that a change is seen without a build. */
export const sources = readdirSync(packages).map((name) => ({
  find: name === 'ebmkit' ? /^ebmkit$/ : new RegExp(`^@ebmkit/${name}$`),
  replacement: join(packages, name, 'src/index.ts'),
}));

export function nodeTests(root: string) {
  return defineConfig({
    root,
    resolve: { alias: sources },
    test: { include: ['src/**/*.test.ts'], environment: 'node', testTimeout: 60_000 },
  });
}
