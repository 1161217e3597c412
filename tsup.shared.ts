import { join } from 'node:path';
import { defineConfig } from 'tsup';

/** The one build that every published package uses: ESM for Node and browsers, with types and source maps. */
export function library(entry: readonly string[] = ['src/index.ts'], platform: 'neutral' | 'node' = 'neutral') {
  return defineConfig({
    entry: [...entry],
    format: ['esm'],
    dts: true,
    sourcemap: true,
    clean: true,
    target: 'es2022',
    platform,
    tsconfig: join(import.meta.dirname, 'tsconfig.build.json'),
  });
}
