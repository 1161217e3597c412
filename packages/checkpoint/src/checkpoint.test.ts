import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { key, type Tensor, tensor, toPlain } from '@ebmkit/tensor';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { encodeTree, loadCheckpoint, saveCheckpoint } from './index.js';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ebmkit-checkpoint-'));
});
afterEach(async () => {
  vi.unstubAllGlobals();
  await rm(folder, { recursive: true });
});

describe('saveCheckpoint and loadCheckpoint', () => {
  it('give back the tree and leave one file', async () => {
    const path = join(folder, 'model.safetensors');
    const tree = { weights: tensor([[1, 2]]), seed: key(3) };
    await saveCheckpoint(path, tree, { epoch: '4' });
    await saveCheckpoint(path, tree, { epoch: '5' });
    const loaded = await loadCheckpoint<{ weights: Tensor }>(path);
    expect(loaded.tree).toEqual(await toPlain(tree));
    expect(loaded.metadata).toEqual({ epoch: '5' });
    expect(await readdir(folder)).toEqual(['model.safetensors']);
  });

  it('show a reader the old file or the new one, never a part', async () => {
    const path = join(folder, 'model.safetensors');
    const trees = [1, 2].map((value) => ({ x: tensor(new Float32Array(200_000).fill(value)) }));
    const whole = await Promise.all(trees.map((tree) => encodeTree(tree)));
    await saveCheckpoint(path, trees[0]);
    let saving = true;
    const reader = (async () => {
      let reads = 0;
      while (saving) {
        const bytes = await readFile(path);
        expect(whole.some((candidate) => Buffer.compare(bytes, candidate) === 0)).toBe(true);
        reads++;
      }
      return reads;
    })();
    for (let i = 0; i < 20; i++)
      await Promise.all([saveCheckpoint(path, trees[i % 2]), saveCheckpoint(path, trees[0])]);
    saving = false;
    expect(await reader).toBeGreaterThan(5);
    expect(await readdir(folder)).toEqual(['model.safetensors']);
  });

  it('keep the old file when writing fails, and tidy up', async () => {
    const path = join(folder, 'taken');
    await mkdir(join(path, 'full'), { recursive: true });
    await expect(saveCheckpoint(path, { x: 1 })).rejects.toThrow();
    expect(await readdir(folder)).toEqual(['taken']);
    await expect(saveCheckpoint(join(folder, 'absent', 'x'), { x: 1 })).rejects.toThrow('ENOENT');
  });

  it('say what is wrong with a file', async () => {
    await expect(loadCheckpoint(join(folder, 'absent'))).rejects.toThrow(
      /loadCheckpoint: .*absent cannot be read \(ENOENT/,
    );
    await writeFile(join(folder, 'text'), 'this is not a checkpoint at all');
    await expect(loadCheckpoint(join(folder, 'text'))).rejects.toThrow('not safetensors');
  });

  it('say so where there are no files', async () => {
    vi.stubGlobal('process', undefined);
    await expect(loadCheckpoint('x')).rejects.toThrow('loadCheckpoint: files need Node.js');
  });
});
