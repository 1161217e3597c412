interface Plan {
  readonly reversed: Uint32Array;
  readonly cosines: Float64Array;
  readonly sines: Float64Array;
}

const plans = new Map<number, Plan>();

/** Bit-reversed indices and the roots of unity for one size; kept, since a run transforms one size many times. */
function planFor(size: number): Plan {
  const known = plans.get(size);
  if (known) return known;
  const reversed = new Uint32Array(size);
  for (let i = 1; i < size; i++) reversed[i] = ((reversed[i >> 1] ?? 0) >> 1) | (i & 1 ? size >> 1 : 0);
  const cosines = new Float64Array(size >> 1).map((_, k) => Math.cos((2 * Math.PI * k) / size));
  const sines = new Float64Array(size >> 1).map((_, k) => -Math.sin((2 * Math.PI * k) / size));
  const plan = { reversed, cosines, sines };
  plans.set(size, plan);
  return plan;
}

/**
 * The discrete Fourier transform $`X_k = \sum_j x_j e^{-2 \pi i j k / n}`$, in place, by the radix-2 algorithm.
 *
 * Cost: order `n log n`. Reference: Cooley and Tukey 1965, doi:10.1090/S0025-5718-1965-0178586-1.
 *
 * @param real - real parts, of a length that is a power of two; overwritten
 * @param imaginary - imaginary parts, of the same length; overwritten
 */
export function fourierTransform(real: Float64Array, imaginary: Float64Array): void {
  const size = real.length;
  const { reversed, cosines, sines } = planFor(size);
  for (let i = 0; i < size; i++) {
    const j = reversed[i] as number;
    if (j > i) {
      swap(real, i, j);
      swap(imaginary, i, j);
    }
  }
  for (let half = 1; half < size; half *= 2) {
    const stride = size / (2 * half);
    for (let start = 0; start < size; start += 2 * half) {
      for (let k = 0; k < half; k++) {
        const even = start + k;
        const odd = even + half;
        const c = cosines[k * stride] as number;
        const s = sines[k * stride] as number;
        const oddReal = real[odd] as number;
        const oddImaginary = imaginary[odd] as number;
        const turnedReal = c * oddReal - s * oddImaginary;
        const turnedImaginary = c * oddImaginary + s * oddReal;
        const evenReal = real[even] as number;
        const evenImaginary = imaginary[even] as number;
        real[even] = evenReal + turnedReal;
        imaginary[even] = evenImaginary + turnedImaginary;
        real[odd] = evenReal - turnedReal;
        imaginary[odd] = evenImaginary - turnedImaginary;
      }
    }
  }
}

function swap(values: Float64Array, i: number, j: number): void {
  const kept = values[i] as number;
  values[i] = values[j] as number;
  values[j] = kept;
}
