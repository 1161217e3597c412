import type { SpinForm } from './spin-form.js';

/** How many orders in the couplings are kept: 1 is naive mean field, 2 adds the Onsager reaction, 3 the next term. */
export type PlefkaOrder = 1 | 2 | 3;

/** The variance of a spin of mean `m`. */
const varianceOf = (m: number): number => 1 - m * m;

/** Entropy of a spin of mean `m`; 0 at −1 and 1. */
function spinEntropy(m: number): number {
  const part = (p: number): number => (p === 0 ? 0 : -p * Math.log(p));
  return part((1 + m) / 2) + part((1 - m) / 2);
}

/**
 * Minus the Gibbs free energy of given magnetisations, expanded in the couplings up to the order that is kept. With
 * $`v_i = 1 - m_i^2`$, order 0 is $`c + \sum_i [S(m_i) + h_i m_i]`$, and the next terms are $`\sum_{i<j} J m_i m_j`$, then
 * $`\sum_{i<j} \tfrac12 J^2 v_i v_j`$, then
 * $`\sum_{i<j} \tfrac23 J^3 m_i v_i m_j v_j + \sum_{i<j<k} J_{ij} J_{jk} J_{ki} v_i v_j v_k`$. Its largest value over $`m`$ is about
 * $`\log Z`$.
 *
 * @see Plefka, "Convergence condition of the TAP equation for the infinite-ranged Ising spin glass model", 1982, https://doi.org/10.1088/0305-4470/15/6/035
 * @see Georges and Yedidia, "How to expand around mean-field theory using high-temperature expansions", 1991, https://doi.org/10.1088/0305-4470/24/9/024
 */
export function plefkaLogZ({ constant, fields, couplings }: SpinForm, m: Float64Array, order: PlefkaOrder): number {
  let total = constant;
  couplings.forEach((row, i) => {
    const mi = m[i] as number;
    const vi = varianceOf(mi);
    total += spinEntropy(mi) + (fields[i] as number) * mi;
    for (const [j, coupling] of row) {
      if (j > i) continue;
      const mj = m[j] as number;
      const vj = varianceOf(mj);
      total += coupling * mi * mj;
      if (order >= 2) total += (coupling ** 2 * vi * vj) / 2;
      if (order === 3) total += (2 / 3) * coupling ** 3 * mi * vi * mj * vj + vi * vj * loops(couplings, m, i, j);
    }
  });
  return total;
}

/** The sum of $`J_{ij} J_{jk} J_{ki} v_k`$ over nodes $`k < j`$ next to both `i` and `j`. */
function loops(couplings: SpinForm['couplings'], m: Float64Array, i: number, j: number): number {
  const [ofI, ofJ] = [couplings[i] as ReadonlyMap<number, number>, couplings[j] as ReadonlyMap<number, number>];
  let sum = 0;
  for (const [k, far] of ofJ) {
    const near = k < j ? ofI.get(k) : undefined;
    if (near !== undefined) sum += near * far * varianceOf(m[k] as number);
  }
  return sum * (ofI.get(j) as number);
}

/**
 * The field at node `i` for which its magnetisation makes the expansion stationary: $`m_i = \tanh`$ of
 * $`h_i + \sum_j [J m_j - J^2 m_i v_j + \tfrac23 J^3 (1 - 3 m_i^2) m_j v_j] - 2 m_i \sum_{j<k} J_{ij} J_{jk} J_{ki} v_j v_k`$.
 */
export function plefkaField({ fields, couplings }: SpinForm, m: Float64Array, order: PlefkaOrder, i: number): number {
  const mi = m[i] as number;
  let field = fields[i] as number;
  for (const [j, coupling] of couplings[i] as ReadonlyMap<number, number>) {
    const mj = m[j] as number;
    const vj = varianceOf(mj);
    field += coupling * mj;
    if (order >= 2) field -= coupling ** 2 * mi * vj;
    if (order === 3)
      field += (2 / 3) * coupling ** 3 * (1 - 3 * mi * mi) * mj * vj - 2 * mi * vj * loops(couplings, m, i, j);
  }
  return field;
}
