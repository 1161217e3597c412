import { key, memory, reference, type Tensor, useBackend, zeros } from '@ebmkit/tensor';
import { beforeAll, expect, it } from 'vitest';
import { isingLattice, pottsLattice } from '../index.js';

beforeAll(async () => {
  await useBackend(reference());
});

const ising = isingLattice({ size: [4, 4], beta: 0.3, field: 0.2 });
const potts = pottsLattice({ size: [4, 4], states: 3, beta: 0.3 });
const functions: Readonly<Record<string, () => () => Tensor>> = {
  'isingLattice.energy': () => {
    const x = ising.random(key(1), 3);
    return () => ising.energy(x);
  },
  'isingLattice.random': () => () => ising.random(key(1), 3),
  'isingLattice.aligned': () => () => ising.aligned(3),
  'pottsLattice.energy': () => {
    const x = potts.random(key(1), 3);
    return () => potts.energy(x);
  },
  'pottsLattice.relaxed': () => {
    const x = zeros([2, 4, 4, 3]);
    return () => potts.relaxed?.(x) as Tensor;
  },
  'pottsLattice.random': () => () => potts.random(key(1), 3),
  'pottsLattice.aligned': () => () => potts.aligned(3),
};

it.each(Object.entries(functions))('%s leaves only what it gives', (_, prepare) => {
  const f = prepare();
  const before = memory().tensors;
  f();
  expect(memory().tensors).toBe(before + 1);
});
