import { fillUniform, key, memory, readSync, reference, slice, tensor, useBackend } from '@ebmkit/tensor';
import { beforeAll, expect, it } from 'vitest';
import { smallMachine, tensorsFor } from '../../fixtures/small-machine.js';
import { bernoulli, rbm, transform } from '../index.js';

beforeAll(() => useBackend(reference()));

const machine = rbm({ visible: bernoulli(6), hidden: bernoulli(4) });

it('gives the hidden means of every row, over several batches, and leaves nothing behind', async () => {
  const params = tensorsFor(smallMachine(1));
  const bits = new Float32Array(1200 * 6);
  fillUniform(key(4).words, bits);
  const data = Uint8Array.from(bits, (u) => Number(u < 0.5));
  const rows = tensor(data, [1200, 6]);
  const before = memory().tensors;
  const features = await transform(machine, params, data);
  expect(memory().tensors).toBe(before);
  expect(features).toHaveLength(1200 * 4);
  expect([...features]).toEqual([...readSync(machine.hiddenMean(params, rows))]);
  const last = await transform(machine, params, slice(rows, [1199, 0], [1, 6]));
  expect([...last]).toEqual([...features.slice(-4)]);
  await expect(transform(machine, params, new Float32Array(7))).rejects.toThrow('transform: expected rows of 6 values');
});
