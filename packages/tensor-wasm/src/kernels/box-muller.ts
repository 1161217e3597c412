import type { Local, V128 } from '../assembler/expression.js';
import type { FunctionBuilder } from '../assembler/function-builder.js';
import { int } from '../assembler/scalar.js';
import { f32x4, i32x4, v128 } from '../assembler/vector.js';
import { rootHalf } from '../math/logarithm.js';
import { polynomials } from '../math/polynomial.js';

/** `-2 log(1 + m) = -2 m + m² …` on `[√½ - 1, √2 - 1]`: a minimax fit, 6e-8 in relative error. */
const logarithm = [
  0.999999821, -0.666678965, 0.500035703, -0.399243116, 0.331400961, -0.298336387, 0.286193281, -0.174800172,
];
/** `sin(a) = a (1 + a² …)` on `[-π/4, π/4]`: a minimax fit, 4e-9. */
const sine = [1, -0.166666552, 0.00833218731, -0.000195178945];
/** `cos(a) = 1 + a² …` on `[-π/4, π/4]`: a minimax fit, 4e-8. */
const cosine = [1, -0.499998838, 0.0416557156, -0.00135910232];

/** `√(-2 log((m + 1) 2⁻²⁴))` with `m` the upper 24 bits of each word. */
function radii(f: FunctionBuilder, words: readonly V128[]): Local<'v128'>[] {
  const one = f.let(f.i32x4(1));
  // The logarithm of (m + 1) 2⁻²⁴: the power of two is taken off with the exponent of √½.
  const offset = f.let(f.i32x4(rootHalf + (24 << 23)));
  const parts = words.map((word) => f.let(i32x4.sub(f32x4.convertS(i32x4.add(i32x4.shrU(word, int(8)), one)), offset)));
  const mask = f.let(f.i32x4(0x7fffff));
  const half = f.let(f.i32x4(rootHalf));
  const unit = f.let(f.f32x4(1));
  const rests = parts.map((part) => f.let(f32x4.sub(i32x4.add(v128.and(part, mask), half), unit)));
  const values = polynomials(f, rests, logarithm);
  const exponentScale = f.let(f.f32x4(-2 * Math.LN2));
  return values.map((value, i) => {
    const rest = rests[i] as V128;
    const small = f.let(f.madd(value, f32x4.mul(rest, rest), f32x4.neg(f32x4.add(rest, rest))));
    return f.let(f32x4.sqrt(f.madd(f32x4.convertS(i32x4.shrS(parts[i] as V128, int(23))), exponentScale, small)));
  });
}

/** Cosine and sine of `2 π m 2⁻²⁴` with `m` the upper 24 bits of each word. */
function directions(f: FunctionBuilder, words: readonly V128[]): [V128, V128][] {
  const upper = f.let(f.i32x4(~0xff));
  const scale = f.let(f.f32x4((Math.PI / 2) * 2 ** -32));
  // The low 22 bits of m, taken as signed, are the distance to the nearest multiple of π/2: exact.
  const angles = words.map((word) => f.let(f32x4.mul(f32x4.convertS(i32x4.shl(v128.and(word, upper), int(2))), scale)));
  const squares = angles.map((angle) => f.let(f32x4.mul(angle, angle)));
  const cosines = polynomials(f, squares, cosine);
  const sines = polynomials(f, squares, sine).map((value, i) => f.let(f32x4.mul(value, angles[i] as V128)));
  const eighth = f.let(f.i32x4(0x20000000));
  const signBit = f.let(f.i32x4(-0x80000000));
  return words.map((word, i) => {
    const [c, s] = [cosines[i] as V128, sines[i] as V128];
    // The upper two bits are the number of quarter turns to the nearest multiple of π/2.
    const turns = f.let(i32x4.add(word, eighth));
    const doubled = f.let(i32x4.shl(turns, int(1)));
    const swap = f.let(v128.and(v128.xor(c, s), i32x4.shrS(doubled, int(31))));
    return [
      v128.xor(v128.xor(c, swap), v128.and(v128.xor(turns, doubled), signBit)),
      v128.xor(v128.xor(s, swap), v128.and(turns, signBit)),
    ];
  });
}

/**
 * Writes the Box-Muller transform for several groups in step.
 *
 * @param f - The function that is being written.
 * @param radiusWords - Locals with the random words for the radii, one vector for each group.
 * @param angleWords - Locals with the random words for the angles.
 * @returns For each group the normals from the cosines and from the sines.
 */
export function boxMuller(
  f: FunctionBuilder,
  radiusWords: readonly V128[],
  angleWords: readonly V128[],
): [V128, V128][] {
  const sizes = radii(f, radiusWords);
  return directions(f, angleWords).map(([c, s], i) => {
    const size = sizes[i] as V128;
    return [f32x4.mul(c, size), f32x4.mul(s, size)];
  });
}
