import {
  add,
  cast,
  concat,
  equal,
  matMul,
  mul,
  oneHot,
  reshape,
  square,
  sub,
  sum,
  type Tensor,
  tensor,
} from '@ebmkit/tensor';
import { allStates, meansOf, pairsBelow } from './state-means.js';

/** What kind of sites a discrete target has. */
export type SiteKind = 'binary' | 'spin' | 'categorical';

/** A distribution over few enough discrete states that all of them were added up. */
export interface DiscreteTarget {
  /** Its name in the report. */
  readonly name: string;
  /** Bits as bool, spins as float32 of −1 and 1, or categories as int32. */
  readonly kind: SiteKind;
  /** How many values a site can take. */
  readonly values: number;
  /** The shape of one state. */
  readonly eventShape: readonly number[];
  /** The energies of a batch, `[n, ...event]` to `[n]`; for bits and spins of float32 states as well. */
  readonly energy: (x: Tensor) => Tensor;
  /** The energies of one-hot float32 states `[n, ...event, values]`, of categories only. */
  readonly relaxed?: (oneHot: Tensor) => Tensor;
  /** The quantities whose means are known, `[n, quantities]`: every site and every pair of sites. */
  readonly statistics: (x: Tensor) => Tensor;
  /** Their means. */
  readonly expected: readonly number[];
}

const sites = 10;
/** A ring of ten sites with four chords: the two ends of each coupling and its strength. */
const edges: readonly (readonly [number, number, number])[] = [
  [0, 1, 0.62],
  [1, 2, -0.45],
  [2, 3, 0.51],
  [3, 4, 0.18],
  [4, 5, -0.7],
  [5, 6, 0.33],
  [6, 7, 0.57],
  [7, 8, -0.21],
  [8, 9, 0.4],
  [9, 0, -0.36],
  [0, 5, 0.29],
  [1, 7, -0.52],
  [2, 8, 0.25],
  [4, 9, 0.44],
];
const fields = [0.3, -0.2, 0.1, 0.45, -0.35, 0.05, -0.15, 0.25, -0.4, 0.2];

const couplings = Array.from({ length: sites }, () => new Array<number>(sites).fill(0));
for (const [i, j, strength] of edges) {
  (couplings[i] as number[])[j] = strength;
  (couplings[j] as number[])[i] = strength;
}

/** The strength of a term that is not linear in single sites, so that first-order differences of energies are not exact. */
const curvature = 0.06;
const centre = 1;

const flat = (x: Tensor): Tensor =>
  reshape(cast(x, 'float32'), [x.shape[0] as number, x.shape.slice(1).reduce((a, b) => a * b, 1)]);

/** An Ising model with a quadratic penalty on the sum: $`-\frac12 x^\top J x - h^\top x + c (\sum x - m)^2`$. */
function isingEnergy(x: Tensor): Tensor {
  const rows = flat(x);
  const pairs = mul(sum(mul(matMul(rows, tensor(couplings)), rows), 1), 0.5);
  const total = add(pairs, sum(mul(rows, tensor(fields)), 1));
  return sub(mul(square(sub(sum(rows, 1), centre)), curvature), total);
}

/** The same of one state by plain numbers. */
function isingEnergyOf(x: readonly number[]): number {
  const pairs = edges.reduce((a, [i, j, strength]) => a + strength * (x[i] as number) * (x[j] as number), 0);
  const field = x.reduce((a, v, i) => a + v * (fields[i] as number), 0);
  return curvature * (x.reduce((a, b) => a + b, 0) - centre) ** 2 - pairs - field;
}

/**
 * Rows and the products of pairs of their columns, `[n, columns + pairs]`. Columns are picked by a product of matrices: every backend is fast
 * at it, and zeros and ones leave it exact.
 */
function withPairs(rows: Tensor, pairs: readonly (readonly [number, number])[]): Tensor {
  const columns = Array.from({ length: rows.shape[1] as number }, (_, i) => i);
  const picked = (end: 0 | 1): Tensor =>
    matMul(rows, tensor(columns.map((i) => pairs.map((pair) => (pair[end] === i ? 1 : 0)))));
  return concat([rows, mul(picked(0), picked(1))], 1);
}

