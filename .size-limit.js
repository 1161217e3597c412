import { readFileSync } from 'node:fs';

/** The most that each package's own code may weigh, minified and compressed with brotli, without its dependencies. */
const limits = {
  tensor: '21 kB',
  diagnostics: '20 kB',
  'tensor-tfjs': '12 kB',
  'tensor-wasm': '38 kB',
  energy: '22 kB',
  nn: '8 kB',
  optim: '3 kB',
  datasets: '4.5 kB',
  checkpoint: '4.5 kB',
  plot: '27 kB',
  samplers: '36 kB',
  boltzmann: '48 kB',
  trainers: '4.5 kB',
  ebmkit: '2 kB',
};

/** What a page downloads that uses some names on the compiled backend, everything included. */
const page = (name, limit, names) => ({
  name: `a page that ${name}`,
  import: {
    ...names,
    'packages/tensor/dist/index.js': '{ key, normal, readSync, useBackend }',
    'packages/tensor-wasm/dist/index.js': '{ wasm }',
  },
  limit,
  gzip: true,
  // The aliases of the workspace would bring the sources in beside the build.
  modifyEsbuildConfig: (config) => ({ ...config, tsconfigRaw: '{}', external: [...(config.external ?? []), 'node:*'] }),
});

const pages = [
  page('runs Langevin dynamics', '60 kB', { 'packages/samplers/dist/index.js': '{ langevin, run }' }),
  page('dreams with a restricted machine', '64 kB', {
    'packages/boltzmann/dist/index.js': '{ bernoulli, fantasies, rbm }',
  }),
];

const packages = Object.entries(limits).map(([name, limit]) => {
  const { dependencies = {}, peerDependencies = {} } = JSON.parse(
    readFileSync(new URL(`packages/${name}/package.json`, import.meta.url), 'utf8'),
  );
  return {
    name,
    path: `packages/${name}/dist/index.js`,
    limit,
    ignore: Object.keys({ ...dependencies, ...peerDependencies }),
    modifyEsbuildConfig: (config) => ({ ...config, external: [...(config.external ?? []), 'node:*'] }),
  };
});

export default [...packages, ...pages];
