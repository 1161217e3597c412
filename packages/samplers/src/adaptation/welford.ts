import {
  add,
  div,
  EbmError,
  expandDims,
  eye,
  full,
  mapTree,
  matMul,
  maximum,
  mean,
  mul,
  square,
  sub,
  sum,
  type Tensor,
  type TensorLike,
  type Tree,
  zeros,
} from '@ebmkit/tensor';
import { flattenEvents } from '../hamiltonian/flat-event.js';
import { chainsOf } from '../kernel/position.js';

/** Running moments of the positions of all chains. */
export type WelfordState<M extends Tree = Tree> = {
  /** How many positions were seen, chains and steps together, a float32 scalar. */
  readonly count: Tensor;
  /** Their mean: in the structure of an event, or `[size]` over the flattened event. */
  readonly mean: M;
  /** The sum of squared deviations: of each coordinate, in that structure, or of all pairs, `[size, size]`. */
  readonly squares: M;
};

/**
 * Running estimates of a covariance.
 *
 * @typeParam X - The positions.
 * @typeParam M - What the moments are kept in: the structure of the positions, or one tensor.
 */
export interface Welford<X extends Tree, M extends Tree> {
  /** Nothing seen yet, for positions like these. */
  readonly init: (like: X) => WelfordState<M>;
  /** Takes in the positions `[chains, ...event]` of all chains. */
  readonly update: (state: WelfordState<M>, position: X) => WelfordState<M>;
  /** What is known from both of two states. */
  readonly merge: (a: WelfordState<M>, b: WelfordState<M>) => WelfordState<M>;
  /**
   * The unbiased covariance: variances in the structure of an event, or a matrix over the flattened event. With `regularise`, Stan's
   * $`\frac{n}{n + 5} \hat\Sigma + 10^{-3} \frac{5}{n + 5} I`$, which is positive from the first position on.
   */
  readonly covariance: (state: WelfordState<M>, options?: { readonly regularise?: boolean }) => M;
}

/** How many positions the regularisation counts for, and towards which variance. */
const [priorCount, priorVariance] = [5, 1e-3];

/** How squared deviations are kept: of each coordinate, or of all pairs. */
interface Products {
  /** Their sum over the first axis of deviations `[n, ...event]`. */
  readonly summed: (deviations: Tensor) => Tensor;
  /** That of one deviation, of the event's shape. */
  readonly single: (deviation: Tensor) => Tensor;
  /** The covariance matrix of a standard normal vector, in the same form. */
  readonly unit: (squares: Tensor) => TensorLike;
}

const ofCoordinates: Products = {
  summed: (deviations) => sum(square(deviations), 0),
  single: square,
  unit: () => 1,
};

const ofPairs: Products = {
  summed: (deviations) => matMul(deviations, deviations, { transposeA: true }),
  single: (deviation) => mul(expandDims(deviation, 1), expandDims(deviation, 0)),
  unit: ({ shape }) => eye(shape[0] as number),
};

/** How many positions a tree holds. */
function countOf(position: Tree): Tensor {
  return full([], chainsOf('welford', position));
}

/**
 * Running moments by the method of Welford, in the form of Chan, Golub and LeVeque that takes in a batch at a time: all chains of a step
 * are one batch, so that the estimate is pooled over chains. With $`n_a`$ and $`n_b`$ positions, means $`\mu`$ and sums of squares $`S`$,
 *
 * ```math
 * \mu = \mu_a + \frac{n_b}{n} (\mu_b - \mu_a), \qquad S = S_a + S_b + \frac{n_a n_b}{n} (\mu_b - \mu_a)(\mu_b - \mu_a)^\top.
 * ```
 *
 * Plain operations on tensors, so it can be part of a compiled step; numerically stable also where the mean is far from 0.
 *
 * @param form - `diagonal` keeps one variance for each coordinate; `dense` the whole matrix over the flattened event (in the order of
 * `tensorsOf` where positions are trees), at $`O(\text{chains} \cdot d^2)`$ a step.
 * @returns Functions of the state, a tree of tensors.
 *
 * @example
 * ```ts
 * const moments = welford('diagonal');
 * let state = moments.init(zeros([4, 3]));
 * state = moments.update(state, normal(key(1), [4, 3]));
 * const inverseMass = moments.covariance(state, { regularise: true }); // [3]
 * ```
 * @see Chan, Golub and LeVeque, "Algorithms for computing the sample variance", 1983, https://doi.org/10.1080/00031305.1983.10483115
 */
export function welford<X extends Tree>(form: 'diagonal'): Welford<X, X>;
/** Running moments with all covariances: see the other signature. */
export function welford<X extends Tree>(form: 'dense'): Welford<X, Tensor>;
/** Running moments in a form that is known only when it runs: see the first signature. */
export function welford<X extends Tree>(form: 'diagonal' | 'dense'): Welford<X, X | Tensor>;
export function welford<X extends Tree>(form: 'diagonal' | 'dense'): Welford<X, X | Tensor> {
  if (form === 'diagonal') return momentsOf<X, X | Tensor>((position) => position, ofCoordinates);
  if (form === 'dense') return momentsOf<X, X | Tensor>(flattenEvents, ofPairs);
  throw new EbmError('argument', `welford: form must be 'diagonal' or 'dense', got ${String(form)}.`);
}

/** Moments of positions in some form. */
function momentsOf<X extends Tree, M extends Tree>(
  viewOf: (position: X) => M,
  { summed, single, unit }: Products,
): Welford<X, M> {
  const merge = (a: WelfordState<M>, b: WelfordState<M>): WelfordState<M> => {
    const count = add(a.count, b.count);
    const share = div(b.count, maximum(count, 1));
    const away = mapTree((x, y) => sub(y, x), a.mean, b.mean);
    const between = mul(a.count, share);
    return {
      count,
      mean: mapTree((x, d) => add(x, mul(d, share)), a.mean, away),
      squares: mapTree((s, t, d) => add(add(s, t), mul(single(d), between)), a.squares, b.squares, away),
    };
  };
  return {
    merge,
    init: (like) => {
      const centre = mapTree((x) => zeros(x.shape.slice(1)), viewOf(like));
      return { count: zeros([]), mean: centre, squares: mapTree(single, centre) };
    },
    update: (state, position) => {
      const batch = viewOf(position);
      const centre = mapTree((x) => mean(x, 0), batch);
      const squares = mapTree((x, m) => summed(sub(x, m)), batch, centre);
      return merge(state, { count: countOf(position), mean: centre, squares });
    },
    covariance: ({ count, squares }, { regularise = false } = {}) => {
      const unbiased = mapTree((s) => div(s, maximum(sub(count, 1), 1)), squares);
      if (!regularise) return unbiased;
      const weight = div(count, add(count, priorCount));
      const ridge = mul(sub(1, weight), priorVariance);
      return mapTree((s) => add(mul(s, weight), mul(ridge, unit(s))), unbiased);
    },
  };
}
