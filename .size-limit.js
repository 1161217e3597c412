import { readFileSync } from 'node:fs';

/** The most that each package's own code may weigh, minified and compressed with brotli, without its dependencies. */
const limits = {
  tensor: '25 kB',
  diagnostics: '6 kB',
  'tensor-tfjs': '15 kB',
  energy: '10 kB',
  optim: '10 kB',
  datasets: '10 kB',
  checkpoint: '10 kB',
  plot: '16 kB',
  samplers: '15 kB',
  boltzmann: '15 kB',
  trainers: '15 kB',
  ebmkit: '5 kB',
};

export default Object.entries(limits).map(([name, limit]) => {
  const { dependencies = {} } = JSON.parse(
    readFileSync(new URL(`packages/${name}/package.json`, import.meta.url), 'utf8'),
  );
  return {
    name,
    path: `packages/${name}/dist/index.js`,
    limit,
    ignore: Object.keys(dependencies),
    modifyEsbuildConfig: (config) => ({ ...config, external: [...(config.external ?? []), 'node:*'] }),
  };
});
