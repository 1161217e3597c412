import { free, jit, type Key, key, normal, readSync } from '@ebmkit/tensor';
import { estimateOf } from '../statistics.js';
import { workload } from '../workload.js';

/** How many numbers a run draws. */
export type NormalsSize = {
  /** Numbers of one draw. */
  readonly count: number;
  /** Draws of a run. */
  readonly repeats: number;
};

/** Standard normal numbers into memory. */
export const standardNormals = workload<NormalsSize>({
  name: 'standard-normals',
  group: 'Loops that energy-based models consist of',
  title: 'Standard normal numbers',
  rows: [
    { size: '16k', parameters: { count: 1 << 14, repeats: 128 } },
    { size: '4M', parameters: { count: 1 << 22, repeats: 1 } },
  ],
  tiny: { count: 4096, repeats: 1 },
  peers: ['torch', 'numpy', 'jax', 'jax-js'],
  inputs: () => ({}),
  prepare: ({ count, repeats }) => {
    const draw = jit((k: Key) => normal(k, [count]));
    let seed = 1;
    return {
      run: () => {
        for (let i = 0; i < repeats; i++) free(draw(key(seed++)));
      },
      quality: () => {
        const numbers = draw(key(seed++));
        const values = readSync(numbers);
        free(numbers);
        return {
          mean: estimateOf(values),
          secondMoment: estimateOf(values, (x) => x * x),
          fourthMoment: estimateOf(values, (x) => x ** 4),
        };
      },
      release: () => draw.clear(),
    };
  },
  demand: ({ count, repeats }) => ({
    flops: 25 * count * repeats,
    words: count * repeats,
    bytes: count * 4 > 1 << 21 ? count * repeats * 4 : 0,
  }),
  throughput: ({ count, repeats }) => ({ unit: 'G/s', perRun: (count * repeats) / 1e9 }),
  expected: () => ({
    mean: { mean: 0, error: 0 },
    secondMoment: { mean: 1, error: 0 },
    fourthMoment: { mean: 3, error: 0 },
  }),
});
