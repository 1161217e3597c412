import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DefaultTheme, defineConfig } from 'vitepress';
import { tsdocMath } from './math.js';

const app = join(import.meta.dirname, '..');
const repository = 'https://github.com/ebmkit/ebmkit';

/** Drawn here, because the named icons come from another server while the site is served for writing. */
const githubMark =
  '<svg viewBox="0 0 24 24"><path fill="currentColor" d="M12 .3a12 12 0 0 0-3.8 23.4c.6.1.8-.3.8-.6v-2c-3.3.7-4-1.6-4-1.6-.6-1.4-1.4-1.8-1.4-1.8-1-.7.1-.7.1-.7 1.2 0 1.9 1.2 1.9 1.2 1 1.8 2.8 1.3 3.5 1 0-.8.4-1.3.7-1.6-2.7-.3-5.5-1.3-5.5-6 0-1.2.5-2.3 1.3-3.1-.2-.4-.6-1.6 0-3.2 0 0 1-.3 3.4 1.2a11.5 11.5 0 0 1 6 0c2.3-1.5 3.3-1.2 3.3-1.2.6 1.6.2 2.8 0 3.2.9.8 1.3 1.9 1.3 3.2 0 4.6-2.8 5.6-5.5 5.9.5.4.9 1 .9 2.2v3.3c0 .3.1.7.8.6A12 12 0 0 0 12 .3"/></svg>';

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
      { text: 'Which sampler when', link: '/samplers' },
      { text: 'Tensors and backends', link: '/concepts/tensors' },
      { text: 'Training', link: '/concepts/training' },
      { text: 'Boltzmann machines', link: '/concepts/boltzmann-machines' },
      { text: 'Judging a result', link: '/concepts/judging' },
    ],
  },
  {
    text: 'Guides',
    items: [
      { text: 'Write an energy', link: '/guides/write-an-energy' },
      { text: 'Write a sampler', link: '/guides/write-a-sampler' },
      { text: 'Structured outputs', link: '/guides/structured-outputs' },
      { text: 'Anomalies and features', link: '/guides/anomalies-and-features' },
      { text: 'The Ising lattice', link: '/guides/ising-lattice' },
      { text: 'Add a backend', link: '/guides/add-a-backend' },
      { text: 'Custom primitives', link: '/guides/custom-primitives' },
    ],
  },
  {
    text: 'Reference',
    items: [
      { text: 'Architecture', link: '/architecture' },
      { text: 'The compiled backend', link: '/compiled-backend' },
      { text: 'Accuracy', link: '/accuracy' },
      { text: 'Benchmarks', link: '/benchmarks' },
      { text: 'Names', link: '/names' },
      { text: 'Replications', link: '/replications' },
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
      {
        text: 'Guide',
        link: '/start',
        activeMatch:
          '^/(start|concepts|guides|samplers|architecture|compiled-backend|accuracy|benchmarks|names|replications)',
      },
      { text: 'API', link: '/api/', activeMatch: '^/api/' },
    ],
    sidebar: { '/': prose, '/api/': apiSidebar() },
    socialLinks: [{ icon: { svg: githubMark }, link: repository, ariaLabel: 'The source on GitHub' }],
    footer: { message: 'MIT licence.' },
  },
  vite: {
    publicDir: join(app, 'public'),
    // Pages outside this folder are compiled to components that import these.
    resolve: { alias: [{ find: /^vue(?=$|\/)/, replacement: join(app, 'node_modules/vue') }] },
    build: { chunkSizeWarningLimit: 2000 },
  },
});
