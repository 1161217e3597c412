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
    // Read from the package's folder, where tsup runs. It has no path aliases: types come from the built dependencies.
    tsconfig: '../../tsconfig.build.json',
  });
}
