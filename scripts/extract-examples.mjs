/**
 * Turns the examples of Markdown files into tests. In a README.md, of a package or the root: the first `ts` block. In docs/: every
 * block whose fence reads `ts run`. An example passes when it runs to its end and, if a `text` block follows, prints that text.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The fenced blocks of a Markdown text: language and flags, body, line of the fence, and the text between it and the block before. */
function fencedBlocks(markdown) {
  const blocks = [];
  let open;
  let between = '';
  for (const [index, line] of markdown.split(/\r?\n/).entries()) {
    const fence = /^(`{3,})\s*(.*)$/.exec(line);
    if (open === undefined && fence) {
      open = { fence: fence[1], info: fence[2].trim(), line: index + 1, between, lines: [] };
    } else if (open !== undefined && line.trimEnd() === open.fence) {
      blocks.push(open);
      open = undefined;
      between = '';
    } else if (open !== undefined) open.lines.push(line);
    else between += line;
  }
  return blocks;
}

/** The blocks that are examples, each with the text that it must print, if the document says so. */
function examples(markdown, isExample) {
  const blocks = fencedBlocks(markdown);
  return blocks.flatMap((block, index) => {
    if (!isExample(block.info)) return [];
    const next = blocks[index + 1];
    const prints = next?.info === 'text' && next.between.trim() === '' ? next.lines.join('\n').trimEnd() : undefined;
    return [{ line: block.line, code: `${block.lines.join('\n')}\n`, prints }];
  });
}

function testFile(source, cases) {
  const tests = cases.map(({ file, line, prints }) => {
    const expected =
      prints === undefined ? '' : `\n  expect(printed.join('\\n').trimEnd()).toBe(${JSON.stringify(prints)});`;
    return `
test(${JSON.stringify(`${source}, line ${line}: the example runs`)}, async () => {
  const printed: string[] = [];
  vi.spyOn(console, 'log').mockImplementation((...values: unknown[]) => void printed.push(format(...values)));
  await import('./${file}.js');${expected}
});
`;
  });
  const names = cases.some(({ prints }) => prints !== undefined)
    ? 'afterEach, expect, test, vi'
    : 'afterEach, test, vi';
  return `import { format } from 'node:util';
import { ${names} } from 'vitest';

afterEach(() => {
  vi.restoreAllMocks();
});
${tests.join('')}`;
}

/** The files that run the examples of one document, by name: one file for each example, and the test that runs them. */
function exampleFiles(name, source, found) {
  if (found.length === 0) return [];
  const cases = found.map((example, index) => ({ ...example, file: `${name}-${index + 1}` }));
  return [
    ...cases.map(({ file, code }) => [`${file}.ts`, `${code}export {};\n`]),
    [`${name}.test.ts`, testFile(source, cases)],
  ];
}

/** The Markdown files under docs/ that hold runnable examples. */
export function documentsWithExamples() {
  const docs = join(root, 'docs');
  if (!existsSync(docs)) return [];
  return readdirSync(docs, { recursive: true })
    .filter((path) => path.endsWith('.md') && !path.split(sep).includes('node_modules'))
    .map((path) => join(docs, path))
    .filter((path) => documentExamples(path).length > 0);
}

function documentExamples(path) {
  return examples(readFileSync(path, 'utf8'), (info) => /^(ts|typescript) run$/.test(info));
}

/** The files of the first example of a folder's README.md. */
function readmeFiles(folder) {
  const readme = join(folder, 'README.md');
  if (!existsSync(readme)) return [];
  const first = examples(readFileSync(readme, 'utf8'), (info) => info === 'ts').slice(0, 1);
  return exampleFiles('readme', 'README.md', first);
}

/** The example files of one folder: that of its README.md, and for the root those of docs/. */
export function exampleFilesOf(folder) {
  if (folder !== root) return readmeFiles(folder);
  const documents = documentsWithExamples().flatMap((path) => {
    const source = relative(root, path).split(sep).join('/');
    return exampleFiles(source.replace(/\.md$/, '').replace(/[^A-Za-z0-9]+/g, '-'), source, documentExamples(path));
  });
  return [...readmeFiles(root), ...documents];
}

/** Extracts the examples of a package or of the root into its `.examples` folder, which git ignores. */
export function extractExamples(folder) {
  const target = join(folder, '.examples');
  const files = new Map(exampleFilesOf(folder));
  if (files.size > 0) mkdirSync(target, { recursive: true });
  const present = existsSync(target) ? readdirSync(target) : [];
  for (const name of present.filter((entry) => !files.has(entry))) rmSync(join(target, name));
  for (const [name, text] of files) {
    const path = join(target, name);
    if (!existsSync(path) || readFileSync(path, 'utf8') !== text) writeFileSync(path, text);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) extractExamples(process.cwd());
