/**
 * TypeDoc plugin: one page per concept. The packages keep one concept per file, so each source file of a package becomes a
 * page named by the file, with everything that the package exports from it; the package's own page is its README and a list
 * of those pages. Also writes the sidebar of the API section.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Converter, DeclarationReflection, ReflectionKind } from 'typedoc';
import { MarkdownPageEvent, MarkdownRendererEvent } from 'typedoc-plugin-markdown';
import { publishedPackages } from './published-packages.mjs';

const types = ReflectionKind.Interface | ReflectionKind.TypeAlias;

/** The package whose entry a module was made from. */
function packageOf(module) {
  return publishedPackages.find(({ entry }) => entry === module.sources?.[0]?.fullFileName);
}

/** The line of source on which a symbol is declared. */
function sourceOf(reflection) {
  return reflection.sources?.[0] ?? reflection.signatures?.[0]?.sources?.[0];
}

/** What is done comes before the types that it takes; otherwise the order of the file. */
function readingOrder(a, b) {
  return Number(a.kindOf(types)) - Number(b.kindOf(types)) || (sourceOf(a)?.line ?? 0) - (sourceOf(b)?.line ?? 0);
}

/** Moves the exports of a package into one module per source file. What it re-exports from another package stays a reference. */
function separateConcepts(module, { folder }) {
  module.name = folder;
  const own = (module.children ?? []).filter((child) => !child.isReference());
  const concepts = new Map();
  for (const child of own) {
    const name = basename(sourceOf(child)?.fileName ?? 'index', '.ts');
    const concept = concepts.get(name) ?? new DeclarationReflection(name, ReflectionKind.Module, module);
    concepts.set(name, concept);
    child.parent = concept;
    concept.children = [...(concept.children ?? []), child];
  }
  const pages = [...concepts.values()].sort((a, b) => a.name.localeCompare(b.name, 'en'));
  for (const page of pages) {
    page.children.sort(readingOrder);
    module.project.registerReflection(page, undefined, undefined);
  }
  module.children = [...pages, ...(module.children ?? []).filter((child) => child.isReference())];
}

/** The first sentence of a doc comment. */
function firstSentence(reflection) {
  const comment = reflection.comment ?? reflection.signatures?.[0]?.comment;
  const text = (comment?.summary ?? [])
    .map(({ text }) => text)
    .join('')
    .replace(/\s+/g, ' ')
    .trim();
  return (/^.*?[.:](?= |$)/.exec(text)?.[0] ?? text).replace(/:$/, '.').replace(/\|/g, '\\|');
}

/** The concept pages of a package. */
function conceptsOf(module) {
  return module.children.filter((child) => !child.isReference());
}

/** Symbols are anchored by their exact names, so that `key` and `Key` on one page are two places. */
function anchorByName({ router }, project) {
  for (const concept of project.children.flatMap(conceptsOf)) {
    for (const symbol of concept.children) {
      router.fullUrls.set(symbol, `${router.fullUrls.get(concept)}#${symbol.name}`);
      router.anchors.set(symbol, symbol.name);
    }
  }
}

/** Gives the heading of each symbol of a page its anchor, and the title one that no symbol has. */
function anchorHeadings(contents) {
  return contents
    .replace(/^# (.+)$/m, '# $1 {#top-of-page}')
    .replace(/^## ([\w$]+)(\(\))?$/gm, (heading, name) => `${heading} {#${name}}`);
}

/** What a package re-exports, one line for each package that it comes from. */
function passedOnBy(module) {
  const lines = new Map(publishedPackages.map(({ folder, name }) => [folder, { name, links: [] }]));
  for (const reference of module.children.filter((child) => child.isReference())) {
    const target = reference.getTargetReflectionDeep();
    const concept = target.parent;
    const from = concept.parent.name;
    lines.get(from).links.push(`[\`${reference.name}\`](./${from}/${concept.name}.md#${target.name})`);
  }
  return [...lines.entries()]
    .filter(([, { links }]) => links.length > 0)
    .map(([from, { name, links }]) => `- [${name}](./${from}.md): ${links.join(', ')}`);
}

/** Relative links of a README lead to files of the repository, which are not pages of the site. */
function withSourceLinks(text, folder) {
  const base = `https://github.com/ebmkit/ebmkit/blob/main/packages/${folder}/`;
  return text.replace(/\]\((?![a-z]+:|[#/])([^)\s]+)\)/g, (_, path) => `](${new URL(path, base).href})`);
}

/** The package page: its README, and a table of what it exports, concept by concept. */
function packagePage(module, { folder, name, description, entry }) {
  const readme = join(dirname(dirname(entry)), 'README.md');
  const text = existsSync(readme)
    ? withSourceLinks(readFileSync(readme, 'utf8').trim(), folder)
    : `# ${name}\n\n${description}`;
  const rows = conceptsOf(module).flatMap((concept) =>
    concept.children.map((child) => {
      const call = child.kindOf(ReflectionKind.Function) ? '()' : '';
      return `| [\`${child.name}${call}\`](./${folder}/${concept.name}.md#${child.name}) | ${firstSentence(child)} |`;
    }),
  );
  const table = rows.length === 0 ? [] : ['## Everything it exports', '', '| | |', '|---|---|', ...rows];
  const passedOn = passedOnBy(module);
  const again = passedOn.length === 0 ? [] : ['', '## Passed on from other packages', '', ...passedOn];
  return `${[text, '', ...table, ...again].join('\n')}\n`;
}

/** The index of the API section. */
function apiIndex() {
  const rows = publishedPackages.map(
    ({ folder, name, description }) => `| [\`${name}\`](./${folder}.md) | ${description} |`,
  );
  return `${[
    '# API',
    '',
    'The public symbols of every package, from the doc comments in the sources. Each package has one page per concept.',
    '',
    '| package | what it is |',
    '|---|---|',
    ...rows,
  ].join('\n')}\n`;
}

function sidebar(project) {
  const layer = (module) => publishedPackages.indexOf(packageOf(module));
  const modules = [...project.children].sort((a, b) => layer(a) - layer(b));
  return modules.map((module) => ({
    text: packageOf(module)?.name ?? module.name,
    link: `/api/${module.name}`,
    collapsed: true,
    items: conceptsOf(module).map(({ name }) => ({ text: name, link: `/api/${module.name}/${name}` })),
  }));
}

export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.children ?? []) {
      const found = packageOf(module);
      if (found) separateConcepts(module, found);
    }
  });
  app.renderer.on(MarkdownRendererEvent.BEGIN, ({ project }) => anchorByName(app.renderer, project));
  app.renderer.on(MarkdownPageEvent.END, (page) => {
    if (page.model.isProject()) page.contents = apiIndex();
    const found = page.model.isDeclaration() && packageOf(page.model);
    page.contents = found ? packagePage(page.model, found) : anchorHeadings(page.contents);
    page.contents = `---\noutline: 2\n---\n\n${page.contents}`;
  });
  app.renderer.postRenderAsyncJobs.push(async ({ project }) => {
    writeFileSync(join(app.options.getValue('out'), 'sidebar.json'), `${JSON.stringify(sidebar(project), null, 2)}\n`);
  });
}
