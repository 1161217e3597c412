import type { I32 } from '../assembler/expression.js';
import { int } from '../assembler/scalar.js';
import { i32 } from './instructions.js';
import { streamBytes } from './stream.js';

/** Bytes before and after the spins of a row: neighbours across the edge are copied there. */
const margin = 16;
/** Sites of a strip, at least. */
const sitesPerStream = 8192;
/** Lattices of so many sites are shared between threads strip by strip; smaller ones stay whole. */
const sitesWorthSharing = 2 ** 17;
/** So many whole lattices keep all threads busy. */
const enoughUnits = 8;

/**
 * How lattices lie in memory while they are swept: two planes, one for each colour of the checkerboard, of one byte for each
 * spin, 0xff for up. A row is a line along the last axis, which holds every other site of it in each plane.
 */
export interface LatticeLayout {
  /** The sides of a lattice. */
  readonly size: readonly number[];
  /** Rows of all lattices. */
  readonly rows: number;
  /** Spins of a row in one plane. */
  readonly half: number;
  /** Bytes from one row to the next. */
  readonly stride: number;
  /** Rows that one stream of random words serves: a strip of a lattice, or a whole one. */
  readonly rowsPerUnit: number;
  /** How many streams there are. */
  readonly units: number;
  /** Whether units are whole lattices, which need not wait for each other. */
  readonly isWhole: boolean;
  /** Where the streams begin in the scratch memory, after the table. */
  readonly streams: number;
  /** Where each plane begins. */
  readonly planes: readonly [number, number];
  /** Bytes of scratch memory. */
  readonly bytes: number;
}

/** Bytes of the table: three bytes of each threshold and what decides a draw that equals it, sixteen of each. */
const tableBytes = 64;
/** The rows of a strip: at least as many as wished, and such that strips fill a lattice, since no lattice may move the stream of another. */
function rowsOfStrip(rowsOfOne: number, wished: number): number {
  for (let rows = Math.max(1, wished); rows < rowsOfOne; rows++) if (rowsOfOne % rows === 0) return rows;
  return rowsOfOne;
}

/** Lays out lattices `[n, ...size]`. What belongs to one stream depends on their shape alone, so that threads do not change bits. */
export function latticeLayout(shape: readonly number[]): LatticeLayout {
  const [n = 0, ...size] = shape;
  const side = size.at(-1) as number;
  const sites = size.reduce((product, length) => product * length, 1);
  const rowsOfOne = sites / side;
  const isWhole = n * sites < sitesWorthSharing || n >= enoughUnits;
  const rowsPerUnit = isWhole ? rowsOfOne : rowsOfStrip(rowsOfOne, Math.ceil(sitesPerStream / side));
  const rows = n * rowsOfOne;
  const units = rows / rowsPerUnit;
  const half = side / 2;
  const stride = 2 * margin + 16 * Math.ceil(half / 16);
  const first = tableBytes + units * streamBytes;
  const second = first + rows * stride;
  const planes = [first, second] as const;
  return {
    size,
    rows,
    half,
    stride,
    rowsPerUnit,
    units,
    isWhole,
    streams: tableBytes,
    planes,
    bytes: second + rows * stride,
  };
}

/** The address of the first spin of a row in a plane. */
export function rowAt({ planes, stride }: LatticeLayout, scratch: I32, plane: 0 | 1, row: I32): I32 {
  return i32.add(i32.add(scratch, int(planes[plane] + margin)), i32.mul(row, int(stride)));
}

/** Whether the first site of a row is odd: 0 or 1. All lattices have an even number of rows, so that this holds for the rows of all of them. */
export function parityOf({ size }: LatticeLayout, row: I32): I32 {
  if (size.length === 2) return i32.and(row, int(1));
  const across = int(size[1] as number);
  return i32.and(i32.add(i32.divU(row, across), i32.remU(row, across)), int(1));
}
