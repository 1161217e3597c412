import type { Coordinate } from './axes.js';
import { type Bytes, numberBytes, utf8 } from './hdf5/byte-writer.js';
import type { InferenceArray, InferenceData, InferenceGroup } from './inference-data.js';

/** An array of a Zarr store: its attributes, its metadata and its one chunk. */
type Files = Record<string, Bytes>;

/**
 * Writes draws as a Zarr store of version 2, which `arviz.from_zarr` and xarray open.
 *
 * A store is a folder: each array has a file that describes it and one, not compressed, with its numbers. Near twin:
 * {@link writeNetcdf} writes one file.
 *
 * @param data - what {@link toInferenceData} gave
 * @returns the bytes of each file by its path inside the store, such as `posterior/x/0.0.0`
 * @example
 * ```ts
 * for (const [path, bytes] of Object.entries(writeZarr(toInferenceData(result)))) {
 *   await mkdir(dirname(`run.zarr/${path}`), { recursive: true });
 *   await writeFile(`run.zarr/${path}`, bytes);
 * }
 * ```
 * @see https://zarr-specs.readthedocs.io/en/latest/v2/v2.0.html
 */
export function writeZarr(data: InferenceData): Readonly<Record<string, Uint8Array>> {
  const files: Files = { ...groupFiles('', {}) };
  for (const [name, group] of Object.entries(data) as [string, InferenceGroup][]) {
    Object.assign(files, groupFiles(`${name}/`, group.attributes));
    for (const [axis, labels] of Object.entries(group.coords)) {
      Object.assign(files, labelFiles(`${name}/${axis}/`, axis, labels));
    }
    for (const [variable, array] of Object.entries(group.variables)) {
      Object.assign(files, arrayFiles(`${name}/${variable}/`, array));
    }
  }
  const described = Object.entries(files).filter(([path]) => /(^|\/)\.z(group|array|attrs)$/.test(path));
  const metadata = Object.fromEntries(
    described.map(([path, bytes]) => [path, JSON.parse(new TextDecoder().decode(bytes))]),
  );
  return { ...files, '.zmetadata': json({ zarr_consolidated_format: 1, metadata }) };
}

function json(value: unknown): Bytes {
  return utf8(JSON.stringify(value, null, 1));
}

function groupFiles(path: string, attributes: Readonly<Record<string, string>>): Files {
  return { [`${path}.zgroup`]: json({ zarr_format: 2 }), [`${path}.zattrs`]: json(attributes) };
}

function arrayFiles(path: string, { dims, shape, data, boolean }: InferenceArray): Files {
  const type = boolean ? '|b1' : data instanceof Int8Array ? '|i1' : numberType(data);
  return chunkFiles(path, dims, shape, type, numberBytes(data));
}

function labelFiles(path: string, axis: string, labels: Coordinate): Files {
  if (labels instanceof Int32Array || labels instanceof Float64Array) {
    return chunkFiles(path, [axis], [labels.length], numberType(labels), numberBytes(labels));
  }
  const letters = labels.map((label) => Array.from(label, (letter) => letter.codePointAt(0) ?? 0));
  const longest = Math.max(1, ...letters.map(({ length }) => length));
  const codes = new Int32Array(labels.length * longest);
  letters.forEach((list, index) => {
    codes.set(list, index * longest);
  });
  return chunkFiles(path, [axis], [labels.length], `<U${longest}`, numberBytes(codes));
}

function numberType(data: Float32Array | Float64Array | Int8Array | Int32Array): string {
  return `<${data instanceof Int32Array ? 'i' : 'f'}${data.BYTES_PER_ELEMENT}`;
}

/** One array as one chunk. */
function chunkFiles(
  path: string,
  dims: readonly string[],
  shape: readonly number[],
  dtype: string,
  bytes: Bytes,
): Files {
  const about = {
    zarr_format: 2,
    shape,
    chunks: shape,
    dtype,
    order: 'C',
    compressor: null,
    filters: null,
    fill_value: null,
  };
  return {
    [`${path}.zarray`]: json(about),
    [`${path}.zattrs`]: json({ _ARRAY_DIMENSIONS: dims }),
    [`${path}${shape.map(() => 0).join('.')}`]: bytes,
  };
}
