import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, expect, test } from 'vitest';
import { add, detectLeaks, free, type Leak, memory, scoped, type Tensor, zeros } from './index.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const kept: Tensor[] = [];
afterAll(() => {
  free(kept);
});

/** Collects garbage until the condition holds, at most so many times. */
async function collectUntil(done: () => boolean, rounds = 50): Promise<void> {
  for (let i = 0; i < rounds && !done(); i++) {
    collect();
    await setImmediate();
  }
}

/** Makes tensors in a frame of its own, so that no stack slot of the test refers to them. */
function makeTensors(): void {
  zeros([2, 3], 'int32');
  free(zeros([5]));
  kept.push(zeros([7]));
  kept.push(scoped(() => add(zeros([9]), 1)));
}

test('reports what is collected unfreed, with where it was made, and nothing after it was stopped', async () => {
  const leaks: Leak[] = [];
  const before = memory().tensors;
  const stop = detectLeaks((leak) => leaks.push(leak));
  makeTensors();
  await collectUntil(() => leaks.length > 0);
  await collectUntil(() => false, 5);
  expect(leaks.map(({ shape, dtype }) => ({ shape, dtype }))).toEqual([{ shape: [2, 3], dtype: 'int32' }]);
  expect(leaks[0]?.madeAt).toContain('makeTensors');
  expect(memory().tensors).toBe(before + 3);

  const witnessed: Leak[] = [];
  makeTensors();
  stop();
  const stopWitness = detectLeaks((leak) => witnessed.push(leak));
  makeTensors();
  await collectUntil(() => witnessed.length > 0);
  stopWitness();
  expect(witnessed).toHaveLength(1);
  expect(leaks).toHaveLength(1);
});
