import type { DType } from '@ebmkit/tensor';
import type { V128 } from '../assembler/expression.js';
import type { FunctionBuilder } from '../assembler/function-builder.js';
import { i32, int } from '../assembler/scalar.js';
import { f32x4, f64x2, i32x4, shuffle32, v128 } from '../assembler/vector.js';
import { vectorFunctions } from '../math/functions.js';
import { powerOfSize, sigmoidFromPower, softplusFromPower } from '../math/logistic.js';

/** What an operation is applied to: vectors of four values. Bools are masks, all ones or all zeros. */
interface MapContext {
  /** Where the code goes. */
  readonly f: FunctionBuilder;
  /** The operands, each a local or a constant. */
  readonly operands: readonly V128[];
  /** The element type of each operand. */
  readonly types: readonly DType[];
  /** The element type of the result. */
  readonly output: DType;
  /** An intermediate result that depends on the size of the first operand alone: other operations on it, or on its negative, may have it already. */
  readonly shared: (name: string, make: () => V128) => V128;
}

/** Writes one elementwise operation for four values. */
export type MapOperation = (context: MapContext) => V128;

const at = (context: MapContext, index: number): V128 => context.operands[index] as V128;
const isFloat = ({ types }: MapContext): boolean => types[0] === 'float32';

function unary(float: (x: V128, f: FunctionBuilder) => V128, integer = float): MapOperation {
  return (c) => (isFloat(c) ? float : integer)(at(c, 0), c.f);
}

function binary(
  float: (a: V128, b: V128, f: FunctionBuilder) => V128,
  integer: (a: V128, b: V128, f: FunctionBuilder) => V128 = float,
): MapOperation {
  return (c) => (isFloat(c) ? float : integer)(at(c, 0), at(c, 1), c.f);
}

/** Bools compare as 0 and 1. */
function comparison(float: (a: V128, b: V128) => V128, integer: (a: V128, b: V128) => V128): MapOperation {
  return (c) => {
    const [a, b] = [at(c, 0), at(c, 1)];
    if (c.types[0] === 'bool') return integer(i32x4.neg(a), i32x4.neg(b));
    return isFloat(c) ? float(a, b) : integer(a, b);
  };
}

const signBit = -0x80000000;

/** −1, 0 or 1; zeros and NaN stay as they are. */
function floatSign(x: V128, f: FunctionBuilder): V128 {
  const one = v128.or(v128.and(x, f.i32x4(signBit)), f.f32x4(1));
  const isSigned = f.let(v128.or(f32x4.lt(x, f.f32x4(0)), f32x4.gt(x, f.f32x4(0))));
  return v128.bitselect(one, x, isSigned);
}

/** The remainder with the sign of the divisor, of two doubles each. */
function doubleModulo(f: FunctionBuilder, a: V128, b: V128): V128 {
  const [x, y] = [f.let(f64x2.promoteLow(a)), f.let(f64x2.promoteLow(b))];
  return f64x2.sub(x, f64x2.mul(f64x2.floor(f64x2.div(x, y)), y));
}

function floatModulo(a: V128, b: V128, f: FunctionBuilder): V128 {
  const high = (x: V128): V128 => shuffle32(x, x, [2, 3, 2, 3]);
  const low = f.let(f32x4.demoteZero(doubleModulo(f, a, b)));
  const rest = f32x4.demoteZero(doubleModulo(f, high(a), high(b)));
  const result = f.let(shuffle32(low, rest, [0, 1, 4, 5]));
  const isHuge = f.let(f32x4.eq(f32x4.abs(b), f.f32x4(Number.POSITIVE_INFINITY)));
  const isFinite = f32x4.lt(f32x4.abs(a), f.f32x4(Number.POSITIVE_INFINITY));
  const isOpposed = f.let(f32x4.lt(f32x4.mul(a, b), f.f32x4(0)));
  return v128.bitselect(v128.bitselect(b, a, isOpposed), result, v128.and(isHuge, isFinite));
}

