/**
 * One factor of a discrete model: a table over the joint states of a few nodes.
 */
export interface Factor {
  /** The nodes that it joins, by number, each once. One node is a bias, two an edge, more an interaction of higher order. */
  readonly nodes: readonly number[];
  /**
   * Minus its energy for each joint state of its nodes, in nats: row-major, the last of `nodes` fastest, as long as the product
   * of their cardinalities.
   */
  readonly logPotential: Float64Array;
}

/**
 * A discrete model as plain numbers: $`p(x) \propto \exp \sum_f \phi_f(x_f)`$ over nodes with a few states each, numbered from 0. What
 * exact and approximate inference work on, whatever machine the numbers came from.
 */
export interface FactorGraph {
  /** How many states each node has. */
  readonly cardinalities: readonly number[];
  /** The factors; any number may join the same nodes. */
  readonly factors: readonly Factor[];
}
