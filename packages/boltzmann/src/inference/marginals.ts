/** What inference on a factor graph gives: the log normaliser, and the probabilities of the states of each node and factor. */
export interface Marginals {
  /** $`\log Z`$ in nats; with clamped nodes, the log of the sum over the states that agree with them. */
  readonly logZ: number;
  /** The probability of each state of each node; a clamped node has 1 at its state. */
  readonly marginals: readonly Float64Array[];
  /**
   * The probability of each joint state of each factor, laid out as its `logPotential`. Where exact, it is the gradient of
   * `logZ` in the log-potentials: the expected statistics. A factor of zeros gives the joint marginal of any other nodes.
   */
  readonly factorMarginals: readonly Float64Array[];
}

/** Nodes with a known state: from the number of the node to the number of its state, such as `{ 4: 1 }`. */
export type Evidence = Readonly<Record<number, number>>;

/** Settings of all inference on a factor graph. */
export interface InferenceOptions {
  /** Nodes that are clamped; none unless given. */
  readonly evidence?: Evidence;
}
