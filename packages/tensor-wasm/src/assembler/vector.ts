import { leb128 } from './byte-writer.js';
import { type Expression, type I32, operation, type V128, type ValueType } from './expression.js';

const simd = (opcode: number): number[] => [0xfd, ...leb128(opcode)];

function unary(opcode: number): (x: V128) => V128 {
  const bytes = simd(opcode);
  return (x) => operation('v128', bytes, [x]);
}

function binary(opcode: number): (a: V128, b: V128) => V128 {
  const bytes = simd(opcode);
  return (a, b) => operation('v128', bytes, [a, b]);
}

function ternary(opcode: number): (a: V128, b: V128, c: V128) => V128 {
  const bytes = simd(opcode);
  return (a, b, c) => operation('v128', bytes, [a, b, c]);
}

function shift(opcode: number): (x: V128, by: I32) => V128 {
  const bytes = simd(opcode);
  return (x, by) => operation('v128', bytes, [x, by]);
}

function splat<T extends ValueType>(opcode: number): (x: Expression<T>) => V128 {
  const bytes = simd(opcode);
  return (x) => operation('v128', bytes, [x]);
}

function extract<T extends ValueType>(type: T, opcode: number): (x: V128, lane: number) => Expression<T> {
  const bytes = simd(opcode);
  return (x, lane) => operation(type, [...bytes, lane], [x]);
}

function replace<T extends ValueType>(opcode: number): (x: V128, lane: number, value: Expression<T>) => V128 {
  const bytes = simd(opcode);
  return (x, lane, value) => operation('v128', [...bytes, lane], [x, value]);
}

function test(opcode: number): (x: V128) => I32 {
  const bytes = simd(opcode);
  return (x) => operation('i32', bytes, [x]);
}

function load(opcode: number): (address: I32, offset?: number) => V128 {
  const bytes = [...simd(opcode), 0];
  return (address, offset = 0) => ({
    type: 'v128',
    emit: (out) => {
      address.emit(out);
      out.bytes(bytes);
      out.unsigned(offset);
    },
  });
}

function loadLane(opcode: number): (address: I32, offset: number, into: V128, lane: number) => V128 {
  const bytes = [...simd(opcode), 0];
  return (address, offset, into, lane) => ({
    type: 'v128',
    emit: (out) => {
      address.emit(out);
      into.emit(out);
      out.bytes(bytes);
      out.unsigned(offset);
      out.byte(lane);
    },
  });
}

/** Instructions on whole vectors. */
export const v128 = {
  load: load(0x00),
  load32Splat: load(0x09),
  load32Zero: load(0x5c),
  load8Lane: loadLane(0x54),
  load32Lane: loadLane(0x56),
  not: unary(0x4d),
  and: binary(0x4e),
  /** `a` and not `b`. */
  andNot: binary(0x4f),
  or: binary(0x50),
  xor: binary(0x51),
  /** The bits of `a` where the mask has ones, of `b` elsewhere. */
  bitselect: ternary(0x52),
  anyTrue: test(0x53),
  /** Bytes of the two vectors by number: 0-15 from `a`, 16-31 from `b`. */
  shuffle: (a: V128, b: V128, lanes: readonly number[]): V128 => operation('v128', [...simd(0x0d), ...lanes], [a, b]),
} as const;

/** 32-bit lanes of two vectors by number: 0-3 from `a`, 4-7 from `b`. */
export function shuffle32(a: V128, b: V128, lanes: readonly [number, number, number, number]): V128 {
  return v128.shuffle(
    a,
    b,
    lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => 4 * lane + byte)),
  );
}

/** A constant vector of four 32-bit integers. */
export function lanes32(a: number, b: number, c: number, d: number): V128 {
  const bytes = new Uint8Array(Int32Array.of(a, b, c, d).buffer);
  return {
    type: 'v128',
    emit: (out) => {
      out.bytes([...simd(0x0c), ...bytes]);
    },
  };
}

/** Sixteen 8-bit integers. */
export const i8x16 = {
  neg: unary(0x61),
  narrowS: binary(0x65),
  add: binary(0x6e),
} as const;

/** Eight 16-bit integers. */
export const i16x8 = {
  narrowS: binary(0x85),
  narrowU: binary(0x86),
  extendLowS: unary(0x87),
  extendLowU: unary(0x89),
  extendHighU: unary(0x8a),
  shl: shift(0x8b),
  add: binary(0x8e),
} as const;

/** Four 32-bit integers. */
export const i32x4 = {
  splat: splat<'i32'>(0x11),
  extract: extract('i32', 0x1b),
  replace: replace<'i32'>(0x1c),
  eq: binary(0x37),
  ne: binary(0x38),
  ltS: binary(0x39),
  gtS: binary(0x3b),
  leS: binary(0x3d),
  geS: binary(0x3f),
  abs: unary(0xa0),
  neg: unary(0xa1),
  allTrue: test(0xa3),
  extendLowS: unary(0xa7),
  extendLowU: unary(0xa9),
  extendHighU: unary(0xaa),
  shl: shift(0xab),
  shrS: shift(0xac),
  shrU: shift(0xad),
  add: binary(0xae),
  sub: binary(0xb1),
  mul: binary(0xb5),
  minS: binary(0xb6),
  maxS: binary(0xb8),
  /** Truncates; saturates outside the range and gives 0 for NaN. */
  truncSat: unary(0xf8),
} as const;

/** Four single-precision numbers. */
export const f32x4 = {
  extract: extract<'f32'>('f32', 0x1f),
  replace: replace<'f32'>(0x20),
  eq: binary(0x41),
  ne: binary(0x42),
  lt: binary(0x43),
  gt: binary(0x44),
  le: binary(0x45),
  ge: binary(0x46),
  ceil: unary(0x67),
  floor: unary(0x68),
  nearest: unary(0x6a),
  abs: unary(0xe0),
  neg: unary(0xe1),
  sqrt: unary(0xe3),
  add: binary(0xe4),
  sub: binary(0xe5),
  mul: binary(0xe6),
  div: binary(0xe7),
  /** The smaller value; NaN if either is. Several instructions on x64: see `pmin`. */
  min: binary(0xe8),
  max: binary(0xe9),
  /** `b < a ? b : a`: one instruction on x64. */
  pmin: binary(0xea),
  /** `a < b ? b : a`: one instruction on x64. */
  pmax: binary(0xeb),
  convertS: unary(0xfa),
  demoteZero: unary(0x5e),
  /** Relaxed SIMD: `a * b + c`, fused where the machine can. Use `FunctionBuilder.madd`. */
  relaxedMadd: ternary(0x105),
  /** Relaxed SIMD: `c - a * b`, fused where the machine can. Use `FunctionBuilder.nmadd`. */
  relaxedNmadd: ternary(0x106),
} as const;

/** Two double-precision numbers. */
export const f64x2 = {
  extract: extract<'f64'>('f64', 0x21),
  nearest: unary(0x94),
  floor: unary(0x75),
  add: binary(0xf0),
  sub: binary(0xf1),
  mul: binary(0xf2),
  div: binary(0xf3),
  promoteLow: unary(0x5f),
  convertLowS: unary(0xfe),
} as const;
