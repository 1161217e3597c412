import { leb128 } from '../assembler/byte-writer.js';
import { type Expression, type F32, type I32, operation, type V128, type ValueType } from '../assembler/expression.js';
import * as scalar from '../assembler/scalar.js';
import * as vector from '../assembler/vector.js';

// The instructions of the assembler, with those that only these kernels use: a page that has none of them does not download them.

function simd<T extends ValueType, A extends readonly Expression[]>(type: T, opcode: number) {
  const bytes = [0xfd, ...leb128(opcode)];
  return (...operands: A): Expression<T> => operation(type, bytes, operands);
}

const ofTwo = (opcode: number) => simd<'v128', readonly [V128, V128]>('v128', opcode);
const lanesOf = (opcode: number) => simd<'i32', readonly [V128]>('i32', opcode);

/** Instructions on whole vectors. */
export const v128 = {
  ...vector.v128,
  /** Eight bytes, each as 16 bits. */
  load8x8u: (address: I32, offset: number): V128 => ({
    type: 'v128',
    emit: (out) => {
      address.emit(out);
      out.bytes([0xfd, 0x01, 0]);
      out.unsigned(offset);
    },
  }),
  swizzle: ofTwo(0x0e),
  /** Relaxed SIMD: one instruction everywhere, and `swizzle` where all numbers are below 16 or from 128 on. */
  relaxedSwizzle: ofTwo(0x100),
} as const;

/** Sixteen 8-bit integers. */
export const i8x16 = {
  ...vector.i8x16,
  splat: simd<'v128', readonly [I32]>('v128', 0x0f),
  eq: ofTwo(0x23),
  gtS: ofTwo(0x27),
  leU: ofTwo(0x2a),
  bitmask: lanesOf(0x64),
  narrowU: ofTwo(0x66),
  sub: ofTwo(0x71),
  minU: ofTwo(0x77),
} as const;

/** Four 32-bit integers. */
export const i32x4 = { ...vector.i32x4, bitmask: lanesOf(0xa4) } as const;

/** Four single-precision numbers. */
export const f32x4 = { ...vector.f32x4, splat: simd<'v128', readonly [F32]>('v128', 0x13) } as const;

/** Instructions on i32. */
export const i32 = {
  ...scalar.i32,
  ctz: (x: I32): I32 => operation('i32', [0x68], [x]),
} as const;

/** Instructions on f32. */
export const f32 = {
  ...scalar.f32,
  lt: (a: F32, b: F32): I32 => operation('i32', [0x5d], [a, b]),
  neg: (x: F32): F32 => operation('f32', [0x8c], [x]),
  mul: (a: F32, b: F32): F32 => operation('f32', [0x94], [a, b]),
  reinterpret: (x: I32): F32 => operation('f32', [0xbe], [x]),
} as const;
