import { EbmError, isTensor, read, ShapeError, slice, type Tensor, tensor } from '@ebmkit/tensor';
import { checkStates } from '../rbm/layers.js';
import type { Site, Units } from '../units/units.js';
import { checkSites } from './site-changes.js';

/**
 * Data to evaluate, one state a row: a tensor `[n, V]`, or a typed array of `n * V` numbers, row by row. Every number of
 * a `Uint8Array` must be one that its unit may have: 0 or 1 for bits and for groups of softmax units, which must have one 1; counts of words. Spins of
 * −1 do not fit into one, and reals are taken to be 0 or 1.
 */
export type Rows = Tensor | Float32Array | Float64Array | Uint8Array;

/** Rows of known number, cut into batches on demand. */
export interface RowSource {
  /** How many rows there are. */
  readonly count: number;
  /** Rows `first` to `first + size` − 1 as a new tensor, or the tensor itself when that is all of it. */
  readonly batch: (first: number, size: number) => Tensor;
}

/** What must be known of a layer to check its rows. */
export type RowUnits = Pick<Units, 'size' | 'sites' | 'copies' | 'parts'>;

/** A layer each of whose numbers is a site of its own: for rows that are states in part only. */
export function numberByNumber({ size, sites, copies, parts }: RowUnits): RowUnits {
  const columns = sites?.flatMap((site) =>
    (site[0] ?? []).map((_, i) => [...new Set(site.map((vector) => vector[i] as number))].map((x) => [x])),
  );
  return {
    size,
    ...(columns && { sites: columns }),
    ...(copies && { copies }),
    ...(parts && { parts: parts.map(numberByNumber) }),
  };
}

const bit: Site = [[0], [1]];
const anyByte: Site = Array.from({ length: 256 }, (_, x) => [x]);

/** The sites that bytes of a layer are checked by, part by part: its own, any numbers for counts, or else bits. */
function byteSites({ size, sites, copies, parts }: RowUnits): readonly Site[] {
  return parts?.flatMap(byteSites) ?? sites ?? Array<Site>(size).fill(copies ? anyByte : bit);
}

/** Opens data for reading in batches, after a check of its shape, and of the numbers of a `Uint8Array`. */
export function openRows(where: string, units: RowUnits, data: Rows): RowSource {
  const { size: width, copies } = units;
  if (isTensor(data)) {
    checkStates(where, units, data);
    return {
      count: data.shape[0] as number,
      batch: (first, size) => slice(data, [first, 0], [size, width]),
    };
  }
  if (!(data instanceof Float32Array || data instanceof Float64Array || data instanceof Uint8Array))
    throw new EbmError(
      'argument',
      `${where}: expected a tensor or a typed array of rows of ${width}, got ${typeof data}.`,
    );
  if (data.length % width !== 0)
    throw new ShapeError(`${where}: expected rows of ${width} values, got ${data.length} values in all.`);
  if (data instanceof Uint8Array) checkSites(where, { size: width, sites: byteSites(units) }, data);
  return {
    count: data.length / width,
    batch: (first, size) => {
      const part = data.subarray(first * width, (first + size) * width);
      // Bytes become bool tensors; counts are numbers.
      return tensor(copies ? Float32Array.from(part) : part, [size, width]);
    },
  };
}

/** Like `openRows`, and throws unless every site of every row holds one of its vectors, whatever the data comes in. */
export async function openStates(where: string, units: RowUnits, data: Rows): Promise<RowSource> {
  const rows = openRows(where, units, data);
  if (!(data instanceof Uint8Array)) checkSites(where, units, isTensor(data) ? await read(data) : data);
  return rows;
}
