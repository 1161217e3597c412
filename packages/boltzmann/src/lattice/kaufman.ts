import { EbmError } from '@ebmkit/tensor';

/** What is known exactly of a lattice at one inverse temperature, for the lattice as a whole. */
export interface CanonicalMeans {
  /** $`\log Z`$ in nats. */
  readonly logZ: number;
  /** $`\langle H \rangle`$. */
  readonly energy: number;
  /** $`\beta^2 (\langle H^2 \rangle - \langle H \rangle^2)`$. */
  readonly heatCapacity: number;
}

/** A number with its first two derivatives in $`K`$. */
type Jet = readonly [value: number, first: number, second: number];

/** A number $`e^{\ell} v`$ with its first two derivatives, without overflow. */
interface Scaled {
  readonly log: number;
  readonly jet: Jet;
}

/** The mode of wave number `l` of `n`: cosh γ = cosh 2K coth 2K − cos(π l / n), and γ_0 = 2 K + log tanh K, which is negative in the disordered phase. */
function mode(k: number, l: number, n: number): Jet {
  const [sinh, cosh] = [Math.sinh(2 * k), Math.cosh(2 * k)];
  if (l === 0) return [2 * k + Math.log(Math.tanh(k)), 2 + 2 / sinh, (-4 * cosh) / sinh ** 2];
  // cosh 2K coth 2K = sinh 2K + 1 / sinh 2K.
  const c = sinh + 1 / sinh;
  const c1 = 2 * cosh * (1 - sinh ** -2);
  const c2 = 4 * (sinh - 1 / sinh) + (8 * cosh ** 2) / sinh ** 3;
  const h = c - Math.cos((Math.PI * l) / n);
  const root = Math.sqrt(h ** 2 - 1);
  return [Math.acosh(h), c1 / root, c2 / root - (h * c1 ** 2) / root ** 3];
}

/** 2 cosh(m γ / 2), or 2 sinh(m γ / 2), with its derivatives. */
function factor([g, g1, g2]: Jet, m: number, isSinh: boolean): Scaled {
  const [x, x1, x2] = [(m * g) / 2, (m * g1) / 2, (m * g2) / 2];
  const log = Math.abs(x);
  const [rising, falling] = [Math.exp(x - log), Math.exp(-x - log)];
  const [value, slope] = isSinh ? [rising - falling, rising + falling] : [rising + falling, rising - falling];
  return { log, jet: [value, slope * x1, value * x1 ** 2 + slope * x2] };
}

/** The product of two such numbers. */
function times(a: Scaled, b: Scaled): Scaled {
  const [v, v1, v2] = a.jet;
  const [w, w1, w2] = b.jet;
  return { log: a.log + b.log, jet: [v * w, v1 * w + v * w1, v2 * w + 2 * v1 * w1 + v * w2] };
}

/** The product of 2 cosh(m γ / 2), or of 2 sinh(m γ / 2), over modes. */
function product(modes: readonly Jet[], m: number, isSinh: boolean): Scaled {
  return modes.map((one) => factor(one, m, isSinh)).reduce(times);
}

/**
 * Kaufman's solution of the Ising model on a finite periodic square lattice without a field: exact for any size and temperature, in time
 * of the order of one side. The energy and heat capacity are those of Ferdinand and Fisher, here by carrying the first two derivatives along with every product.
 *
 * @param size - The two sides, whole numbers of at least 2.
 * @param beta - The inverse temperature, above 0.
 * @param coupling - The coupling $`J`$, above 0; 1 unless given.
 * @returns $`\log Z`$, mean energy and heat capacity of the whole lattice.
 * @throws EbmError when a number is out of range.
 *
 * @example
 * ```ts
 * const { energy } = kaufman([32, 32], 0.44);
 * console.log(energy / 1024); // for each site
 * ```
 * @see Kaufman, "Crystal statistics II", 1949, https://doi.org/10.1103/PhysRev.76.1232
 * @see Ferdinand and Fisher, "Bounded and inhomogeneous Ising models I", 1969, https://doi.org/10.1103/PhysRev.185.832
 */
export function kaufman(size: readonly [number, number], beta: number, coupling = 1): CanonicalMeans {
  const [m, n] = size;
  if (size.length !== 2 || size.some((side) => !Number.isInteger(side) || side < 2))
    throw new EbmError('argument', `kaufman: size must be two whole numbers of at least 2, got [${size.join(', ')}].`);
  if (!(beta > 0 && coupling > 0 && Number.isFinite(beta * coupling)))
    throw new EbmError('argument', `kaufman: beta and coupling must be above 0, got ${beta} and ${coupling}.`);
  const k = beta * coupling;
  const odd = Array.from({ length: n }, (_, r) => mode(k, 2 * r + 1, n));
  const even = Array.from({ length: n }, (_, r) => mode(k, 2 * r, n));
  const terms = [product(odd, m, false), product(odd, m, true), product(even, m, false), product(even, m, true)];
  const largest = Math.max(...terms.map(({ log }) => log));
  const sum = (order: 0 | 1 | 2): number =>
    terms.reduce((total, { log, jet }) => total + Math.exp(log - largest) * jet[order], 0);
  const first = sum(1) / sum(0);
  const second = sum(2) / sum(0) - first ** 2;
  // The factor (2 sinh 2K)^(m n / 2) / 2.
  const half = (m * n) / 2;
  const coth = 1 / Math.tanh(2 * k);
  return {
    logZ: half * Math.log(2 * Math.sinh(2 * k)) - Math.LN2 + largest + Math.log(sum(0)),
    energy: -coupling * (2 * half * coth + first),
    heatCapacity: k ** 2 * (-4 * half * (coth ** 2 - 1) + second),
  };
}
