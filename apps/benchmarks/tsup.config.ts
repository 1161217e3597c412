import { defineConfig } from 'tsup';

export default defineConfig({
  entry: ['src/bench.ts', 'src/replicate.ts', 'src/samplers-table.ts', 'src/serve-ebmkit.ts', 'src/serve-jax-js.ts'],
  format: ['esm'],
  clean: true,
  target: 'es2022',
  platform: 'node',
  tsconfig: '../../tsconfig.build.json',
});
