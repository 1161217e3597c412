import { type Expression, type F32, type F64, type I32, type I64, operation, type ValueType } from './expression.js';

function unary<A extends ValueType, T extends ValueType>(type: T, opcode: number) {
  return (x: Expression<A>): Expression<T> => operation(type, [opcode], [x]);
}

function binary<A extends ValueType, T extends ValueType>(type: T, opcode: number) {
  return (a: Expression<A>, b: Expression<A>): Expression<T> => operation(type, [opcode], [a, b]);
}

const scratch = new DataView(new ArrayBuffer(8));

function floatBytes(value: number, bytes: 4 | 8): number[] {
  if (bytes === 4) scratch.setFloat32(0, value, true);
  else scratch.setFloat64(0, value, true);
  return Array.from({ length: bytes }, (_, i) => scratch.getUint8(i));
}

function load<T extends ValueType>(type: T, opcode: number) {
  return (address: I32, offset = 0): Expression<T> => ({
    type,
    emit: (out) => {
      address.emit(out);
      out.bytes([opcode, 0]);
      out.unsigned(offset);
    },
  });
}

/** A constant i32. */
export function int(value: number): I32 {
  return {
    type: 'i32',
    emit: (out) => {
      out.byte(0x41);
      out.signed(value);
    },
  };
}

/** A constant i64. */
export function long(value: bigint): I64 {
  return {
    type: 'i64',
    emit: (out) => {
      out.byte(0x42);
      out.signed64(BigInt.asIntN(64, value));
    },
  };
}

/** A constant f32. */
export function float(value: number): F32 {
  return {
    type: 'f32',
    emit: (out) => {
      out.byte(0x43);
      out.bytes(floatBytes(value, 4));
    },
  };
}

/** A constant f64. */
export function double(value: number): F64 {
  return {
    type: 'f64',
    emit: (out) => {
      out.byte(0x44);
      out.bytes(floatBytes(value, 8));
    },
  };
}

/** One of two values, without a branch: `a` where the condition is not zero. */
export function choose<T extends ValueType>(condition: I32, a: Expression<T>, b: Expression<T>): Expression<T> {
  return operation(a.type, [0x1b], [a, b, condition]);
}

/** Instructions on i32. */
export const i32 = {
  load: load('i32', 0x28),
  load8u: load('i32', 0x2d),
  load16u: load('i32', 0x2f),
  eqz: unary<'i32', 'i32'>('i32', 0x45),
  eq: binary<'i32', 'i32'>('i32', 0x46),
  ne: binary<'i32', 'i32'>('i32', 0x47),
  ltS: binary<'i32', 'i32'>('i32', 0x48),
  ltU: binary<'i32', 'i32'>('i32', 0x49),
  gtS: binary<'i32', 'i32'>('i32', 0x4a),
  gtU: binary<'i32', 'i32'>('i32', 0x4b),
  leS: binary<'i32', 'i32'>('i32', 0x4c),
  geS: binary<'i32', 'i32'>('i32', 0x4e),
  geU: binary<'i32', 'i32'>('i32', 0x4f),
  popcnt: unary<'i32', 'i32'>('i32', 0x69),
  add: binary<'i32', 'i32'>('i32', 0x6a),
  sub: binary<'i32', 'i32'>('i32', 0x6b),
  mul: binary<'i32', 'i32'>('i32', 0x6c),
  divU: binary<'i32', 'i32'>('i32', 0x6e),
  remS: binary<'i32', 'i32'>('i32', 0x6f),
  remU: binary<'i32', 'i32'>('i32', 0x70),
  and: binary<'i32', 'i32'>('i32', 0x71),
  or: binary<'i32', 'i32'>('i32', 0x72),
  xor: binary<'i32', 'i32'>('i32', 0x73),
  shl: binary<'i32', 'i32'>('i32', 0x74),
  shrS: binary<'i32', 'i32'>('i32', 0x75),
  shrU: binary<'i32', 'i32'>('i32', 0x76),
  rotl: binary<'i32', 'i32'>('i32', 0x77),
  wrap: unary<'i64', 'i32'>('i32', 0xa7),
  reinterpret: unary<'f32', 'i32'>('i32', 0xbc),
  /** Truncates; saturates outside the range and gives 0 for NaN. */
  truncSatF64: (x: F64): I32 => operation('i32', [0xfc, 2], [x]),
} as const;

/** Instructions on i64. */
export const i64 = {
  load: load('i64', 0x29),
  add: binary<'i64', 'i64'>('i64', 0x7c),
  sub: binary<'i64', 'i64'>('i64', 0x7d),
  mul: binary<'i64', 'i64'>('i64', 0x7e),
  and: binary<'i64', 'i64'>('i64', 0x83),
  or: binary<'i64', 'i64'>('i64', 0x84),
  shl: binary<'i64', 'i64'>('i64', 0x86),
  shrS: binary<'i64', 'i64'>('i64', 0x87),
  shrU: binary<'i64', 'i64'>('i64', 0x88),
  extendU: unary<'i32', 'i64'>('i64', 0xad),
  extendS: unary<'i32', 'i64'>('i64', 0xac),
  reinterpret: unary<'f64', 'i64'>('i64', 0xbd),
} as const;

/** Instructions on f32. */
export const f32 = {
  load: load('f32', 0x2a),
  ne: binary<'f32', 'i32'>('i32', 0x5c),
  gt: binary<'f32', 'i32'>('i32', 0x5e),
  add: binary<'f32', 'f32'>('f32', 0x92),
  min: binary<'f32', 'f32'>('f32', 0x96),
  max: binary<'f32', 'f32'>('f32', 0x97),
  demote: unary<'f64', 'f32'>('f32', 0xb6),
} as const;

/** Instructions on f64. */
export const f64 = {
  eq: binary<'f64', 'i32'>('i32', 0x61),
  lt: binary<'f64', 'i32'>('i32', 0x63),
  gt: binary<'f64', 'i32'>('i32', 0x64),
  neg: unary<'f64', 'f64'>('f64', 0x9a),
  sqrt: unary<'f64', 'f64'>('f64', 0x9f),
  add: binary<'f64', 'f64'>('f64', 0xa0),
  sub: binary<'f64', 'f64'>('f64', 0xa1),
  mul: binary<'f64', 'f64'>('f64', 0xa2),
  div: binary<'f64', 'f64'>('f64', 0xa3),
  convertS: unary<'i32', 'f64'>('f64', 0xb7),
  promote: unary<'f32', 'f64'>('f64', 0xbb),
  reinterpret: unary<'i64', 'f64'>('f64', 0xbf),
} as const;

/** Instructions on shared memory. */
export const atomic = {
  /** Reads a word. */
  load: (address: I32, offset = 0): I32 => ({
    type: 'i32',
    emit: (out) => {
      address.emit(out);
      out.bytes([0xfe, 0x10, 2]);
      out.unsigned(offset);
    },
  }),
  /** Sleeps as long as a word has a value, at most so many nanoseconds; gives 0, 1 or 2: woken, another value, time out. */
  wait: (address: I32, value: I32, nanoseconds: I64): I32 => ({
    type: 'i32',
    emit: (out) => {
      address.emit(out);
      value.emit(out);
      nanoseconds.emit(out);
      out.bytes([0xfe, 0x01, 2, 0]);
    },
  }),
  /** Adds to a word and gives what it was before. */
  add: (address: I32, value: I32, offset = 0): I32 => ({
    type: 'i32',
    emit: (out) => {
      address.emit(out);
      value.emit(out);
      out.bytes([0xfe, 0x1e, 2]);
      out.unsigned(offset);
    },
  }),
} as const;
