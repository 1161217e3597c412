import type { Points } from './points.js';

/** Points in a leaf: below this number, looking at all is quicker than descending. */
const LEAF = 12;

/** A k-d tree: points in an order in which every subtree is one range, cut at its middle place. */
export interface KdTree {
  /** The points, which the tree does not copy. */
  readonly points: Points;
  /** Indices of the points in the order of the tree. */
  readonly order: Uint32Array;
  /** The axis of the cut at each middle place. */
  readonly axes: Uint32Array;
}

/**
 * Builds a k-d tree: each range of points is cut at the median of the axis on which it is widest.
 *
 * Cost: order `n log n` times the dimension. Reference: Friedman, Bentley and Finkel 1977, doi:10.1145/355744.355745.
 *
 * @param points - the points, with finite coordinates
 * @returns the tree
 */
export function kdTree(points: Points): KdTree {
  const order = Uint32Array.from({ length: points.count }, (_, i) => i);
  const axes = new Uint32Array(points.count);
  const cut = (from: number, to: number): void => {
    if (to - from <= LEAF) return;
    const middle = (from + to) >> 1;
    const axis = widestAxis(points, order, from, to);
    axes[middle] = axis;
    select(points, order, axis, from, to - 1, middle);
    cut(from, middle);
    cut(middle + 1, to);
  };
  cut(0, points.count);
  return { points, order, axes };
}

function widestAxis({ values, dimension }: Points, order: Uint32Array, from: number, to: number): number {
  let widest = 0;
  let width = -1;
  for (let axis = 0; axis < dimension; axis++) {
    let low = Infinity;
    let high = -Infinity;
    for (let place = from; place < to; place++) {
      const value = values[(order[place] as number) * dimension + axis] as number;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    if (high - low > width) {
      width = high - low;
      widest = axis;
    }
  }
  return widest;
}

/** Partly sorts places `from` to `to` so that place `k` has its value in order (Hoare 1961, doi:10.1145/366622.366647). */
function select(points: Points, order: Uint32Array, axis: number, from: number, to: number, k: number): void {
  const valueAt = (place: number) => points.values[(order[place] as number) * points.dimension + axis] as number;
  let left = from;
  let right = to;
  while (left < right) {
    const pivot = valueAt((left + right) >> 1);
    let i = left;
    let j = right;
    while (i <= j) {
      while (valueAt(i) < pivot) i++;
      while (valueAt(j) > pivot) j--;
      if (i > j) break;
      const kept = order[i] as number;
      order[i] = order[j] as number;
      order[j] = kept;
      i++;
      j--;
    }
    if (k <= j) right = j;
    else if (k >= i) left = i;
    else return;
  }
}

/** The squared distance from the row at `from` to the query, or a partial sum of it that has reached the bound. */
function squareBelow(values: Float64Array, from: number, query: Float64Array, bound: number): number {
  let square = 0;
  for (let axis = 0; axis < query.length && square < bound; axis++) {
    const difference = (query[axis] as number) - (values[from + axis] as number);
    square += difference * difference;
  }
  return square;
}

/** Calls `visit` for the points of the tree nearest side first, leaving out what is at least as far as `bound()`. */
function search(
  tree: KdTree,
  query: Float64Array,
  bound: () => number,
  visit: (index: number, square: number) => void,
): void {
  const { order, axes } = tree;
  const { values, dimension } = tree.points;
  const look = (place: number) => {
    const index = order[place] as number;
    const limit = bound();
    const square = squareBelow(values, index * dimension, query, limit);
    if (square < limit) visit(index, square);
  };
  const descend = (from: number, to: number): void => {
    if (to - from <= LEAF) {
      for (let place = from; place < to; place++) look(place);
      return;
    }
    const middle = (from + to) >> 1;
    const axis = axes[middle] as number;
    const beyond = (query[axis] as number) - (values[(order[middle] as number) * dimension + axis] as number);
    if (beyond < 0) descend(from, middle);
    else descend(middle + 1, to);
    look(middle);
    if (beyond * beyond >= bound()) return;
    if (beyond < 0) descend(middle + 1, to);
    else descend(from, middle);
  };
  descend(0, order.length);
}

/**
 * The squared distance from a query to its k-th nearest point of the tree.
 *
 * @param tree - the tree
 * @param query - coordinates of the query
 * @param k - which neighbour, from 1
 * @param skip - index of a point that does not count, such as the query itself; -1 for none
 * @returns the squared distance; `Infinity` when there are fewer than `k` points
 */
export function neighbourSquare(tree: KdTree, query: Float64Array, k: number, skip = -1): number {
  const nearest = new Float64Array(k).fill(Infinity);
  search(
    tree,
    query,
    () => nearest[k - 1] as number,
    (index, square) => {
      if (index === skip) return;
      let place = k - 1;
      for (; place > 0 && (nearest[place - 1] as number) > square; place--)
        nearest[place] = nearest[place - 1] as number;
      nearest[place] = square;
    },
  );
  return nearest[k - 1] as number;
}

/**
 * Visits the points of the tree strictly inside a ball.
 *
 * @param tree - the tree
 * @param centre - coordinates of the centre
 * @param squaredRadius - the square of the radius
 * @param visit - called with the index of each point inside
 */
export function visitBall(
  tree: KdTree,
  centre: Float64Array,
  squaredRadius: number,
  visit: (index: number) => void,
): void {
  search(tree, centre, () => squaredRadius, visit);
}
