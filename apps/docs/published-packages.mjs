/** The packages whose API the site documents: every published one that has an entry, lowest layer first. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const packages = join(import.meta.dirname, '..', '..', 'packages');

const order = [
  'tensor',
  'tensor-wasm',
  'tensor-tfjs',
  'energy',
  'nn',
  'samplers',
  'diffusion',
  'boltzmann',
  'optim',
  'trainers',
  'checkpoint',
  'datasets',
  'diagnostics',
  'plot',
  'ebmkit',
];

const rank = (folder) => (order.includes(folder) ? order.indexOf(folder) : order.length);

/** Each with its folder name, its npm name and description, and the absolute path of its `src/index.ts`. */
export const publishedPackages = readdirSync(packages)
  .filter((folder) => existsSync(join(packages, folder, 'src/index.ts')))
  .map((folder) => {
    const manifest = JSON.parse(readFileSync(join(packages, folder, 'package.json'), 'utf8'));
    return { folder, manifest, entry: join(packages, folder, 'src/index.ts') };
  })
  .filter(({ manifest }) => manifest.private !== true)
  .sort((a, b) => rank(a.folder) - rank(b.folder))
  .map(({ folder, manifest: { name, description }, entry }) => ({ folder, name, description, entry }));
