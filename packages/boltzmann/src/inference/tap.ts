import { EbmError } from '@ebmkit/tensor';
import type { FactorGraph } from '../graph/factor-graph.js';
import type { ApproximateMarginals } from './approximate-marginals.js';
import { checkIteration, type IterationOptions, iterate } from './convergence.js';
import { openGraph } from './evidence.js';
import { factorised } from './factorised.js';
import type { InferenceOptions } from './marginals.js';
import { type PlefkaOrder, plefkaField, plefkaLogZ } from './plefka.js';
import { spinForm } from './spin-form.js';

/** Settings of `tap`. */
export interface TapOptions extends InferenceOptions, IterationOptions {
  /** How many orders in the couplings are kept: 2 (TAP) unless given; 1 is naive mean field. */
  readonly order?: PlefkaOrder;
}

/** The default share of the old value that an update keeps. */
const defaultDamping = 0.5;

/** Throws unless the order is one that is known. */
function checkOrder(where: string, order: number): void {
  if (order !== 1 && order !== 2 && order !== 3)
    throw new EbmError('argument', `${where}: order must be 1, 2 or 3, got ${order}.`);
}

/**
 * The equations of Thouless, Anderson and Palmer on a pairwise model of binary nodes, of whichever values: naive mean field with
 * the next terms of the expansion of the Gibbs free energy in the couplings. The error of $`\log Z`$ falls as the couplings to the
 * power `order + 1`, and unlike that of `meanField` it has either sign. Biased; for weak couplings. One iteration costs every
 * coupling twice, at order 3 every triangle as well. Where couplings are strong the iteration may not converge, and says so.
 *
 * @param graph - The model: cardinalities of at most 2, factors of at most two nodes, finite.
 * @param options - Order, evidence, iterations, tolerance, damping (0.5 unless given), progress, abort.
 * @returns Marginals and the estimate of $`\log Z`$ with the status; `change` is in magnetisations. `factorMarginals` are
 * products of `marginals`: correlations are not estimated.
 * @throws EbmError when the model is no such model or an option is wrong, or with code `aborted` when the signal fires.
 *
 * @example
 * ```ts
 * const { logZ, marginals, status } = await tap(graph, { order: 3 });
 * ```
 * @see Thouless, Anderson and Palmer, "Solution of 'Solvable model of a spin glass'", 1977, https://doi.org/10.1080/14786437708235992
 */
export async function tap(graph: FactorGraph, options: TapOptions = {}): Promise<ApproximateMarginals> {
  const { order = 2 } = options;
  checkOrder('tap', order);
  const iteration = checkIteration('tap', options, { damping: defaultDamping });
  const { graph: open, restore } = openGraph('tap', graph, options.evidence);
  const spins = spinForm('tap', open);
  const binary = open.cardinalities.flatMap((count, node) => (count === 2 ? [node] : []));
  // A node of one state stands as a spin of known value, which adds no entropy.
  const m = Float64Array.from(open.cardinalities, (count) => (count === 2 ? 0 : 1));
  const ended = await iterate('tap', iteration, () => {
    let change = 0;
    for (const node of binary) {
      const old = m[node] as number;
      const wanted = Math.tanh(plefkaField(spins, m, order, node));
      change = Math.max(change, Math.abs(wanted - old));
      m[node] = wanted + iteration.damping * (old - wanted);
    }
    return change;
  });
  const q = Array.from(m, (mean, node) =>
    open.cardinalities[node] === 2 ? Float64Array.of((1 - mean) / 2, (1 + mean) / 2) : Float64Array.of(1),
  );
  const { products } = factorised(open);
  return restore({
    ...ended,
    logZ: plefkaLogZ(spins, m, order),
    marginals: q,
    factorMarginals: open.factors.map((_, factor) => products(factor, q)),
  });
}
