import { describe, expect, it } from 'vitest';
import { toInferenceData, writeZarr } from '../index.js';

const files = writeZarr(
  toInferenceData(
    { draws: { data: Float32Array.of(1, 2, 3, 4), shape: [2, 1, 2] } },
    { dims: { x: ['f'] }, coords: { f: ['a', 'bé'] }, divergences: [0, 1] },
  ),
);
const json = (path: string) => JSON.parse(new TextDecoder().decode(files[path])) as Record<string, unknown>;

describe('writeZarr', () => {
  it('has one file that describes each array and one with its numbers', () => {
    expect(json('posterior/x/.zarray')).toMatchObject({
      zarr_format: 2,
      shape: [1, 2, 2],
      chunks: [1, 2, 2],
      dtype: '<f4',
    });
    expect(json('posterior/x/.zattrs')).toEqual({ _ARRAY_DIMENSIONS: ['chain', 'draw', 'f'] });
    expect(new Float32Array(files['posterior/x/0.0.0']?.slice().buffer ?? new ArrayBuffer(0))).toEqual(
      Float32Array.of(1, 2, 3, 4),
    );
    expect(json('sample_stats/diverging/.zarray').dtype).toBe('|b1');
    expect([...(files['sample_stats/diverging/0.0'] ?? [])]).toEqual([0, 1]);
  });

  it('writes texts as code points of equal length', () => {
    expect(json('posterior/f/.zarray')).toMatchObject({ dtype: '<U2', shape: [2] });
    expect(new Int32Array(files['posterior/f/0']?.slice().buffer ?? new ArrayBuffer(0))).toEqual(
      Int32Array.of(97, 0, 98, 233),
    );
  });

  it('gathers all descriptions in one file', () => {
    const { metadata } = json('.zmetadata') as { metadata: Record<string, unknown> };
    const described = Object.keys(files).filter((path) => path !== '.zmetadata' && /\.z\w+$/.test(path));
    expect(Object.keys(metadata).sort()).toEqual(described.sort());
    expect(metadata['posterior/x/.zarray']).toEqual(json('posterior/x/.zarray'));
  });
});
