import { i32, int } from '../../assembler/scalar.js';
import type { Phase } from '../step-kernel.js';
import { type BlockProduct, blockProduct, tilesOfBlock } from './block-product.js';
import { copyRows, transposeRows } from './packing.js';
import { at, factor, type Place, phase, result, roundUp, type Scratch, smaller } from './phases.js';
import { fewRows, type Tile, tileFor } from './tile.js';

/** The sizes of a matrix product. */
export interface ProductShape {
  /** How many products of equal sizes. */
  readonly batches: number;
  /** Rows of the result. */
  readonly m: number;
  /** Length of the sums. */
  readonly k: number;
  /** Columns of the result. */
  readonly n: number;
  /** Whether the first factor is stored as k × m. */
  readonly transposeA: boolean;
  /** Whether the second factor is stored as n × k. */
  readonly transposeB: boolean;
}

/** The phase that packs the second factor into panels of columns; `to` has room for `panelsSize` bytes. */
export function packPhase({ batches, k, n, transposeB }: ProductShape, vectors: number, from: Place, to: Place): Phase {
  const width = 4 * vectors;
  const panels = Math.ceil(n / width);
  const bytes = 4 * width * roundUp(k, 4);
  return phase(batches * panels, batches * k * n, (f, module, begin, end) => {
    const source = f.let(from(f));
    const target = f.let(to(f));
    f.for(begin, end, 1, (unit) => {
      const panel = f.let(i32.remU(unit, int(panels)));
      const matrix = f.let(at(source, i32.divU(unit, int(panels)), 4 * k * n));
      const columns = f.let(at(matrix, panel, transposeB ? 4 * width * k : 4 * width));
      const operands = [columns, at(target, unit, bytes), int(k)];
      if (!transposeB) return f.callVoid(copyRows(module, vectors, 4 * n, 4 * width), operands);
      const rest = n % width;
      const whole = transposeRows(module, vectors, width, 4 * k, 4 * width);
      if (rest === 0) return f.callVoid(whole, operands);
      f.if(
        i32.eq(panel, int(panels - 1)),
        () => f.callVoid(transposeRows(module, vectors, rest, 4 * k, 4 * width), operands),
        () => f.callVoid(whole, operands),
      );
    });
  });
}

/** Bytes of the packed second factor. */
export function panelsSize({ batches, k, n }: ProductShape, vectors: number): number {
  return batches * Math.ceil(n / (4 * vectors)) * 16 * vectors * roundUp(k, 4);
}

/** The phases of a float32 product: pack the second factor, then multiply; a transposed first factor is packed tile by tile on the way. */
export function floatPhases(shape: ProductShape, preferred: Tile, a: Place, b: Place, scratch: Scratch): Phase[] {
  const { batches, m, k, n, transposeA, transposeB } = shape;
  const tile = tileFor(preferred, m, n);
  const packed = transposeB || m >= fewRows;
  const panels = packed ? scratch.take(panelsSize(shape, tile.vectors)) : b;
  const width = 4 * tile.vectors;
  const tiles = Math.ceil(m / tile.rows);
  const tileBytes = roundUp(4 * tile.rows * k + 16, 64);
  const rows = transposeA ? scratch.take(batches * tiles * tileBytes) : a;
  const product: BlockProduct = {
    tile,
    rows: m,
    depth: k,
    columns: n,
    aRow: transposeA ? 4 : 4 * k,
    aDepth: transposeA ? 4 * tile.rows : 4,
    aTile: transposeA ? tileBytes : 4 * tile.rows * k,
    bDepth: packed ? 4 * width : 4 * n,
    bPanel: packed ? 4 * width * roundUp(k, 4) : 4 * width,
  };
  const bBatch = packed ? panelsSize({ ...shape, batches: 1 }, tile.vectors) : 4 * k * n;
  const multiply = phase(batches * tiles, (batches * 2 * m * k * n) / 32, (f, module, begin, end) => {
    const [left, right, target] = [f.let(a(f)), f.let(panels(f)), f.let(result(f))];
    const packedRows = transposeA ? f.let(rows(f)) : left;
    const unit = f.let(begin);
    f.while(i32.ltS(unit, end), () => {
      const batch = f.let(i32.divU(unit, int(tiles)));
      const first = f.let(i32.remU(unit, int(tiles)));
      const wanted = f.let(i32.add(first, i32.sub(end, unit)));
      const atMost = f.let(i32.add(first, int(tilesOfBlock(product))));
      const some = f.let(smaller(wanted, atMost));
      const last = f.let(smaller(some, int(tiles)));
      const tail = f.let(m % tile.rows === 0 ? int(0) : i32.eq(last, int(tiles)));
      let block = at(at(left, batch, 4 * m * k), first, product.aTile);
      if (transposeA) {
        const copy = copyRows(module, Math.ceil(tile.rows / 4), 4 * m, 4 * tile.rows);
        f.for(first, last, 1, (i) =>
          f.callVoid(copy, [
            at(at(left, batch, 4 * m * k), i, 4 * tile.rows),
            at(packedRows, i32.add(i32.mul(batch, int(tiles)), i), tileBytes),
            int(k),
          ]),
        );
        block = at(packedRows, unit, tileBytes);
      }
      f.callVoid(blockProduct(module, product), [
        block,
        at(right, batch, bBatch),
        at(at(target, batch, 4 * m * n), first, 4 * tile.rows * n),
        i32.sub(i32.sub(last, first), tail),
        tail,
        int(0),
      ]);
      f.set(unit, i32.add(unit, i32.sub(last, first)));
    });
  });
  const rowBytes = new Map([[2, 4 * n]]);
  // A factor that was converted first has been read as a whole.
  if (!transposeA && a === factor(0)) rowBytes.set(0, 4 * k);
  const byRows = { ...multiply, rowWise: { rows: m, perUnit: tile.rows, rowBytes } };
  return packed ? [packPhase(shape, tile.vectors, b, panels), byRows] : [byRows];
}
