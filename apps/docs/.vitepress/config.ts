import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DefaultTheme, defineConfig } from 'vitepress';
import { tsdocMath } from './math.js';

const app = join(import.meta.dirname, '..');
const repository = 'https://github.com/ebmkit/ebmkit';

/** Written by `typedoc`, before this file is read. */
function apiSidebar(): DefaultTheme.SidebarItem[] {
  const path = join(app, 'api/sidebar.json');
  if (!existsSync(path)) throw new Error('docs site: api/ is missing. Run `npm run api` in apps/docs first.');
  return JSON.parse(readFileSync(path, 'utf8')) as DefaultTheme.SidebarItem[];
}

const prose: DefaultTheme.SidebarItem[] = [
  {
    text: 'Start',
    items: [
      { text: 'Getting started', link: '/start' },
      { text: 'Train an RBM on MNIST', link: '/guides/train-an-rbm' },
    ],
  },
  {
    text: 'Concepts',
    items: [
      { text: 'Energies', link: '/concepts/energies' },
      { text: 'Samplers', link: '/concepts/samplers' },
      { text: 'Tensors and backends', link: '/concepts/tensors' },
      { text: 'Training', link: '/concepts/training' },
      { text: 'Judging a result', link: '/concepts/judging' },
    ],
  },
  {
    text: 'Guides',
    items: [
      { text: 'Write an energy', link: '/guides/write-an-energy' },
      { text: 'Write a sampler', link: '/guides/write-a-sampler' },
      { text: 'Add a backend', link: '/guides/add-a-backend' },
      { text: 'Custom primitives', link: '/guides/custom-primitives' },
    ],
  },
  {
    text: 'Reference',
    items: [
      { text: 'Architecture', link: '/architecture' },
      { text: 'Names', link: '/names' },
      { text: 'API', link: '/api/' },
    ],
  },
];

export default defineConfig({
  title: 'ebmkit',
  description: 'Energy-based models in JavaScript: define an energy, sample from it, train it, judge the result.',
  lang: 'en',
  cleanUrls: true,
  // Prose lives in docs/, API pages are generated beside this configuration; the site shows both without their folders.
  srcDir: '../..',
  srcExclude: ['*.md', 'packages/**', '.changeset/**', 'scripts/**', 'runs/**', 'apps/!(docs)/**', 'apps/docs/*.md'],
  rewrites: { 'docs/:page*': ':page*', 'apps/docs/api/:page*': 'api/:page*' },
  outDir: join(app, '.vitepress/dist'),
  cacheDir: join(app, '.vitepress/cache'),
  head: [['link', { rel: 'icon', type: 'image/svg+xml', href: '/logo.svg' }]],
  markdown: { math: true, config: tsdocMath },
  themeConfig: {
    logo: '/logo.svg',
    search: { provider: 'local' },
    outline: { level: [2, 3] },
    nav: [
      { text: 'Guide', link: '/start', activeMatch: '^/(start|concepts|guides|architecture|names|replications)' },
      { text: 'API', link: '/api/', activeMatch: '^/api/' },
    ],
    sidebar: { '/': prose, '/api/': apiSidebar() },
    socialLinks: [{ icon: 'github', link: repository }],
    footer: { message: 'MIT licence.' },
  },
  vite: {
    publicDir: join(app, 'public'),
    // Pages outside this folder are compiled to components that import these.
    resolve: { alias: [{ find: /^vue(?=$|\/)/, replacement: join(app, 'node_modules/vue') }] },
    build: { chunkSizeWarningLimit: 2000 },
  },
});
