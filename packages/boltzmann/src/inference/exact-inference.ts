import { EbmError, makePacer, type Progress } from '@ebmkit/tensor';
import type { FactorGraph } from '../graph/factor-graph.js';
import { jointStates } from './check-graph.js';
import { openGraph } from './evidence.js';
import type { InferenceOptions, Marginals } from './marginals.js';
import { stateTree } from './state-tree.js';

/** Settings of `exactInference`. */
export interface ExactInferenceOptions extends InferenceOptions {
  /** Called now and then with the blocks of states done. */
  readonly onProgress?: (progress: Progress) => void;
  /** Stops the sum with an `EbmError` of code `aborted`. */
  readonly signal?: AbortSignal;
}

/** Joint states that are listed at most: those of 24 binary nodes. */
const mostStates = 2 ** 24;

/** The model without nodes of one state, which change no table; one is left where there is no other. Their numbers as well. */
function withoutCertain({ cardinalities, factors }: FactorGraph): {
  readonly graph: FactorGraph;
  readonly kept: readonly number[];
} {
  const open = cardinalities.flatMap((count, node) => (count > 1 ? [node] : []));
  const kept = open.length === 0 ? [0] : open;
  const numbers = new Map(kept.map((node, number) => [node, number]));
  const graph = {
    cardinalities: kept.map((node) => cardinalities[node] as number),
    factors: factors.map(({ nodes, logPotential }) => ({
      nodes: nodes.flatMap((node) => numbers.get(node) ?? []),
      logPotential,
    })),
  };
  return { graph, kept };
}

/**
 * The log normaliser, all marginals and the gradient of a small model by visiting every joint state. Exact in double precision.
 * At most 2^24 joint states of the nodes that are not clamped, which take a few seconds; yields to the event loop. `junctionTree`
 * does the same for large graphs that are nearly trees, and `exactRbmMoments` for two layers of which one is small.
 *
 * @param graph - The model.
 * @param options - Evidence, progress, abort.
 * @returns $`\log Z`$ and marginals; `factorMarginals` are its gradient in the log-potentials. NaN where a potential is NaN, and
 * marginals are NaN when no state is possible.
 * @throws EbmError when the graph is not sound or has too many states, or with code `aborted` when the signal fires.
 *
 * @example
 * ```ts
 * const { logZ, marginals } = await exactInference(graph, { evidence: { 0: 1 } });
 * ```
 */
export async function exactInference(graph: FactorGraph, options: ExactInferenceOptions = {}): Promise<Marginals> {
  const { evidence, onProgress, signal } = options;
  const opened = openGraph('exactInference', graph, evidence);
  const count = jointStates(opened.graph.cardinalities);
  if (count > mostStates)
    throw new EbmError(
      'argument',
      `exactInference: at most 2^24 joint states are listed, got 2^${Math.log2(count).toFixed(1)}. Clamp nodes, use junctionTree or beliefPropagation, or for an RBM exactRbmMoments.`,
    );
  const { graph: small, kept } = withoutCertain(opened.graph);
  const tree = stateTree(small);
  const pacer = makePacer(0, 2 * tree.blocks, onProgress);
  const afterBlock = (done: number): Promise<void> | undefined => {
    if (signal?.aborted)
      throw new EbmError(
        'aborted',
        `exactInference: aborted when ${Math.floor((50 * done) / tree.blocks)} % of the work was done.`,
      );
    return pacer.after(done);
  };
  let top = Number.NEGATIVE_INFINITY;
  for (let block = 0; block < tree.blocks; block++) {
    top = Math.max(top, tree.highest(block));
    await afterBlock(block + 1);
  }
  const shift = Number.isFinite(top) ? top : 0;
  for (let block = 0; block < tree.blocks; block++) {
    tree.add(block, shift);
    await afterBlock(tree.blocks + block + 1);
  }
  pacer.finish(2 * tree.blocks);
  const { total, nodes, factors } = tree.sums();
  const shares = (weights: Float64Array): Float64Array => weights.map((weight) => weight / total);
  return opened.restore({
    logZ: shift + Math.log(total),
    marginals: opened.graph.cardinalities.map((_, node) => {
      const weights = nodes[kept.indexOf(node)];
      return weights ? shares(weights) : Float64Array.of(1);
    }),
    factorMarginals: factors.map(shares),
  });
}
