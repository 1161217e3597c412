import { full, key, readSync, type Tensor, zeros } from '@ebmkit/tensor';
import { tfjs } from '@ebmkit/tensor-tfjs';
import { wasm } from '@ebmkit/tensor-wasm';
import { describeContinuousKernel } from '@ebmkit/test-kit';
import { describe, expect, test } from 'vitest';
import { langevin } from '../continuous/langevin.js';
import { mala } from '../continuous/mala.js';
import { sample } from '../drive/sample.js';
import { everyChainMoved } from '../kernel/move-info.js';
import { mix } from './mix.js';
import { repeat } from './repeat.js';

describeContinuousKernel('a mixture of a small and a large step', {
  make: (target, stepSize) => mix([mala(target, { stepSize }), repeat(mala(target, { stepSize: stepSize / 3 }), 2)]),
  stepSizes: [0.2, 0.4],
  stepSizesOf: { correlated: [0.12, 0.25], image: [0.08, 0.12] },
  steps: 1000,
  backends: [
    { name: 'wasm', make: () => wasm({ threads: 1 }) },
    { name: 'tfjs wasm', make: () => tfjs('wasm') },
  ],
});

/** A kernel that puts every chain at one place. */
const to = (place: number) => ({
  init: (position: Tensor) => ({ position }),
  step: (_: unknown, state: { readonly position: Tensor }) => ({
    state: { position: full(state.position.shape, place) },
    info: everyChainMoved(state.position.shape[0] as number),
  }),
});

describe('mix', () => {
  test('uses each kernel as often as its weight says, and reports which', async () => {
    const { draws, stats } = await sample(
      {},
      {
        sampler: () => mix([to(0), to(1), to(2)], { weights: [1, 2, 5] }),
        start: zeros([1, 1]),
        steps: 4000,
        key: key(3),
      },
    );
    [1, 2, 5].forEach((weight, i) => {
      const share = draws.data.filter((x) => x === i).length / 4000;
      const p = weight / 8;
      expect(Math.abs(share - p)).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / 4000));
    });
    expect(Array.from(stats.moves.kernel ?? [])).toEqual(Array.from(draws.data));
  });

  test('keeps the state of a kernel that is used again', () => {
    let inits = 0;
    const counted = (place: number) => ({
      ...to(place),
      eager: true as const,
      init: (position: Tensor) => {
        inits++;
        return { position };
      },
    });
    const kernel = mix([counted(0), counted(1)]);
    let state = kernel.init(zeros([1, 1]), key(0));
    let switches = 0;
    let last = 0;
    for (let i = 0; i < 50; i++) {
      state = kernel.step(key(i), state).state;
      const now = readSync(state.position)[0] as number;
      if (now !== last) switches++;
      last = now;
    }
    expect(inits).toBe(1 + switches);
    expect(switches).toBeGreaterThan(10);
  });

  test('refuses a lone kernel and weights that do not fit', () => {
    expect(() => mix([to(0)])).toThrow(/at least two kernels/);
    expect(() => mix([to(0), to(1)], { weights: [1] })).toThrow(/a positive weight for each/);
    expect(() => mix([to(0), to(1)], { weights: [1, 0] })).toThrow(/a positive weight for each/);
  });

  test('takes kernels whose states differ', () => {
    const target = { energy: (x: Tensor) => full([x.shape[0] as number], 1), gradient: (x: Tensor) => zeros(x.shape) };
    const kernel = mix([langevin(target, { stepSize: 0.1 }), to(1)]);
    let state = kernel.init(zeros([2, 1]), key(0));
    for (let i = 0; i < 8; i++) state = kernel.step(key(i), state).state;
    expect(state.position.shape).toEqual([2, 1]);
  });
});
