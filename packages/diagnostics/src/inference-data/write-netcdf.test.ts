import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import h5wasm, { type Dataset, type Group } from 'h5wasm/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type InferenceGroup, toInferenceData, writeNetcdf } from '../index.js';
import { lookup3 } from './hdf5/lookup3.js';

const folder = mkdtempSync(join(tmpdir(), 'netcdf-'));
beforeAll(() => h5wasm.ready);
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Opens bytes with the HDF5 library of the HDF Group, compiled to WebAssembly. */
function open(bytes: Uint8Array) {
  const path = join(folder, 'run.nc');
  writeFileSync(path, bytes);
  return new h5wasm.File(path, 'r');
}

const data = toInferenceData(
  {
    draws: {
      theta: { data: Float32Array.from({ length: 30 }, (_, i) => i / 4), shape: [5, 2, 3] },
      spin: { data: Int32Array.from({ length: 10 }, (_, i) => i % 3), shape: [5, 2] },
      fine: { data: Array.from({ length: 10 }, (_, i) => i / 10), shape: [5, 2] },
    },
    stats: { energies: Float32Array.from({ length: 10 }, (_, i) => i), acceptanceRate: [0.5, 0.25] },
  },
  {
    dims: { theta: ['feature'] },
    coords: { feature: ['weight', 'größe', ''] },
    divergences: [0, 0, 1, 0, 0, 0, 0, 0, 0, 0],
    attributes: { sampler: 'mala', note: 'größe' },
  },
);
const bytes = writeNetcdf(data);

describe('lookup3', () => {
  it.each([
    ['', 0xdeadbeef],
    ['Four score and seven years ago', 0x17770551],
  ])('has the known answer for "%s"', (text, sum) => {
    expect(lookup3(new TextEncoder().encode(text))).toBe(sum);
  });
});

describe('writeNetcdf', () => {
  it('is a file that the HDF5 library opens, with groups and arrays in their order', () => {
    const file = open(bytes);
    expect(file.keys()).toEqual(['posterior', 'sample_stats']);
    const posterior = file.get('posterior') as Group;
    expect([...posterior.keys()].sort()).toEqual(['chain', 'draw', 'feature', 'fine', 'spin', 'theta']);
    file.close();
  });

  it('holds every number and label', () => {
    const file = open(bytes);
    for (const [name, group] of Object.entries(data) as [string, InferenceGroup][]) {
      for (const [variable, array] of Object.entries(group.variables)) {
        const dataset = file.get(`${name}/${variable}`) as Dataset;
        expect(dataset.shape).toEqual(array.shape);
        expect(dataset.value).toEqual(array.data);
      }
      for (const [axis, labels] of Object.entries(group.coords)) {
        const value = (file.get(`${name}/${axis}`) as Dataset).value as ArrayLike<unknown>;
        expect(Array.from(value)).toEqual(Array.from<unknown>(labels));
      }
    }
    file.close();
  });

  it('says what numbers are, and what is known about the groups', () => {
    const file = open(bytes);
    const dtype = (path: string) => (file.get(path) as Dataset).dtype;
    expect(['theta', 'spin', 'fine', 'feature'].map((name) => dtype(`posterior/${name}`))).toEqual([
      '<f',
      '<i',
      '<d',
      'S',
    ]);
    expect(dtype('sample_stats/diverging')).toBe('<b');
    expect((file.get('sample_stats/diverging') as Dataset).attrs.dtype?.value).toBe('bool');
    const { attrs } = file.get('posterior') as Group;
    expect(Object.fromEntries(Object.entries(attrs).map(([key, { value }]) => [key, value]))).toEqual({
      creation_library: 'ebmkit',
      inference_library: 'ebmkit',
      sampler: 'mala',
      note: 'größe',
    });
    file.close();
  });

  it('attaches the scale of each axis, so that netCDF finds the names of axes', () => {
    const file = open(bytes);
    const theta = file.get('posterior/theta') as Dataset;
    expect([0, 1, 2].map((axis) => theta.get_attached_scales(axis))).toEqual([
      ['/posterior/chain'],
      ['/posterior/draw'],
      ['/posterior/feature'],
    ]);
    const feature = file.get('posterior/feature') as Dataset;
    expect(feature.get_scale_name()).toBe('feature');
    const attachments = (path: string) =>
      (file.get(path) as Dataset).attrs.REFERENCE_LIST?.value as [unknown, number][];
    expect(attachments('posterior/feature').map(([, axis]) => axis)).toEqual([2]);
    expect(attachments('posterior/draw').map(([, axis]) => axis)).toEqual([1, 1, 1]);
    file.close();
  });

  it('holds more members and labels than one block of the format has room for', () => {
    const names = Array.from({ length: 300 }, (_, i) => `scalar number ${i}`);
    const draws = Object.fromEntries(names.map((name, i) => [name, { data: [i, i + 0.5], shape: [2, 1] }]));
    const long = { data: new Float32Array(70_000), shape: [1, 1, 70_000] };
    const labels = Array.from({ length: 70_000 }, (_, i) => `pixel ${i}`);
    const many = toInferenceData({ draws }, {});
    const file = open(writeNetcdf(many));
    expect((file.get('posterior') as Group).keys()).toHaveLength(302);
    expect((file.get('posterior/scalar number 299') as Dataset).value).toEqual(Float64Array.of(299, 299.5));
    file.close();
    const wide = open(
      writeNetcdf(toInferenceData({ draws: long }, { dims: { x: ['pixel'] }, coords: { pixel: labels } })),
    );
    expect((wide.get('posterior/pixel') as Dataset).value).toEqual(labels);
    wide.close();
  });

  it('is the same file for the same draws', () => {
    expect(Buffer.compare(writeNetcdf(data), bytes)).toBe(0);
    expect([...bytes.subarray(0, 12)]).toEqual([0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a, 2, 8, 8, 0]);
  });
});
