import { memory } from '@ebmkit/tensor';
import { describe, expect, it } from 'vitest';
import { judge } from '../judge.js';
import { workloads } from './all-workloads.js';

describe.each(workloads.map((workload) => [workload.name, workload] as const))('%s', (_, workload) => {
  it('does one tiny round on the reference backend, passes its own checks and leaves nothing behind', async () => {
    const before = memory().tensors;
    const inputs = await workload.inputs(workload.tiny);
    const prepared = await workload.prepare(workload.tiny, inputs);
    await prepared.run();
    const quality = await prepared.quality();
    prepared.release();
    const expected = workload.expected?.(workload.tiny, inputs) ?? {};
    expect(judge(quality, expected)).toEqual([]);
    expect(Object.values(quality).every(({ mean, error }) => Number.isFinite(mean) && error >= 0)).toBe(true);
    for (const name of Object.keys(workload.agreed ?? {})) expect(quality).toHaveProperty(name);
    expect(memory().tensors).toBe(before);
  });

  it('has sizes with names of their own, and demands that are positive', () => {
    const sizes = workload.rows.map(({ size }) => size);
    expect(new Set(sizes).size).toBe(sizes.length);
    for (const { parameters } of workload.rows) {
      expect(workload.demand?.(parameters).flops ?? 1).toBeGreaterThan(0);
      expect(workload.throughput?.(parameters).perRun ?? 1).toBeGreaterThan(0);
    }
  });
});
