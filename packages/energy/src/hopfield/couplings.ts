import type { Patterns } from './patterns.js';

/** How patterns become couplings. */
export type LearningRule = 'hebbian' | 'projection';

/**
 * An orthonormal basis of what the patterns span, by Gram-Schmidt, twice for accuracy. A pattern that lies in the span of those before
 * it adds nothing.
 */
function orthonormalBasis({ count, size, values }: Patterns): readonly Float64Array[] {
  const basis: Float64Array[] = [];
  for (let k = 0; k < count; k++) {
    const rest = values.slice(k * size, (k + 1) * size);
    for (let pass = 0; pass < 2; pass++)
      for (const direction of basis) {
        const share = direction.reduce((total, q, i) => total + q * (rest[i] as number), 0);
        direction.forEach((q, i) => {
          rest[i] = (rest[i] as number) - share * q;
        });
      }
    const length = Math.sqrt(rest.reduce((total, x) => total + x * x, 0));
    if (length > 1e-9 * Math.sqrt(size)) basis.push(rest.map((x) => x / length));
  }
  return basis;
}

/**
 * The couplings of a classic Hopfield network, symmetric with a diagonal of 0, row after row.
 *
 * @param patterns - The patterns, of −1 and 1.
 * @param rule - Hebbian: $`\frac1N \sum_\mu \xi^\mu \xi^{\mu T}`$. Projection: the orthogonal projection to what the patterns span,
 * $`\Xi^T (\Xi \Xi^T)^{-1} \Xi`$.
 */
export function couplingsOf(patterns: Patterns, rule: LearningRule): Float64Array {
  const { count, size, values } = patterns;
  const rows =
    rule === 'projection'
      ? orthonormalBasis(patterns)
      : Array.from({ length: count }, (_, k) => values.subarray(k * size, (k + 1) * size));
  const scale = rule === 'projection' ? 1 : 1 / size;
  const couplings = new Float64Array(size * size);
  for (const row of rows)
    for (let i = 0; i < size; i++)
      for (let j = 0; j < i; j++)
        couplings[i * size + j] = (couplings[i * size + j] as number) + (row[i] as number) * (row[j] as number);
  for (let i = 0; i < size; i++)
    for (let j = 0; j < i; j++) {
      const coupling = (couplings[i * size + j] as number) * scale;
      couplings[i * size + j] = coupling;
      couplings[j * size + i] = coupling;
    }
  return couplings;
}
