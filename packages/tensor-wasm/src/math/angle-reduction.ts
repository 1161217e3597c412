import type { Local, V128 } from '../assembler/expression.js';
import { type Expression, operation } from '../assembler/expression.js';
import type { FunctionBuilder } from '../assembler/function-builder.js';
import { choose, double, f32, f64, float, i32, i64, int, long } from '../assembler/scalar.js';
import { f32x4, f64x2, i32x4, shuffle32, v128 } from '../assembler/vector.js';
import { doubles, promoteHalf } from './doubles.js';
import { roundingConstant } from './exponential.js';

/** An angle as `k π/2 + r`. */
export interface Quarters {
  /** k: the lowest two bits count. */
  readonly turns: Local<'v128'>;
  /** r, at most about π/4 in size. */
  readonly rest: Local<'v128'>;
}

/** Below this, three float32 parts of π/2 do, whose products with k are exact. */
const nearLimit = 400;
/** Below this, two float64 parts do: 2²⁰. */
const farLimitBits = 0x49800000;

/** The bits of 2/π after the point, behind a word of zeros. */
const twoOverPi = [0, 0xa2f9836e, 0x4e441529, 0xfc2757d1, 0xf534ddc0, 0xdb629599, 0x3c439041, 0xfe5163ab] as const;

function wordPair(index: Expression<'i32'>, first: number): Expression<'i64'> {
  const at = (offset: number): Expression<'i64'> =>
    i64.extendU(
      twoOverPi.reduceRight<Expression<'i32'>>(
        (other, word, i) => choose(i32.eq(index, int(i - offset)), int(word), other),
        int(0),
      ),
    );
  return i64.or(i64.shl(at(first), long(32n)), at(first + 1));
}

/** The reduction of one large number with these bits (Payne and Hanek): 4·2⁶² stands for a whole turn. */
function reduceHuge(f: FunctionBuilder, bits: Local<'i32'>): Local<'i64'> {
  // The number is M 2^E; bits of 2/π that give whole turns after multiplication are skipped.
  const first = f.let(i32.add(i32.shrU(bits, int(23)), int(30 - 150)));
  const index = f.let(i32.shrU(first, int(5)));
  const shift = f.let(i64.extendU(i32.and(first, int(31))));
  const mantissa = f.let(i64.extendU(i32.or(i32.and(bits, int(0x7fffff)), int(0x800000))));
  const high = f.let(wordPair(index, 0));
  const low = f.let(wordPair(index, 2));
  const carried = i64.shrU(i64.shrU(low, long(1n)), i64.sub(long(63n), shift));
  const upper = i64.mul(mantissa, i64.or(i64.shl(high, shift), carried));
  const rest = i64.shrU(i64.mul(mantissa, i64.shrU(i64.shl(low, shift), long(32n))), long(32n));
  return f.let(i64.add(upper, rest));
}

function reduceHugeLanes(f: FunctionBuilder, size: V128, { turns, rest }: Quarters): void {
  const rotate = (x: Local<'v128'>): void => f.set(x, shuffle32(x, x, [1, 2, 3, 0]));
  const sizes = f.let(size);
  f.for(int(0), int(4), 1, () => {
    const bits = f.let(i32x4.extract(sizes, 0));
    f.if(i32.geU(bits, int(farLimitBits)), () => {
      const angle = reduceHuge(f, bits);
      const quarters = f.let(i64.shrU(i64.add(angle, long(1n << 61n)), long(62n)));
      const distance = i64.sub(angle, i64.shl(quarters, long(62n)));
      const radians = f64.mul(operation('f64', [0xb9], [distance]), double((Math.PI / 2) * 2 ** -62));
      const value = choose(i32.geU(bits, int(0x7f800000)), float(Number.NaN), f32.demote(radians));
      f.set(rest, f32x4.replace(rest, 0, value));
      f.set(turns, i32x4.replace(turns, 0, i32.wrap(quarters)));
    });
    for (const x of [sizes, rest, turns]) rotate(x);
  });
}

function reduceInDouble(f: FunctionBuilder, size: V128, { turns, rest }: Quarters): void {
  const rounding = f.let(doubles(1.5 * 2 ** 52));
  const halves = [false, true].map((upper) => {
    const x = f.let(promoteHalf(size, upper));
    const shifted = f.let(f64x2.add(f64x2.mul(x, doubles(2 / Math.PI)), rounding));
    const k = f.let(f64x2.sub(shifted, rounding));
    const high = f64x2.sub(x, f64x2.mul(k, doubles(1.5707963267341256)));
    return [shifted, f.let(f64x2.sub(high, f64x2.mul(k, doubles(6.077100506506192e-11))))] as const;
  });
  const [lower, upper] = halves as [(typeof halves)[0], (typeof halves)[0]];
  f.set(turns, shuffle32(lower[0], upper[0], [0, 2, 4, 6]));
  f.set(rest, shuffle32(f32x4.demoteZero(lower[1]), f32x4.demoteZero(upper[1]), [0, 1, 4, 5]));
}

/**
 * Takes multiples of π/2 off numbers that are not negative. The error is about one unit in the last place of the rest, for every
 * float32: below 400 in float32, below 2²⁰ in float64, and with as many bits of 2/π as it takes beyond.
 */
export function reduceAngle(f: FunctionBuilder, size: V128): Quarters {
  const reduced: Quarters = { turns: f.local('v128'), rest: f.local('v128') };
  const isNear = f.let(i32x4.allTrue(f32x4.lt(size, f.f32x4(nearLimit))));
  f.if(
    isNear,
    () => {
      f.set(reduced.turns, f.madd(size, f.f32x4(2 / Math.PI), f.f32x4(roundingConstant)));
      const k = f.let(f32x4.sub(reduced.turns, f.f32x4(roundingConstant)));
      const parts = [1.570770263671875, 2.6063062250614166e-5, 6.077100506506192e-11];
      const rest = parts.reduce<V128>((total, part) => f.nmadd(k, f.f32x4(part), total), size);
      f.set(reduced.rest, rest);
    },
    () => {
      reduceInDouble(f, size, reduced);
      const isHuge = v128.anyTrue(i32x4.geS(size, f.i32x4(farLimitBits)));
      f.if(isHuge, () => reduceHugeLanes(f, size, reduced));
    },
  );
  return reduced;
}
