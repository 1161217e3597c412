import { bitsOf } from './streams.js';
import { threefry } from './threefry.js';

type Words = readonly [number, number];
type Floats = Float32Array | Float64Array;

const unit = 2 ** -24;

/**
 * Fills with uniforms on [0, 1): the upper 24 bits of each word times 2⁻²⁴, exact in float32.
 *
 * @param key - The two words of the key.
 * @param out - Receives one value per element.
 */
export function fillUniform(key: Words, out: Floats): void {
  const bits = bitsOf(key, out.length);
  for (let i = 0; i < bits.length; i++) out[i] = ((bits[i] as number) >>> 8) * unit;
}

/**
 * Fills with standard normals by the Box-Muller transform. Words come in groups of eight: words 0-3 give radii and words
 * 4-7 angles; values 0-3 are the cosines and values 4-7 the sines. With $`m`$ the upper 24 bits of a word, the radius is
 * $`(-2 \log((m_1 + 1) 2^{-24}))^{1/2}`$ and the angle $`2 \pi m_2 2^{-24}`$, so no value exceeds 5.77 in size.
 *
 * @param key - The two words of the key.
 * @param out - Receives one value per element.
 * @see Box and Muller, "A note on the generation of random normal deviates", 1958, https://doi.org/10.1214/aoms/1177706645
 */
export function fillNormal(key: Words, out: Floats): void {
  const bits = bitsOf(key, Math.ceil(out.length / 8) * 8);
  for (let i = 0; i < bits.length; i += 8) {
    for (let lane = i; lane < i + 4; lane++) {
      const radius = Math.sqrt(-2 * Math.log((((bits[lane] as number) >>> 8) + 1) * unit));
      const angle = 2 * Math.PI * unit * ((bits[lane + 4] as number) >>> 8);
      out[lane] = radius * Math.cos(angle);
      out[lane + 4] = radius * Math.sin(angle);
    }
  }
}

/** One gamma variate by Marsaglia and Tsang's squeeze, from the stream that `next` gives. */
function gammaVariate(shape: number, next: () => number): number {
  if (!(shape > 0)) return Number.NaN;
  if (shape < 1) return gammaVariate(shape + 1, next) * (1 - next()) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - next()) < 0.5 * x * x + d * (1 - v + Math.log(v))) return d * v;
  }
}

/**
 * Fills with gamma variates of unit rate. Element `i` has its own stream, seeded by Threefry(key, (i, 0x6a33a)), because
 * the method rejects: a value does not depend on its neighbours.
 *
 * @param key - The two words of the key.
 * @param shapes - The shape parameter of each element; NaN comes out where it is not positive.
 * @param out - Receives one value per element.
 * @see Marsaglia and Tsang, "A simple method for generating gamma variables", 2000, https://doi.org/10.1145/358407.358414
 */
export function fillGamma(key: Words, shapes: ArrayLike<number>, out: Floats): void {
  for (let i = 0; i < out.length; i++) {
    const own = threefry(key, i, 0x6a33a);
    let counter = 0;
    let spare: number | undefined;
    const next = (): number => {
      if (spare !== undefined) {
        const value = spare;
        spare = undefined;
        return value;
      }
      const [a, b] = threefry(own, counter++, 0);
      spare = (b >>> 8) * unit;
      return (a >>> 8) * unit;
    };
    out[i] = gammaVariate(shapes[i] as number, next);
  }
}
