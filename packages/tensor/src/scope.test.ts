import { describe, expect, test } from 'vitest';
import { EbmError } from './errors.js';
import { add, exp, mul, readSync, tensor, zeros } from './index.js';
import { key } from './key.js';
import { free, isFreed, keep, memory, retire, runScoped, scoped } from './scope.js';
import type { Tensor } from './tensor.js';

const x = tensor([1, 2]);

/** How many tensors a function leaves alive. */
function leftBy(f: () => unknown): number {
  const before = memory().tensors;
  f();
  return memory().tensors - before;
}

describe('scoped', () => {
  test('frees what was made inside, except what is returned in any plain tree', () => {
    let inner: Tensor | undefined;
    const before = memory();
    const { kept, list } = scoped(() => {
      inner = exp(x);
      return { kept: add(inner, 1), list: [mul(x, 2), key(1), 'text', null], map: new Map([['a', 1]]) };
    });
    expect([isFreed(inner as Tensor), isFreed(kept), isFreed(list[0] as Tensor)]).toEqual([true, false, false]);
    expect(memory().tensors - before.tensors).toBe(2);
    expect(memory().bytes - before.bytes).toBe(16);
    free([kept, list]);
    expect(memory()).toEqual(before);
  });

  test('does not touch what was made outside', () => {
    expect(leftBy(() => scoped(() => x))).toBe(0);
    expect(isFreed(x)).toBe(false);
  });

  test('nests: what an inner scope returns belongs to the outer one', () => {
    let middle: Tensor | undefined;
    const left = leftBy(() =>
      scoped(() => {
        middle = scoped(() => exp(add(x, 1)));
        expect(isFreed(middle)).toBe(false);
        scoped(() => mul(middle as Tensor, 2));
      }),
    );
    expect([left, isFreed(middle as Tensor)]).toEqual([0, true]);
  });

  test('what an inner scope returns stays with the scope that made it', () => {
    const left = leftBy(() =>
      scoped(() => {
        const outer = exp(x);
        scoped(() => {
          scoped(() => [exp(x), outer]);
        });
        expect(isFreed(outer)).toBe(false);
      }),
    );
    expect(left).toBe(0);
  });

  test('frees everything when the function throws, and the next scope works', () => {
    const left = leftBy(() =>
      expect(() =>
        scoped(() => {
          exp(x);
          throw new RangeError('stop');
        }),
      ).toThrow(RangeError),
    );
    expect(left).toBe(0);
    expect(leftBy(() => scoped(() => exp(x)) && undefined)).toBe(1);
  });

  test('refuses a promise, and frees what was made before the first await', () => {
    const run = () => runScoped(() => Promise.resolve(exp(x)));
    expect(
      leftBy(() => expect(run).toThrow('scoped: expected a synchronous function, got one that returns a promise.')),
    ).toBe(0);
    expect(run).toThrow(EbmError);
  });

  test('keep takes a tensor out of every scope', () => {
    const kept: Tensor[] = [];
    expect(leftBy(() => scoped(() => scoped(() => void kept.push(keep(exp(x))))))).toBe(1);
    free(kept);
  });
});

describe('free and retire', () => {
  test('freeing twice is harmless, using a freed tensor throws', () => {
    const y = exp(x);
    free({ y, list: [y] });
    free(y);
    expect(() => add(y, 1)).toThrow(
      'add: this tensor of shape [2] has been freed. Return it from scoped(), or free it later.',
    );
    expect(() => readSync(y)).toThrow('readSync: this tensor of shape [2] has been freed.');
  });

  test('retire frees what the previous state holds and the next does not', () => {
    const [a, b, c] = [exp(x), exp(x), exp(x)];
    retire({ position: a, cached: b }, { position: a, cached: c });
    expect([a, b, c].map(isFreed)).toEqual([false, true, false]);
    retire({ a, c }, null);
    expect([a, c].map(isFreed)).toEqual([true, true]);
  });

  test('memory counts tensors and bytes: 4 a number, 1 a bool', () => {
    const before = memory();
    const all = [zeros([3]), zeros([3], 'bool'), zeros([2], 'int32'), zeros([0])];
    expect([memory().tensors - before.tensors, memory().bytes - before.bytes]).toEqual([4, 23]);
    free(all);
    expect(memory()).toEqual(before);
  });
});
