import { EbmError, free, read, scoped, type Tensor, zeros } from '@ebmkit/tensor';
import type { Factor, FactorGraph } from '../graph/factor-graph.js';
import type { Rbm } from '../rbm/rbm.js';
import { ownOf, type RbmParameters } from '../rbm/rbm-parameters.js';
import type { OwnParameters, Units } from '../units/units.js';

/** One site of a layer in plain numbers. */
interface PlainSite {
  /** Its first column in a state. */
  readonly column: number;
  /** The statistic of each of its vectors. */
  readonly statistics: readonly (readonly number[])[];
}

/** The sites of a layer, and its biases. */
async function plainLayer<N extends string>(
  layer: string,
  units: Units<N>,
  own: OwnParameters<N>,
): Promise<{ readonly sites: readonly PlainSite[]; readonly bias: ArrayLike<number> }> {
  if (units.sites === undefined || units.copies)
    throw new EbmError(
      'argument',
      `rbmFactorGraph: ${layer} units of a few states each are required, got ${units.kind} units. Sum the layer out with freeEnergy instead.`,
    );
  // The statistic is the state less a constant, which is found at 0.
  const atZero = scoped<Tensor>(() => units.statistic(own, zeros([1, units.size])));
  const shift = await read(atZero);
  free(atZero);
  let column = 0;
  const sites = units.sites.map((site): PlainSite => {
    const first = column;
    column += site[0]?.length ?? 0;
    return { column: first, statistics: site.map((vector) => vector.map((x, i) => x + (shift[first + i] as number))) };
  });
  return { sites, bias: await read(own.bias) };
}

/**
 * A restricted Boltzmann machine as a factor graph in plain numbers, for exact and approximate inference on small machines. Nodes
 * are the sites of the visible layer and then those of the hidden one: a bit or spin, or a choice of a softmax unit. Their states are
 * those of `sites` in order, so that a bit has the states 0 and 1 and a spin −1 and 1. Factors are the biases of the nodes in that
 * order, and then one for each visible and hidden node, the hidden ones fastest; weights of 0 have theirs too. Exact moments of a machine
 * with one small layer need no graph: see `exactRbmMoments`.
 *
 * @param machine - A machine of units with `sites`: `bernoulli`, `spin`, `softmax`, and mixtures of them.
 * @param params - Its parameters.
 * @returns The graph, with $`\phi_i = b_i \cdot s(x_i)`$ and $`\phi_{ij} = s(v_i)^T W_{ij} s(h_j)`$.
 * @throws EbmError when a layer has other units.
 *
 * @example
 * ```ts
 * const graph = await rbmFactorGraph(machine, params);
 * const { logZ, marginals } = await beliefPropagation(graph);
 * ```
 */
export async function rbmFactorGraph<V extends string, H extends string>(
  machine: Rbm<V, H>,
  params: RbmParameters<V, H>,
): Promise<FactorGraph> {
  const visible = await plainLayer('visible', machine.visible, ownOf(machine.visible, 'visible', params));
  const hidden = await plainLayer('hidden', machine.hidden, ownOf(machine.hidden, 'hidden', params));
  const weights = await read(params.weight);
  const columns = machine.hidden.size;
  const met = (bias: ArrayLike<number>, { column, statistics }: PlainSite): Float64Array =>
    Float64Array.from(statistics, (s) => s.reduce((sum, x, i) => sum + x * (bias[column + i] as number), 0));
  const biases = [
    ...visible.sites.map((site) => met(visible.bias, site)),
    ...hidden.sites.map((site) => met(hidden.bias, site)),
  ];
  const pairs = visible.sites.flatMap((v, i) =>
    hidden.sites.map((h, j): Factor => {
      const product = (s: readonly number[], t: readonly number[]): number =>
        s.reduce(
          (sum, x, a) =>
            sum +
            t.reduce((part, y, b) => part + x * y * (weights[(v.column + a) * columns + h.column + b] as number), 0),
          0,
        );
      return {
        nodes: [i, visible.sites.length + j],
        logPotential: Float64Array.from(v.statistics.flatMap((s) => h.statistics.map((t) => product(s, t)))),
      };
    }),
  );
  return {
    cardinalities: biases.map((logPotential) => logPotential.length),
    factors: [...biases.map((logPotential, node): Factor => ({ nodes: [node], logPotential })), ...pairs],
  };
}
