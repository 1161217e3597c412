import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What each package may import from the others: the layers of the architecture, lowest first. */
const layers = {
  tensor: [],
  diagnostics: [],
  'tensor-wasm': ['tensor'],
  'tensor-tfjs': ['tensor'],
  energy: ['tensor'],
  nn: ['tensor'],
  optim: ['tensor'],
  datasets: ['tensor'],
  checkpoint: ['tensor'],
  plot: ['diagnostics'],
  samplers: ['tensor', 'energy', 'diagnostics'],
  diffusion: ['tensor', 'energy', 'nn'],
  boltzmann: ['tensor', 'tensor-wasm', 'energy', 'samplers'],
  trainers: ['tensor', 'energy', 'samplers', 'optim', 'checkpoint'],
};
layers.ebmkit = Object.keys(layers);
layers['test-kit'] = ['tensor', 'diagnostics'];

/** What a test may import besides: the conformance suites, and a backend to run on. The suites' own dependencies cannot. */
const forTests = ['test-kit', 'tensor-tfjs', 'tensor-wasm'];
/** What the tests of single packages may import besides: machines are shown to train by the common loop. */
const forTestsOf = { boltzmann: ['trainers', 'optim', 'checkpoint'] };
const belowTheTestKit = layers['test-kit'];

const present = readdirSync(join(import.meta.dirname, 'packages'));
const test = String.raw`\.test\.ts$`;
const oneOf = (names) => `(?:${names.join('|')})`;

function declared(name) {
  const manifest = JSON.parse(readFileSync(join(import.meta.dirname, 'packages', name, 'package.json'), 'utf8'));
  const folders = (dependencies) => Object.keys(dependencies ?? {}).map((key) => key.replace(/^@ebmkit\//, ''));
  const shipped = folders({ ...manifest.dependencies, ...manifest.peerDependencies });
  return { shipped, all: [...shipped, ...folders(manifest.devDependencies)] };
}

/** The rules of one package: its layer, what its tests may see, and only what its package.json declares. */
function packageRules(name) {
  const allowed = layers[name];
  if (allowed === undefined)
    throw new Error(`.dependency-cruiser.mjs: packages/${name} has no layer. Add it to \`layers\`.`);
  const inTests = belowTheTestKit.includes(name)
    ? allowed
    : [...new Set([...allowed, ...forTests, ...(forTestsOf[name] ?? [])])];
  const { shipped, all } = declared(name);
  const others = (names) => ({ path: '^packages/', pathNot: `^packages/${oneOf([name, ...names])}/` });
  const sources = { path: `^packages/${name}/src/`, pathNot: test };
  const tests = { path: `^packages/${name}/src/.*${test}` };
  return [
    { name: `layer-${name}`, severity: 'error', from: sources, to: others(allowed) },
    { name: `layer-${name}-tests`, severity: 'error', from: tests, to: others(inTests) },
    { name: `undeclared-${name}`, severity: 'error', from: sources, to: others(shipped) },
    { name: `undeclared-${name}-tests`, severity: 'error', from: tests, to: others(all) },
    {
      name: `inside-of-another-package-${name}`,
      comment: 'Another package is imported by its name, never by a path into it.',
      severity: 'error',
      from: { path: `^packages/${name}/` },
      to: { path: '^packages/', pathNot: `^packages/${name}/`, dependencyTypesNot: ['aliased'] },
    },
  ];
}

export default {
  forbidden: [
    ...present
      .filter((name) => existsSync(join(import.meta.dirname, 'packages', name, 'package.json')))
      .flatMap(packageRules),
    {
      name: 'only-tensor-tfjs-sees-tensorflow',
      severity: 'error',
      from: { pathNot: '^packages/tensor-tfjs/' },
      to: { path: '@tensorflow/' },
    },
    {
      name: 'no-circular',
      comment: 'At run time: a cycle that type-only imports close is gone after the build.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-orphans',
      comment: 'A file that nothing imports and that imports nothing.',
      severity: 'error',
      from: { orphan: true, path: '^packages/[^/]+/src/', pathNot: [test, '[.]d[.]ts$', '/src/index[.]ts$'] },
      to: {},
    },
    { name: 'not-resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'no-undeclared-dependency',
      severity: 'error',
      from: { path: '^(?:packages|apps)/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['npm', 'npm-dev', 'npm-peer'] },
    },
    {
      name: 'sources-ship-their-dependencies',
      comment: 'What a published file imports is a dependency or a peer dependency, not a development dependency.',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/', pathNot: [test, '^packages/test-kit/'] },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only', 'npm-peer'] },
    },
    {
      name: 'packages-do-not-see-apps',
      severity: 'error',
      from: { path: '^packages/' },
      to: { path: '^apps/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['^(?:packages|apps)/[^/]+/(?:dist|reports|[.]examples)/', '[.]vitepress/(?:cache|dist)/'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node', 'default'] },
  },
};
