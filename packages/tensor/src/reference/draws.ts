import { fillGamma, fillNormal, fillUniform } from '../random/distributions.js';
import { bitsOf } from '../random/streams.js';
import type { Numbers } from './view.js';

type Words = readonly [number, number];

/** Draws of the reference backend: each fills an array from a key (and for gamma the shape parameters). */
export const drawKernels: Readonly<
  Record<string, (key: Words, out: Numbers, parameters: Numbers | undefined) => void>
> = {
  randomBits: (key, out) => {
    out.set(bitsOf(key, out.length));
  },
  randomUniform: (key, out) => {
    fillUniform(key, out as Float32Array);
  },
  randomNormal: (key, out) => {
    fillNormal(key, out as Float32Array);
  },
  randomGamma: (key, out, parameters) => {
    const alpha = parameters as Numbers;
    fillGamma(
      key,
      alpha.length === out.length ? alpha : new Float64Array(out.length).fill(alpha[0] as number),
      out as Float32Array,
    );
  },
};
