import type { Hdf5Dataset, Hdf5Group, Hdf5Value } from './hdf5/hdf5-tree.js';
import { writeHdf5 } from './hdf5/write-hdf5.js';
import type { InferenceArray, InferenceData, InferenceGroup } from './inference-data.js';

/**
 * Writes draws as a NetCDF-4 file, which `arviz.from_netcdf` and xarray open.
 *
 * NetCDF-4 is HDF5 with dimension scales: each axis is an array with its labels, and each array names its axes. The file is
 * not compressed, and is about as large as the draws. It is written by this package itself, which needs a small part of the
 * format; a page that does not call this function does not load it.
 * Near twin: {@link writeZarr} writes a folder of many files, of which readers may fetch parts.
 *
 * @param data - what {@link toInferenceData} gave
 * @returns the bytes of the file, to be written to a file such as `run.nc`
 * @example
 * ```ts
 * await writeFile('run.nc', writeNetcdf(toInferenceData(result)));
 * // In Python: arviz.summary(arviz.from_netcdf('run.nc'))
 * ```
 * @see https://docs.unidata.ucar.edu/netcdf-c/current/file_format_specifications.html
 */
export function writeNetcdf(data: InferenceData): Uint8Array<ArrayBuffer> {
  const groups = Object.entries(data).map(([name, group]) => [name, netcdfGroup(group as InferenceGroup)] as const);
  return writeHdf5({ kind: 'group', members: new Map(groups), attributes: new Map() });
}

function netcdfGroup({ coords, variables, attributes }: InferenceGroup): Hdf5Group {
  const scales = new Map<string, Hdf5Dataset>();
  Object.entries(coords).forEach(([name, labels], place) => {
    const about: [string, Hdf5Value][] = [
      ['CLASS', { kind: 'ascii', text: 'DIMENSION_SCALE' }],
      ['NAME', { kind: 'ascii', text: name }],
      ['_Netcdf4Dimid', { kind: 'integer', value: place }],
    ];
    scales.set(name, { kind: 'dataset', shape: [labels.length], data: labels, attributes: new Map(about) });
  });
  const members = new Map(scales);
  const attached = new Map<string, [Hdf5Dataset, number][]>();
  for (const [name, array] of Object.entries(variables)) {
    const dataset = netcdfVariable(array, scales);
    members.set(name, dataset);
    array.dims.forEach((axis, place) => {
      attached.set(axis, [...(attached.get(axis) ?? []), [dataset, place]]);
    });
  }
  for (const [axis, attachments] of attached) {
    scales.get(axis)?.attributes.set('REFERENCE_LIST', { kind: 'attachments', attachments });
  }
  const about = Object.entries(attributes).map(([name, text]) => [name, { kind: 'text', text }] as const);
  return { kind: 'group', members, attributes: new Map<string, Hdf5Value>(about) };
}

function netcdfVariable(
  { dims, shape, data, boolean }: InferenceArray,
  axes: ReadonlyMap<string, Hdf5Dataset>,
): Hdf5Dataset {
  const scales = dims.map((axis) => axes.get(axis) as Hdf5Dataset);
  const about: [string, Hdf5Value][] = [['DIMENSION_LIST', { kind: 'scales', scales }]];
  if (boolean) about.push(['dtype', { kind: 'text', text: 'bool' }]);
  return { kind: 'dataset', shape, data, attributes: new Map(about) };
}
