import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bernoulli, freeEnergies, type RbmParameters, rbm } from '@ebmkit/boltzmann';
import { encodeTree, loadCheckpoint } from '@ebmkit/checkpoint';
import { fromPlain } from '@ebmkit/tensor';
import { describe, expect, it } from 'vitest';

const path = (name: string) => fileURLToPath(new URL(`../interop/${name}`, import.meta.url));

describe('a model saved by ebmkit and opened by PyTorch', () => {
  it('has the same free energies to 1e-4', async () => {
    const { tree } = await loadCheckpoint<RbmParameters>(path('model.safetensors'));
    const machine = rbm({ visible: bernoulli(784), hidden: bernoulli(20) });
    const rows = Uint8Array.from(readFileSync(path('rows.txt'), 'utf8').replaceAll('\n', ''), Number);
    const energies = await freeEnergies(machine, fromPlain(tree), rows);
    const known = JSON.parse(readFileSync(path('free-energies.json'), 'utf8')) as { freeEnergies: number[] };
    expect(energies.length).toBe(8);
    known.freeEnergies.forEach((expected, row) => {
      expect(Math.abs((energies[row] as number) - expected)).toBeLessThan(1e-4);
    });
  });

  it('is the file that this version writes', async () => {
    const { tree, metadata } = await loadCheckpoint(path('model.safetensors'));
    const bytes = await encodeTree(tree, metadata);
    expect(Buffer.compare(bytes, readFileSync(path('model.safetensors')))).toBe(0);
  });
});
