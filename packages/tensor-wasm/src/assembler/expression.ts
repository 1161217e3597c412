import type { ByteWriter } from './byte-writer.js';

/** The types of WebAssembly values. */
export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128';

/** Code that puts one value on the stack. An expression that is used twice is computed twice: see `FunctionBuilder.let`. */
export interface Expression<T extends ValueType = ValueType> {
  /** The type of the value. */
  readonly type: T;
  /** Writes the code. */
  readonly emit: (out: ByteWriter) => void;
}

/** A 32-bit integer or address. */
export type I32 = Expression<'i32'>;
/** A 64-bit integer. */
export type I64 = Expression<'i64'>;
/** A single-precision number. */
export type F32 = Expression<'f32'>;
/** A double-precision number. */
export type F64 = Expression<'f64'>;
/** A vector of 128 bits. */
export type V128 = Expression<'v128'>;

/** A variable of a function; as an expression, its value. */
export interface Local<T extends ValueType = ValueType> extends Expression<T> {
  /** Its number within the function. */
  readonly index: number;
}

/** An instruction without immediates, after its operands. */
export function operation<T extends ValueType>(
  type: T,
  opcode: readonly number[],
  operands: readonly Expression[],
): Expression<T> {
  return {
    type,
    emit: (out) => {
      for (const operand of operands) operand.emit(out);
      out.bytes(opcode);
    },
  };
}
