import type { DType } from '@ebmkit/tensor';
import type { I32, Local, V128 } from '../assembler/expression.js';
import type { FunctionBuilder } from '../assembler/function-builder.js';
import { i32, int } from '../assembler/scalar.js';
import { i8x16, i16x8, i32x4, lanes32, shuffle32, v128 } from '../assembler/vector.js';

/** Adds a constant to an address. */
export function shifted(address: I32, bytes: number): I32 {
  return bytes === 0 ? address : i32.add(address, int(bytes));
}

/** Bytes 0 or 1 as masks. */
function maskFromBytes(bytes: V128): V128 {
  return i32x4.extendLowS(i16x8.extendLowS(i8x16.neg(bytes)));
}

/** Four neighbouring values. */
export function loadLanes(f: FunctionBuilder, dtype: DType, address: I32): Local<'v128'> {
  return f.let(dtype === 'bool' ? maskFromBytes(v128.load32Zero(address)) : v128.load(address));
}

/** One value four times. */
export function loadSplat(f: FunctionBuilder, dtype: DType, address: I32): Local<'v128'> {
  return f.let(dtype === 'bool' ? i32x4.splat(i32.sub(int(0), i32.load8u(address))) : v128.load32Splat(address));
}

/** Up to four values at equal distances in bytes. */
export function loadStrided(
  f: FunctionBuilder,
  dtype: DType,
  address: I32,
  distance: number,
  lanes: number,
): Local<'v128'> {
  const at = (lane: number): I32 => shifted(address, lane * distance);
  if (dtype !== 'bool') {
    let loaded: V128 = v128.load32Zero(at(0));
    for (let lane = 1; lane < lanes; lane++) loaded = v128.load32Lane(at(lane), 0, loaded, lane);
    return f.let(loaded);
  }
  let bytes: V128 = lanes32(0, 0, 0, 0);
  for (let lane = 0; lane < lanes; lane++) bytes = v128.load8Lane(at(lane), 0, bytes, lane);
  return f.let(maskFromBytes(bytes));
}

/** The first lanes of a vector as neighbours in memory; all four may be written where there is room. */
export function storeLanes(f: FunctionBuilder, dtype: DType, address: I32, x: V128, lanes: number): void {
  if (dtype === 'bool') {
    const words = i16x8.narrowS(x, x);
    const bytes = f.let(v128.and(i8x16.narrowS(words, words), f.i32x4(0x01010101)));
    if (lanes === 4) f.storeLane32(address, bytes, 0);
    else {
      const word = f.let(i32x4.extract(bytes, 0));
      for (let lane = 0; lane < lanes; lane++) f.storeI8(address, i32.shrU(word, int(8 * lane)), lane);
    }
    return;
  }
  if (lanes === 4) f.store(address, x);
  else {
    const kept = f.let(x);
    if (lanes >= 2) f.storeLane64(address, kept, 0);
    if (lanes !== 2) f.storeLane32(address, kept, lanes - 1, 4 * (lanes - 1));
  }
}

/** The first lanes of a vector at equal distances in bytes. */
export function storeStrided(
  f: FunctionBuilder,
  dtype: DType,
  address: I32,
  x: V128,
  distance: number,
  lanes: number,
): void {
  for (let lane = 0; lane < lanes; lane++) {
    if (dtype === 'bool') f.storeI8(shifted(address, lane * distance), i32.and(i32x4.extract(x, lane), int(1)));
    else f.storeLane32(shifted(address, lane * distance), x, lane);
  }
}

/** Turns four vectors of four into their transpose. */
function turned(f: FunctionBuilder, [a, b, c, d]: readonly [V128, V128, V128, V128]): V128[] {
  const low = [f.let(shuffle32(a, b, [0, 4, 1, 5])), f.let(shuffle32(c, d, [0, 4, 1, 5]))] as const;
  const high = [f.let(shuffle32(a, b, [2, 6, 3, 7])), f.let(shuffle32(c, d, [2, 6, 3, 7]))] as const;
  return [
    f.let(shuffle32(low[0], low[1], [0, 1, 4, 5])),
    f.let(shuffle32(low[0], low[1], [2, 3, 6, 7])),
    f.let(shuffle32(high[0], high[1], [0, 1, 4, 5])),
    f.let(shuffle32(high[0], high[1], [2, 3, 6, 7])),
  ];
}

/** Whether four rows of this length can be read and written by whole vectors. */
export function isTurnable(rowSize: number): boolean {
  return rowSize === 2 || rowSize === 4 || rowSize === 8;
}

/** Four neighbouring rows as columns. */
export function loadColumns(f: FunctionBuilder, rowSize: number, address: I32): V128[] {
  const load = (vector: number): V128 => f.let(v128.load(address, 16 * vector));
  if (rowSize === 2) {
    const [a, b] = [load(0), load(1)];
    return [f.let(shuffle32(a, b, [0, 2, 4, 6])), f.let(shuffle32(a, b, [1, 3, 5, 7]))];
  }
  const vectors = rowSize / 4;
  return Array.from({ length: vectors }, (_, part) =>
    turned(f, [load(part), load(vectors + part), load(2 * vectors + part), load(3 * vectors + part)]),
  ).flat();
}

/** Four rows, given as columns, as neighbours in memory. */
export function storeColumns(f: FunctionBuilder, rowSize: number, address: I32, columns: readonly V128[]): void {
  const at = (i: number): V128 => columns[i] as V128;
  if (rowSize === 2) {
    f.store(address, shuffle32(at(0), at(1), [0, 4, 1, 5]), 0);
    f.store(address, shuffle32(at(0), at(1), [2, 6, 3, 7]), 16);
    return;
  }
  const vectors = rowSize / 4;
  for (let part = 0; part < vectors; part++)
    turned(f, [at(4 * part), at(4 * part + 1), at(4 * part + 2), at(4 * part + 3)]).forEach((row, i) => {
      f.store(address, row, 16 * (i * vectors + part));
    });
}
