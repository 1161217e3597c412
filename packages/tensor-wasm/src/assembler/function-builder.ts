import { joined, leb128, makeByteWriter } from './byte-writer.js';
import { type ConstantPool, floatBits } from './constant-pool.js';
import type { Expression, F32, F64, I32, I64, Local, V128, ValueType } from './expression.js';
import { i32, int } from './scalar.js';
import { f32x4, v128 } from './vector.js';

/** The encoding of each value type. */
export const typeCodes: Readonly<Record<ValueType, number>> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
};

/** A function that generated code can call. */
export interface FunctionReference<T extends ValueType = ValueType> {
  /** Its number within the module. */
  readonly index: number;
  /** The types of its parameters. */
  readonly parameters: readonly ValueType[];
  /** The type of its result, if it has one. */
  readonly result: T | undefined;
}

/** What generated code may use. */
export interface CodeFeatures {
  /** Relaxed SIMD: fused multiply-add. */
  readonly relaxed: boolean;
}

/** Writes the body of one function: statements in order. Expressions are values; `let` names one so that it is computed once. */
export interface FunctionBuilder {
  /** The parameters. */
  readonly parameters: readonly Local[];
  /** A parameter as an i32. */
  readonly parameter: (index: number) => Local<'i32'>;
  /** A new variable, zero at first. */
  readonly local: <T extends ValueType>(type: T) => Local<T>;
  /** Sets a variable. */
  readonly set: <T extends ValueType>(local: Local<T>, value: Expression<T>) => void;
  /** A new variable with this value. */
  readonly let: <T extends ValueType>(value: Expression<T>) => Local<T>;
  /** Adds to an integer variable. */
  readonly increase: (local: Local<'i32'>, by: number) => void;
  /** Evaluates and forgets. */
  readonly drop: (value: Expression) => void;
  /** Stores an i32. */
  readonly storeI32: (address: I32, value: I32, offset?: number) => void;
  /** Stores the low byte. */
  readonly storeI8: (address: I32, value: I32, offset?: number) => void;
  /** Stores the low two bytes. */
  readonly storeI16: (address: I32, value: I32, offset?: number) => void;
  /** Stores an f32. */
  readonly storeF32: (address: I32, value: F32, offset?: number) => void;
  /** Stores an f64. */
  readonly storeF64: (address: I32, value: F64, offset?: number) => void;
  /** Stores an i64. */
  readonly storeI64: (address: I32, value: I64, offset?: number) => void;
  /** Stores a vector. */
  readonly store: (address: I32, value: V128, offset?: number) => void;
  /** Stores one 32-bit lane. */
  readonly storeLane32: (address: I32, value: V128, lane: number, offset?: number) => void;
  /** Stores one 64-bit lane. */
  readonly storeLane64: (address: I32, value: V128, lane: number, offset?: number) => void;
  /** Runs one branch or the other. */
  readonly if: (condition: I32, then: () => void, otherwise?: () => void) => void;
  /** Repeats while the condition holds. */
  readonly while: (condition: I32, body: () => void) => void;
  /** Repeats until the condition, which is looked at after each round, fails. */
  readonly doWhile: (body: () => void, condition: () => I32) => void;
  /** For i from begin up to (not including) end in steps; the end is evaluated once. */
  readonly for: (begin: I32, end: I32, step: number, body: (i: Local<'i32'>) => void) => void;
  /** Calls a function for its effect. */
  readonly callVoid: (f: FunctionReference, operands: readonly Expression[]) => void;
  /** Calls a function for its result. */
  readonly call: <T extends ValueType>(f: FunctionReference<T>, operands: readonly Expression[]) => Expression<T>;
  /** Stops with an error. */
  readonly unreachable: () => void;
  /** Ends the function with this result. */
  readonly return: (value?: Expression) => void;
  /** Four copies of a float32 constant, from the constant pool. */
  readonly f32x4: (value: number) => V128;
  /** Four copies of an int32 constant, from the constant pool. */
  readonly i32x4: (value: number) => V128;
  /** `a * b + c`: fused under relaxed SIMD, two rounded operations elsewhere. */
  readonly madd: (a: V128, b: V128, c: V128) => V128;
  /** `c - a * b`: fused under relaxed SIMD, two rounded operations elsewhere. */
  readonly nmadd: (a: V128, b: V128, c: V128) => V128;
  /** What this code may use. */
  readonly features: CodeFeatures;
  /** The encoded body: local declarations and code. */
  readonly encode: () => Uint8Array;
}

const noResult = 0x40;

