import {
  concat,
  exp,
  full,
  greater,
  log,
  matMul,
  mul,
  pow,
  reshape,
  slice,
  square,
  sub,
  sumEvent,
  type Tensor,
  tensor,
  where,
} from '@ebmkit/tensor';

/** A distribution over real states of which the means of some quantities are known. */
export interface ContinuousTarget {
  /** Its name in the report. */
  readonly name: string;
  /** The energies of a batch, `[n, ...event]` to `[n]`. */
  readonly energy: (x: Tensor) => Tensor;
  /** The shape of one state. */
  readonly eventShape: readonly number[];
  /** The mean of each number of the flattened state. */
  readonly mean: readonly number[];
  /** The variance of each. */
  readonly variances: readonly number[];
  /** The quantities whose means are known, `[n, quantities]`. */
  readonly statistics: (x: Tensor) => Tensor;
  /** Their means. */
  readonly expected: readonly number[];
}

const flat = (x: Tensor): Tensor => reshape(x, [x.shape[0] as number, x.shape.slice(1).reduce((a, b) => a * b, 1)]);
const half = (x: Tensor): Tensor => mul(sumEvent(x), 0.5);

/** A unit Gaussian around 1 in three dimensions. */
const isotropic: ContinuousTarget = {
  name: 'an isotropic Gaussian',
  energy: (x) => half(square(sub(x, 1))),
  eventShape: [3],
  mean: [1, 1, 1],
  variances: [1, 1, 1],
  statistics: (x) => concat([x, square(x)], 1),
  expected: [1, 1, 1, 2, 2, 2],
};

const [a, b, c] = [1.5, 0.8, 0.6];
const [meanX, meanY] = [2, -1];
const determinant = a * c - b * b;

/** A Gaussian in two dimensions whose coordinates have a correlation of 0.84. */
const correlated: ContinuousTarget = {
  name: 'a correlated Gaussian',
  energy: (x) => {
    const y = sub(x, tensor([meanX, meanY]));
    const precision = tensor(
      [c, -b, -b, a].map((v) => v / determinant),
      [2, 2],
    );
    return half(mul(y, matMul(y, precision)));
  },
  eventShape: [2],
  mean: [meanX, meanY],
  variances: [a, c],
  statistics: (x) => {
    const n = x.shape[0] as number;
    return concat([x, square(x), mul(slice(x, [0, 0], [n, 1]), slice(x, [0, 1], [n, 1]))], 1);
  },
  expected: [meanX, meanY, a + meanX ** 2, c + meanY ** 2, b + meanX * meanY],
};

/** $`\psi(2)`$, $`\psi'(2)`$ and $`\psi''(2)`$: the first three cumulants of the logarithm of a gamma variable of shape 2. */
const [skewMean, skewVariance, skewThird] = [0.42278433509846713, 0.6449340668482264, -0.4041138063191886];

/** The logarithms of two gamma variables of shape 2: steep on the right, a long tail on the left. */
const skewed: ContinuousTarget = {
  name: 'a skewed target',
  energy: (x) => sumEvent(sub(exp(x), mul(x, 2))),
  eventShape: [2],
  mean: [skewMean, skewMean],
  variances: [skewVariance, skewVariance],
  statistics: (x) => {
    const centred = sub(x, skewMean);
    return concat([centred, square(centred), pow(centred, 3)], 1);
  },
  expected: [0, 0, skewVariance, skewVariance, skewThird, skewThird],
};

const pixels = 784;
const pixelMeans = Array.from({ length: pixels }, (_, i) => i / pixels - 0.5);
const pixelVariances = Array.from({ length: pixels }, (_, i) => 0.5 + 0.5 * ((i % 28) / 28));

/** Independent pixels of an image `[28, 28, 1]`, of different means and variances. */
const image: ContinuousTarget = {
  name: 'an image [28, 28, 1]',
  energy: (x) => {
    const shape = [28, 28, 1];
    const away = square(sub(x, tensor(pixelMeans, shape)));
    return half(
      mul(
        away,
        tensor(
          pixelVariances.map((v) => 1 / v),
          shape,
        ),
      ),
    );
  },
  eventShape: [28, 28, 1],
  mean: pixelMeans,
  variances: pixelVariances,
  statistics: (x) => {
    const [n, y] = [x.shape[0] as number, flat(x)];
    const away = square(sub(y, tensor(pixelMeans)));
    const mean = (z: Tensor): Tensor => reshape(mul(sumEvent(z), 1 / pixels), [n, 1]);
    return concat([slice(y, [0, 0], [n, 1]), slice(y, [0, pixels - 1], [n, 1]), mean(y), mean(away)], 1);
  },
  expected: [
    pixelMeans[0] as number,
    pixelMeans[pixels - 1] as number,
    pixelMeans.reduce((sum, m) => sum + m, 0) / pixels,
    pixelVariances.reduce((sum, v) => sum + v, 0) / pixels,
  ],
};

/** The targets on which every kernel over real states must leave its distribution invariant. */
export const continuousTargets = { isotropic, correlated, skewed, image } as const;

/** A Gaussian around 1 that is NaN where the sum of a state lies beyond 1e3, and infinite beyond 1e5. */
export function cliff(x: Tensor): Tensor {
  const far = sumEvent(x);
  const beyond = where(greater(far, 1e5), Number.POSITIVE_INFINITY, log(full(far.shape, -1)));
  return where(greater(far, 1e3), beyond, half(square(sub(x, 1))));
}
