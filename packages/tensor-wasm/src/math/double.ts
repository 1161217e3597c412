import { type Expression, type F64, type I32, type Local, operation } from '../assembler/expression.js';
import type { FunctionBuilder } from '../assembler/function-builder.js';
import { choose, double, f64, i32, i64, int, long } from '../assembler/scalar.js';

const offset = 0x3fe6a09e00000000n;

const nearest = (x: F64): F64 => operation('f64', [0x9e], [x]);

function horner(x: F64, coefficients: readonly number[]): F64 {
  return coefficients.reduceRight<F64 | undefined>(
    (total, c) => (total ? f64.add(f64.mul(total, x), double(c)) : double(c)),
    undefined,
  ) as F64;
}

function factorial(n: number): number {
  return n < 2 ? 1 : n * factorial(n - 1);
}

/**
 * The logarithm of a positive normal number in double precision, to about one unit in the last place.
 *
 * @see FreeBSD msun, e_log.c (Sun Microsystems, 1993), whose polynomial this is.
 */
export function doubleLog(f: FunctionBuilder, x: F64): Local<'f64'> {
  const shifted = f.let(i64.sub(i64.reinterpret(x), long(offset)));
  const exponent = f.let(f64.convertS(i32.wrap(i64.shrS(shifted, long(52n)))));
  const mantissa = f64.reinterpret(i64.add(i64.and(shifted, long(0xfffffffffffffn)), long(offset)));
  const rest = f.let(f64.sub(mantissa, double(1)));
  const s = f.let(f64.div(rest, f64.add(rest, double(2))));
  const z = f.let(f64.mul(s, s));
  const series = f64.mul(
    z,
    horner(
      z,
      [
        0.6666666666666735, 0.3999999999940942, 0.2857142874366239, 0.22222198432149784, 0.1818357216161805,
        0.15313837699209373, 0.14798198605116586,
      ],
    ),
  );
  const half = f.let(f64.mul(f64.mul(rest, rest), double(0.5)));
  const low = f64.add(f64.mul(s, f64.add(half, series)), f64.mul(exponent, double(1.9082149292705877e-10)));
  const high = f64.mul(exponent, double(0.6931471803691238));
  return f.let(f64.add(f64.add(f64.sub(low, half), rest), high));
}

/** The exponential of a number that is not positive, a local, in double precision; below -700 it is that of -700. */
export function doubleExp(f: FunctionBuilder, x: F64): Local<'f64'> {
  const limited = f.let(choose(f64.gt(x, double(-700)), x, double(-700)));
  const k = f.let(nearest(f64.mul(limited, double(Math.LOG2E))));
  const high = f64.sub(limited, f64.mul(k, double(0.6931471803691238)));
  const rest = f.let(f64.sub(high, f64.mul(k, double(1.9082149292705877e-10))));
  const series = horner(
    rest,
    Array.from({ length: 14 }, (_, n) => 1 / factorial(n)),
  );
  const exponent = i64.extendS(i32.add(i32.truncSatF64(k), int(1023)));
  return f.let(f64.mul(series, f64.reinterpret(i64.shl(exponent, long(52n)))));
}

/** The cosine of `m` times 2⁻²⁴ turns, in double precision. */
export function doubleCosine(f: FunctionBuilder, m: I32): Expression<'f64'> {
  const quarters = f.let(i32.shrU(i32.add(m, int(1 << 21)), int(22)));
  const rest = i32.shrS(i32.shl(m, int(10)), int(10));
  const angle = f.let(f64.mul(f64.convertS(rest), double(2 * Math.PI * 2 ** -24)));
  const square = f.let(f64.mul(angle, angle));
  const taylor = (first: number): number[] =>
    Array.from({ length: 10 }, (_, n) => (-1) ** n / factorial(2 * n + first));
  const sine = f64.mul(angle, horner(square, taylor(1)));
  const value = f.let(choose(i32.and(quarters, int(1)), sine, horner(square, taylor(0))));
  return choose(i32.and(i32.add(quarters, int(1)), int(2)), f64.neg(value), value);
}