/** Starts a function. */
export function makeFunctionBuilder(
  parameterTypes: readonly ValueType[],
  pool: ConstantPool,
  features: CodeFeatures,
): FunctionBuilder {
  const out = makeByteWriter();
  const locals: ValueType[] = [];
  const variable = <T extends ValueType>(type: T, index: number): Local<T> => {
    const code = [0x20, ...leb128(index)];
    return { type, index, emit: (to) => to.bytes(code) };
  };
  const parameters = parameterTypes.map((type, i) => variable(type, i));
  const local = <T extends ValueType>(type: T): Local<T> => {
    locals.push(type);
    return variable(type, parameterTypes.length + locals.length - 1);
  };
  const set = <T extends ValueType>(target: Local<T>, value: Expression<T>): void => {
    value.emit(out);
    out.byte(0x21);
    out.unsigned(target.index);
  };
  const named = <T extends ValueType>(value: Expression<T>): Local<T> => {
    const target = local(value.type);
    set(target, value);
    return target;
  };
  const storing =
    (opcode: readonly number[]) =>
    (address: I32, value: Expression, offset = 0): void => {
      address.emit(out);
      value.emit(out);
      out.bytes([...opcode, 0]);
      out.unsigned(offset);
    };
  const storingLane =
    (opcode: number) =>
    (address: I32, value: V128, lane: number, offset = 0): void => {
      address.emit(out);
      value.emit(out);
      out.bytes([0xfd, opcode, 0]);
      out.unsigned(offset);
      out.byte(lane);
    };
  const increase = (target: Local<'i32'>, by: number): void => set(target, i32.add(target, int(by)));
  const loopWhile = (condition: I32, body: () => void): void => {
    out.bytes([0x02, noResult, 0x03, noResult]);
    i32.eqz(condition).emit(out);
    out.bytes([0x0d, 1]);
    body();
    out.bytes([0x0c, 0, 0x0b, 0x0b]);
  };
  const doWhile = (body: () => void, condition: () => I32): void => {
    out.bytes([0x03, noResult]);
    body();
    condition().emit(out);
    out.bytes([0x0d, 0, 0x0b]);
  };
  const branch = (condition: I32, then: () => void, otherwise?: () => void): void => {
    condition.emit(out);
    out.bytes([0x04, noResult]);
    then();
    if (otherwise) {
      out.byte(0x05);
      otherwise();
    }
    out.byte(0x0b);
  };
  return {
    parameters,
    parameter: (index) => parameters[index] as Local<'i32'>,
    local,
    set,
    let: named,
    increase,
    drop: (value) => {
      value.emit(out);
      out.byte(0x1a);
    },
    storeI32: storing([0x36]),
    storeI8: storing([0x3a]),
    storeI16: storing([0x3b]),
    storeF32: storing([0x38]),
    storeF64: storing([0x39]),
    storeI64: storing([0x37]),
    store: storing([0xfd, 0x0b]),
    storeLane32: storingLane(0x5a),
    storeLane64: storingLane(0x5b),
    if: branch,
    while: loopWhile,
    doWhile,
    for: (begin, end, step, body) => {
      const i = named(begin);
      const limit = named(end);
      branch(i32.ltS(i, limit), () =>
        doWhile(
          () => {
            body(i);
            increase(i, step);
          },
          () => i32.ltS(i, limit),
        ),
      );
    },
    callVoid: (f, operands) => {
      for (const operand of operands) operand.emit(out);
      out.byte(0x10);
      out.unsigned(f.index);
    },
    call: (f, operands) => ({
      type: f.result as never,
      emit: (to) => {
        for (const operand of operands) operand.emit(to);
        to.byte(0x10);
        to.unsigned(f.index);
      },
    }),
    unreachable: () => out.byte(0x00),
    return: (value) => {
      value?.emit(out);
      out.byte(0x0f);
    },
    f32x4: (value) => v128.load32Splat(int(pool.addressOf(floatBits(value)))),
    i32x4: (value) => v128.load32Splat(int(pool.addressOf(value))),
    madd: (a, b, c) => (features.relaxed ? f32x4.relaxedMadd(a, b, c) : f32x4.add(f32x4.mul(a, b), c)),
    nmadd: (a, b, c) => (features.relaxed ? f32x4.relaxedNmadd(a, b, c) : f32x4.sub(c, f32x4.mul(a, b))),
    features,
    encode: () => {
      const runs: [number, ValueType][] = [];
      for (const type of locals) {
        const last = runs.at(-1);
        if (last?.[1] === type) last[0]++;
        else runs.push([1, type]);
      }
      const declared = runs.flatMap(([count, type]) => [...leb128(count), typeCodes[type]]);
      return joined([[...leb128(runs.length), ...declared], out.collected(), [0x0b]]);
    },
  };
}
