/** A polynomial by its coefficients, the constant one first. */
export type Polynomial = readonly number[];

/** The product of two polynomials. */
export function product(f: Polynomial, g: Polynomial): Polynomial {
  const out = new Array<number>(f.length + g.length - 1).fill(0);
  f.forEach((a, i) => {
    g.forEach((b, j) => {
      out[i + j] = (out[i + j] as number) + a * b;
    });
  });
  return out;
}

/** The moments $`E[y^k]`$ of a normal variable, for $`k`$ up to `degree`, by $`E[y^k] = m E[y^{k-1}] + (k-1) s^2 E[y^{k-2}]`$. */
function normalMoments(mean: number, variance: number, degree: number): number[] {
  const moments = [1];
  for (let k = 1; k <= degree; k++)
    moments.push(mean * (moments[k - 1] as number) + (k - 1) * variance * (moments[k - 2] ?? 0));
  return moments;
}

/** The mean of a polynomial of a normal variable. */
export function meanUnderNormal(f: Polynomial, mean: number, variance: number): number {
  const moments = normalMoments(mean, variance, f.length - 1);
  return f.reduce((total, c, k) => total + c * (moments[k] as number), 0);
}

/** The polynomial $`u \mapsto E[f(u^2 + \varepsilon)]`$ with normal noise of the given variance around 0. */
export function afterSquare(f: Polynomial, variance: number): Polynomial {
  const noise = normalMoments(0, variance, f.length - 1);
  const out = new Array<number>(2 * f.length - 1).fill(0);
  f.forEach((c, k) => {
    let choose = 1;
    for (let j = 0; j <= k; j++) {
      out[2 * (k - j)] = (out[2 * (k - j)] as number) + c * choose * (noise[j] as number);
      choose = (choose * (k - j)) / (j + 1);
    }
  });
  return out;
}