const quantitiesOf = (x: readonly number[], pairs: readonly (readonly [number, number])[]): readonly number[] => [
  ...x,
  ...pairs.map(([i, j]) => (x[i] as number) * (x[j] as number)),
];

function ising(kind: 'binary' | 'spin', values: readonly number[]): DiscreteTarget {
  const pairs = pairsBelow(sites);
  return {
    name: `an Ising model of ten ${kind === 'spin' ? 'spins' : 'bits'}`,
    kind,
    values: 2,
    eventShape: [2, 5],
    energy: isingEnergy,
    statistics: (x) => withPairs(flat(x), pairs),
    expected: meansOf(allStates(sites, values), isingEnergyOf, (x) => quantitiesOf(x, pairs)),
  };
}

const letters = 5;
const pottsEdges: readonly (readonly [number, number, number])[] = [
  [0, 1, 0.8],
  [1, 2, -0.6],
  [2, 3, 0.7],
  [3, 4, 0.5],
  [4, 0, -0.4],
  [0, 2, 0.9],
];
const pottsCurvature = 0.15;

function pottsField(i: number, value: number): number {
  return 0.5 * Math.sin(1 + 2 * i + 3 * value);
}

/** A Potts model whose energy also has the squared number of sites with value 0. */
function potts(values: number): DiscreteTarget & Required<Pick<DiscreteTarget, 'relaxed'>> {
  const strengths = Array.from({ length: letters }, () => new Array<number>(letters).fill(0));
  for (const [i, j, strength] of pottsEdges) (strengths[i] as number[])[j] = strength;
  const field = Array.from({ length: letters }, (_, i) => Array.from({ length: values }, (__, v) => pottsField(i, v)));
  const relaxed = (x: Tensor): Tensor => {
    const n = x.shape[0] as number;
    const byValue = reshape(x, [n, letters, values]);
    const fieldTerm = sum(mul(byValue, tensor(field)), [1, 2]);
    const pulled = matMul(tensor(strengths), byValue);
    const zeros = sum(mul(byValue, tensor(Array.from({ length: values }, (_, v) => (v === 0 ? 1 : 0)))), [1, 2]);
    return sub(mul(square(zeros), pottsCurvature), add(fieldTerm, sum(mul(byValue, pulled), [1, 2])));
  };
  const energyOf = (x: readonly number[]): number => {
    const agreeing = pottsEdges.reduce((a, [i, j, strength]) => a + (x[i] === x[j] ? strength : 0), 0);
    const fieldTerm = x.reduce((a, v, i) => a + pottsField(i, v), 0);
    return pottsCurvature * x.filter((v) => v === 0).length ** 2 - agreeing - fieldTerm;
  };
  // One indicator of each value but the last and each site, and the products of those of different sites.
  const seen = Array.from({ length: values - 1 }, (_, v) => v);
  const pairs = pairsBelow(letters * seen.length).filter(([a, b]) => a % letters !== b % letters);
  const indicators = (x: readonly number[]): readonly number[] =>
    seen.flatMap((value) => x.map((v) => (v === value ? 1 : 0)));
  return {
    name: `a Potts model of five sites with ${values} values`,
    kind: 'categorical',
    values,
    eventShape: [letters],
    energy: (x) => relaxed(cast(oneHot(x, values), 'float32')),
    relaxed,
    statistics: (x) =>
      withPairs(
        concat(
          seen.map((value) => cast(equal(x, value), 'float32')),
          1,
        ),
        pairs,
      ),
    expected: meansOf(
      allStates(
        letters,
        Array.from({ length: values }, (_, v) => v),
      ),
      energyOf,
      (x) => quantitiesOf(indicators(x), pairs),
    ),
  };
}

/** The targets on which every kernel over discrete states must leave its distribution invariant. */
export const discreteTargets = {
  bits: /* @__PURE__ */ ising('binary', [0, 1]),
  spins: /* @__PURE__ */ ising('spin', [-1, 1]),
  categories: /* @__PURE__ */ potts(3),
} as const;
