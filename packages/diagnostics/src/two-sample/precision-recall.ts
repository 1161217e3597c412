import { checkCount } from '../numerics/check-count.js';
import { type KdTree, kdTree, neighbourSquare, visitBall } from '../numerics/k-d-tree.js';
import { allFinite, readPoints } from '../numerics/points.js';

/** Options of {@link precisionRecallDensityCoverage}. */
export interface PrecisionRecallOptions {
  /** Number of coordinates of each point. */
  readonly dimension: number;
  /** Which nearest neighbour sets the radius of the ball around each point; 5 by default. */
  readonly neighbours?: number;
}

/** How well generated points match real ones, and how much of the real ones they reach. */
export interface PrecisionRecall {
  /** Share of the generated points that lie in the ball of a real point: are they plausible? */
  readonly precision: number;
  /** Share of the real points that lie in the ball of a generated point: are all reached? */
  readonly recall: number;
  /** Number of balls of real points around a generated point, over `neighbours`: precision that outliers do not inflate. */
  readonly density: number;
  /** Share of the real points whose ball holds a generated point: recall that outliers do not inflate. */
  readonly coverage: number;
}

interface BallCounts {
  /** Number of balls with a point of the other sample. */
  readonly met: number;
  /** Number of points of the other sample in a ball. */
  readonly inside: number;
  /** Number of pairs of a ball and a point of the other sample in it. */
  readonly pairs: number;
}

/** Counts the points of `other` in the balls around the points of `tree` that reach to the k-th neighbour. */
function countBalls(tree: KdTree, other: KdTree, k: number): BallCounts {
  const { values, count, dimension } = tree.points;
  const isInside = new Uint8Array(other.points.count);
  let [met, pairs] = [0, 0];
  for (let i = 0; i < count; i++) {
    const centre = values.subarray(i * dimension, (i + 1) * dimension);
    const before = pairs;
    visitBall(other, centre, neighbourSquare(tree, centre, k, i), (index) => {
      isInside[index] = 1;
      pairs++;
    });
    if (pairs > before) met++;
  }
  return { met, pairs, inside: isInside.reduce((sum, value) => sum + value, 0) };
}

/**
 * Precision, recall, density and coverage: whether generated points are plausible, and whether they reach all of the data.
 *
 * Around every point of a sample lies a ball that reaches to its `neighbours`-th nearest neighbour in the same sample; a
 * point is covered when it lies strictly inside one. Precision and recall are those of Kynkäänniemi and others 2019
 * (arXiv:1904.06991), density and coverage those of the reference; all equal the Python package `prdc`. For images, take
 * features of a network, not pixels. Cost: k-d trees, up to order `(n + m)^2` in many dimensions, and no matrix.
 *
 * @param real - the data, flat and row-major, of shape `[n, dimension]`, more than `neighbours` points
 * @param generated - the generated points, of shape `[m, dimension]`, more than `neighbours` points
 * @param options - the dimension and the number of neighbours
 * @returns four shares, of which density may exceed 1; NaN when a coordinate is NaN or infinite
 * @throws TypeError when a sample is not a flat array of numbers
 * @throws RangeError when the dimension does not fit or a sample has too few points
 * @example
 * ```ts
 * const { precision, coverage } = precisionRecallDensityCoverage(data, generated, { dimension: 64 });
 * ```
 * @see Naeem, Oh, Uh, Choi and Yoo 2020, arXiv:2002.09797
 */
export function precisionRecallDensityCoverage(
  real: ArrayLike<number>,
  generated: ArrayLike<number>,
  options: PrecisionRecallOptions,
): PrecisionRecall {
  const where = 'precisionRecallDensityCoverage';
  const { dimension, neighbours = 5 } = options;
  checkCount(where, 'neighbours', neighbours);
  const [data, made] = [
    readPoints(where, 'real', real, dimension, neighbours + 1),
    readPoints(where, 'generated', generated, dimension, neighbours + 1),
  ];
  if (!allFinite(data) || !allFinite(made)) {
    return { precision: Number.NaN, recall: Number.NaN, density: Number.NaN, coverage: Number.NaN };
  }
  const [realTree, madeTree] = [kdTree(data), kdTree(made)];
  const ofReal = countBalls(realTree, madeTree, neighbours);
  const ofMade = countBalls(madeTree, realTree, neighbours);
  return {
    precision: ofReal.inside / made.count,
    recall: ofMade.inside / data.count,
    density: ofReal.pairs / (neighbours * made.count),
    coverage: ofReal.met / data.count,
  };
}