/** Lane by lane: there is no vector division of integers. A zero divisor gives 0. */
function integerModulo(a: V128, b: V128, f: FunctionBuilder): V128 {
  let result: V128 = f.let(f.i32x4(0));
  for (let lane = 0; lane < 4; lane++) {
    const [x, y] = [f.let(i32x4.extract(a, lane)), f.let(i32x4.extract(b, lane))];
    const rest = f.local('i32');
    f.set(rest, int(0));
    f.if(y, () => {
      f.set(rest, i32.remS(x, y));
      f.if(i32.and(i32.ne(rest, int(0)), i32.ltS(i32.xor(rest, y), int(0))), () => f.set(rest, i32.add(rest, y)));
    });
    result = f.let(i32x4.replace(result, lane, rest));
  }
  return result;
}

function cast({ f, operands, types, output }: MapContext): V128 {
  const x = operands[0] as V128;
  const from = types[0] as DType;
  if (from === output) return x;
  if (from === 'bool') return output === 'float32' ? v128.and(x, f.f32x4(1)) : i32x4.neg(x);
  if (output === 'bool') return from === 'float32' ? f32x4.ne(x, f.f32x4(0)) : i32x4.ne(x, f.i32x4(0));
  return output === 'float32' ? f32x4.convertS(x) : i32x4.truncSat(x);
}

const fromFunctions: Readonly<Record<string, MapOperation>> = Object.fromEntries(
  Object.entries(vectorFunctions).map(([name, write]) => [name, (c: MapContext) => write(c.f, ...c.operands)]),
);

function power(c: MapContext): V128 {
  return c.shared('power', () => powerOfSize(c.f, at(c, 0)));
}

/** Every elementwise operation, by the name of the primitive. */
export const mapOperations: Readonly<Record<string, MapOperation>> = {
  ...fromFunctions,
  sigmoid: (c) => sigmoidFromPower(c.f, at(c, 0), power(c)),
  softplus: (c) => softplusFromPower(c.f, at(c, 0), power(c)),
  copy: (c) => at(c, 0),
  add: binary(f32x4.add, i32x4.add),
  sub: binary(f32x4.sub, i32x4.sub),
  mul: binary(f32x4.mul, i32x4.mul),
  div: binary(f32x4.div),
  mod: binary(floatModulo, integerModulo),
  minimum: binary(f32x4.min, i32x4.minS),
  maximum: binary(f32x4.max, i32x4.maxS),
  neg: unary(f32x4.neg, i32x4.neg),
  abs: unary(f32x4.abs, i32x4.abs),
  sign: unary(floatSign, (x, f) => i32x4.maxS(i32x4.minS(x, f.i32x4(1)), f.i32x4(-1))),
  floor: unary(f32x4.floor),
  ceil: unary(f32x4.ceil),
  isFinite: unary((x, f) => f32x4.lt(f32x4.abs(x), f.f32x4(Number.POSITIVE_INFINITY))),
  isNaN: unary((x) => f32x4.ne(x, x)),
  logicalNot: unary(v128.not),
  logicalAnd: binary(v128.and),
  logicalOr: binary(v128.or),
  equal: comparison(f32x4.eq, i32x4.eq),
  notEqual: comparison(f32x4.ne, i32x4.ne),
  less: comparison(f32x4.lt, i32x4.ltS),
  lessEqual: comparison(f32x4.le, i32x4.leS),
  greater: comparison(f32x4.gt, i32x4.gtS),
  greaterEqual: comparison(f32x4.ge, i32x4.geS),
  select: (c) => v128.bitselect(at(c, 1), at(c, 2), at(c, 0)),
  cast,
};

/** Whether a primitive is done element by element, with what its result depends on beside its operands. */
export function isMap(primitive: string): boolean {
  return primitive === 'iota' || Object.hasOwn(mapOperations, primitive);
}
