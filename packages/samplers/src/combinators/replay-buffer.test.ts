import { gaussian } from '@ebmkit/energy';
import { add, full, key, memory, range, readSync, reshape, retire, type Tensor, tensor, zeros } from '@ebmkit/tensor';
import { describe, expect, test } from 'vitest';
import { langevin } from '../continuous/langevin.js';
import { everyChainMoved } from '../kernel/move-info.js';
import { repeat } from './repeat.js';
import { replayBuffer } from './replay-buffer.js';

const dtypes = ['float32', 'int32', 'bool'] as const;

/** A kernel that adds 1000 to every number. */
const mark = {
  init: (position: Tensor) => ({ position }),
  step: (_: unknown, { position }: { readonly position: Tensor }) => ({
    state: { position: add(position, 1000) },
    info: everyChainMoved(position.shape[0] as number),
  }),
};

const numbered = (capacity: number): Tensor => reshape(range(capacity, 'float32'), [capacity, 1]);
const never = (_: unknown, count: number): Tensor => full([count, 1], -7);

describe('replayBuffer', () => {
  test('puts each chain back into the place that it was taken from, and touches no other', () => {
    const kernel = replayBuffer(mark, { capacity: 20, reinitialise: 0, draw: never });
    const start = kernel.init(zeros([6, 1]), key(0));
    const { state } = kernel.step(key(3), { ...start, buffer: numbered(20) });
    const buffer = Array.from(readSync(state.buffer));
    const moved = buffer.filter((x) => x >= 1000);
    expect(moved.length).toBe(6);
    buffer.forEach((x, place) => {
      expect(x % 1000).toBe(place);
    });
    expect(new Set(readSync(state.position))).toEqual(new Set(moved));
  });

  test('takes every place equally often, and never one twice in a step', () => {
    const kernel = replayBuffer(mark, { capacity: 12, reinitialise: 0, draw: never });
    let state = { ...kernel.init(zeros([4, 1]), key(0)), buffer: zeros([12, 1]) };
    for (let i = 0; i < 600; i++) {
      ({ state } = kernel.step(key(i), state));
      expect(Array.from(readSync(state.buffer)).reduce((a, b) => a + b, 0)).toBe(4000 * (i + 1));
    }
    const visits = Array.from(readSync(state.buffer), (x) => x / 1000);
    const [mean, variance] = [200, 600 * (1 / 3) * (2 / 3)];
    for (const count of visits) expect(Math.abs(count - mean)).toBeLessThan(5 * Math.sqrt(variance));
  });

  test('begins the given share of chains anew', () => {
    const kernel = replayBuffer(mark, { capacity: 5000, reinitialise: 0.3, draw: never });
    const { state } = kernel.step(key(1), kernel.init(zeros([2000, 1]), key(0)));
    const old = kernel.init(zeros([2000, 1]), key(0));
    expect(Array.from(readSync(old.buffer)).filter((x) => x === -7).length).toBe(3000);
    const fromBuffer = kernel.step(key(1), { ...old, buffer: zeros([5000, 1]) }).state;
    const fresh = Array.from(readSync(fromBuffer.position)).filter((x) => x === 993).length / 2000;
    expect(Math.abs(fresh - 0.3)).toBeLessThan(5 * Math.sqrt((0.3 * 0.7) / 2000));
    expect(state.position.shape).toEqual([2000, 1]);
  });

  test.each(dtypes)('holds %s states', (dtype) => {
    const stay = {
      ...mark,
      step: (_: unknown, state: { readonly position: Tensor }) => ({ state, info: everyChainMoved(2) }),
    };
    const kernel = replayBuffer(stay, { capacity: 4, draw: (_, count) => full([count, 3], 1, dtype) });
    const { state } = kernel.step(key(2), kernel.init(full([2, 3], 1, dtype), key(0)));
    expect(state.buffer.dtype).toBe(dtype);
    expect(Array.from(readSync(state.buffer))).toEqual(Array.from({ length: 12 }, () => 1));
  });

  test('its chains are those of the kernel, and it leaks nothing over a thousand steps', () => {
    const target = gaussian({ mean: [1] });
    const before = memory();
    const start = zeros([8, 1]);
    const kernel = replayBuffer(repeat(langevin(target, { stepSize: 0.2 }), 3), {
      capacity: 30,
      draw: (_, n) => zeros([n, 1]),
    });
    let state = kernel.init(start, key(0));
    const counts = new Set<number>();
    for (let i = 0; i < 1000; i++) {
      const next = kernel.step(key(i), state);
      retire(state, [next, start]);
      retire(next.info, [next.state, start]);
      ({ state } = next);
      counts.add(memory().tensors);
    }
    expect(counts.size).toBe(1);
    const mean = Array.from(readSync(state.buffer)).reduce((a, b) => a + b, 0) / 30;
    expect(Math.abs(mean - 1)).toBeLessThan(5 * Math.sqrt(1.2 / 30) + 0.1);
    retire([state, start], undefined);
    expect(memory()).toEqual(before);
  });

  test('refuses wrong options and draws that do not fit', () => {
    expect(() => replayBuffer(mark, { capacity: 0, draw: never })).toThrow(/capacity must be/);
    expect(() => replayBuffer(mark, { capacity: 5, reinitialise: 2, draw: never })).toThrow(/share from 0 to 1/);
    const small = replayBuffer(mark, { capacity: 3, draw: never });
    expect(() => small.init(zeros([4, 1]), key(0))).toThrow(/at most 3 chains/);
    const wrong = replayBuffer(mark, { capacity: 5, draw: (_, count) => zeros([count, 2]) });
    expect(() => wrong.init(tensor([[1]]), key(0))).toThrow(/expected draw\(key, 4\) to give float32 \[4, 1\]/);
  });
});
