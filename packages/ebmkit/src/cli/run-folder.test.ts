import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readJson, writeJson } from './run-folder.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ebmkit-folder-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('numbers that are not finite come back as they were', async () => {
  const path = join(folder, 'figures.json');
  const figures = {
    name: 'NaN of a kind',
    values: [1.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0.25],
  };
  await writeJson(path, figures);
  expect(await readJson(path)).toEqual(figures);
});

test('an absent file is undefined, and a damaged one is named', async () => {
  expect(await readJson(join(folder, 'absent.json'))).toBeUndefined();
  const path = join(folder, 'damaged.json');
  await writeFile(path, '{');
  await expect(readJson(path)).rejects.toThrow(`${path}: expected JSON that ebmkit wrote`);
});
