import type { BlockConditional, ConditionalModel, EnergyModel } from '@ebmkit/energy';
import type { GibbsState, Kernel, MoveInfo } from '@ebmkit/samplers';
import { type DType, type Key, scoped, split, type Tensor, zeros } from '@ebmkit/tensor';
import { initialWeights } from '../rbm/initial-weights.js';
import {
  type ColourBlock,
  type ColourName,
  type ColourStates,
  cutStates,
  joinStates,
  namedBlocks,
} from './colour-states.js';
import type { FactorGraph } from './factor-graph.js';
import { type GraphStructure, graphConditional } from './graph-conditional.js';
import { graphEnergy, graphStatistics } from './graph-energy.js';
import {
  type GraphKernelOptions,
  graphKernel,
  type Sweeper,
  type SweepSettings,
  sweepByOperations,
  sweepSettings,
} from './graph-kernel.js';
import type { GraphParameters } from './graph-parameters.js';
import { checkGraph, type InteractionGraph } from './interaction-graph.js';
import { linearParts } from './interaction-groups.js';
import { nativeSweeper } from './native-sweeps.js';
import type { NodeKind } from './node-kind.js';
import { checkStates, dtypeOf, randomStates, toValues } from './node-states.js';
import { colourBlocks, coloursOf, planSweep, type SweepPlan } from './sweep-plan.js';
import { toFactorGraph } from './to-factor-graph.js';
import { type GraphState, joinParts, nodeParts, takeParts } from './visible-hidden.js';

/** The structure of a machine on a graph. */
export interface BoltzmannMachineOptions {
  /** Nodes and interactions. */
  readonly graph: InteractionGraph;
  /** The nodes that data gives, in the order of its columns; those that are not hidden unless given. */
  readonly visible?: readonly number[];
  /** The nodes that no data gives; those that are not visible unless given. */
  readonly hidden?: readonly number[];
}

/** How long to draw the hidden nodes given the visible ones. */
export interface CompleteOptions {
  /** Sweeps over the hidden nodes; 10 unless given. One is exact where no two hidden nodes share an interaction. */
  readonly sweeps?: number;
}

/**
 * A Boltzmann machine on a graph, as a plain object of pure functions. States are `[n, nodes]`, one column for each node in the order of
 * the graph: bool where every node is bool, else int32 with spins as −1 and 1 and categories from 0. Parameters are data and come
 * first everywhere.
 */
export interface BoltzmannMachine extends EnergyModel<GraphParameters>, ConditionalModel<GraphParameters, ColourName> {
  /** Nodes and interactions. */
  readonly graph: InteractionGraph;
  /** The nodes that data gives, in the order of its columns. */
  readonly visible: readonly number[];
  /** The other nodes. */
  readonly hidden: readonly number[];
  /** States are drawn from a finite set. */
  readonly support: 'discrete';
  /** The dtype of states. */
  readonly dtype: DType;
  /** The nodes of each colour, in the order in which a sweep draws them. */
  readonly blocks: readonly ColourBlock[];
  /** Draws parameters: weights from $`N(0, 0.01^2)`$, biases 0. */
  readonly init: (key: Key) => GraphParameters;
  /**
   * The energy $`E(x) = -\sum_i b_i(x_i) - \sum_f w_f(x)`$ of joint states, `[n, nodes]` to `[n]`. Exact, and differentiable in the
   * parameters; a few operations for each form of interaction. Float32 states are accepted, and of bool and spin nodes values between
   * their two: the energy is then the multilinear one, which gradient-informed samplers differentiate.
   */
  readonly energy: (params: GraphParameters, x: Tensor) => Tensor;
  /**
   * The means over states `[n, nodes]` of what the parameters multiply, in their shapes: values of bool and spin nodes and indicators of
   * categories, their products and the indicators of table entries. Minus the gradient of the mean energy, which does not depend on the
   * parameters.
   */
  readonly statistics: (x: Tensor) => GraphParameters;
  /** The conditional of each colour given the others, drawn exactly, over blocks `colour0`, `colour1`, … (see `blocks`). */
  readonly conditional: (params: GraphParameters) => BlockConditional<ColourName>;
  /** Block Gibbs sampling by colours over joint states `[chains, nodes]`, of all nodes or of some given the others. Exact. */
  readonly kernel: (
    params: GraphParameters,
    options?: GraphKernelOptions,
  ) => Kernel<Tensor, GibbsState<Tensor>, MoveInfo>;
  /**
   * Draws joint states `[n, nodes]` whose visible nodes are the rows `[n, visible]`, by sweeps over the hidden nodes from random states:
   * the positive phase of training (`complete` of `contrastiveDivergence`). Biased towards the random start when `sweeps` is small,
   * but exact where no two hidden nodes share an interaction.
   */
  readonly complete: (key: Key, params: GraphParameters, rows: Tensor, options?: CompleteOptions) => Tensor;
  /** Independent joint states, every one as likely as another, `[count, nodes]`: where chains may begin. */
  readonly randomStates: (key: Key, count: number) => Tensor;
  /** Joint states from both parts. */
  readonly join: (state: GraphState) => Tensor;
  /** The two parts of joint states. */
  readonly part: (x: Tensor) => GraphState;
  /** Joint states cut into the blocks of `conditional`. */
  readonly toBlocks: (x: Tensor) => ColourStates;
  /** Joint states from the blocks of `conditional`. */
  readonly fromBlocks: (blocks: ColourStates) => Tensor;
  /**
   * The model as tables of plain numbers, for exact and approximate inference. State 0 of a spin is −1. Factors are the biases of all nodes in
   * order, and then the interactions as the graph lists them, each with its nodes in the order given there; weights of 0 have theirs too.
   */
  readonly factorGraph: (params: GraphParameters) => Promise<FactorGraph>;
}

/**
 * Makes a Boltzmann machine on any graph: bool, spin and categorical nodes in one model, interactions of any order, visible and hidden
 * nodes. With the values $`x_i`$ of bool and spin nodes, an interaction counts its weight times the product of the values of its
 * nodes; where it has categorical nodes, their states pick the weight from a table:
 *
 * ```math
 * p(x) \propto \exp\Bigl(\sum_i b_i(x_i) + \sum_f W_f[x_{c_1}, \dots, x_{c_m}] \prod_{i \in f} x_i\Bigr)
 * ```
 *
 * Nodes are coloured (`colour`), and a sweep draws one colour after the other. Pairwise machines of bool and spin nodes, and Potts
 * models, are swept by native kernels where the backend has them. `ising` and `potts` are short-hands; `rbm` is the near twin for
 * two layers, which sums the hidden one out.
 *
 * @param options - The graph, and which nodes are visible.
 * @returns The machine. It holds no parameters: `init` draws them and every other function takes them.
 * @throws EbmError when the graph is not one (see `InteractionGraph`), or a node is neither visible nor hidden or both.
 *
 * @example
 * ```ts
 * const machine = boltzmannMachine({
 *   graph: {
 *     nodes: ['bool', 'bool', 'spin', { categorical: 3 }],
 *     interactions: [[0, 1], [1, 2], [0, 2, 3]],
 *   },
 *   hidden: [2],
 * });
 * const params = machine.init(key(1));
 * ```
 * @see Ackley, Hinton and Sejnowski, "A learning algorithm for Boltzmann machines", 1985, https://doi.org/10.1207/s15516709cog0901_7
 */
export function boltzmannMachine(options: BoltzmannMachineOptions): BoltzmannMachine {
  const { graph } = options;
  checkGraph('boltzmannMachine', graph);
  const { nodes } = graph;
  const { visible, hidden } = nodeParts(nodes.length, options);
  const dtype = dtypeOf(nodes);
  const parts = linearParts(graph);
  const structure: GraphStructure = { nodes, parts };
  const colours = colourBlocks(graph, [...nodes.keys()]);
  const blocks = namedBlocks(colours);
  const native = nativeSweeper(graph, coloursOf(colours));
  let plan: SweepPlan | undefined;
  const planOf = (free?: readonly number[]): SweepPlan => {
    if (free) return planSweep(nodes, parts, colourBlocks(graph, free));
    plan ??= planSweep(nodes, parts, colours);
    return plan;
  };
  const sweeperOf = (settings: SweepSettings): Sweeper =>
    native ? native(settings) : sweepByOperations(nodes, planOf(settings.free), settings);
  const kernel: BoltzmannMachine['kernel'] = (params, kernelOptions = {}) => {
    const settings = sweepSettings(nodes.length, kernelOptions);
    return graphKernel(structure, params, settings.beta, sweeperOf(settings));
  };
  const join = (state: GraphState): Tensor => scoped<Tensor>(() => joinParts(nodes, { visible, hidden }, state, dtype));

  return {
    graph,
    visible,
    hidden,
    support: 'discrete',
    dtype,
    blocks,
    init: (key) => ({
      bias: zeros(parts.bias.rows.shape),
      weight: scoped<Tensor>(() => initialWeights(key, parts.weight.rows.shape)),
    }),
    energy: (params, x) => {
      checkStates('boltzmannMachine.energy', nodes, x, 'Complete visible rows to joint states by complete().');
      return scoped<Tensor>(() => graphEnergy(parts, params, toValues(x)));
    },
    statistics: (x) => {
      checkStates('boltzmannMachine.statistics', nodes, x, 'Complete visible rows to joint states by complete().');
      return graphStatistics(parts, x);
    },
    conditional: (params) => graphConditional(structure, planOf(), params),
    kernel,
    complete: (key, params, rows, { sweeps = 10 } = {}) =>
      scoped<Tensor>(() => {
        if (hidden.length === 0) return join({ visible: rows });
        const [forStart, forSweeps] = split(key, 2);
        const kinds = hidden.map((node) => nodes[node] as NodeKind);
        const start = join({ visible: rows, hidden: randomStates(forStart, kinds, rows.shape[0] as number, dtype) });
        const chains = kernel(params, { sweeps, free: hidden });
        return chains.step(forSweeps, chains.init(start, forStart)).state.position;
      }),
    randomStates: (key, count) => scoped<Tensor>(() => randomStates(key, nodes, count, dtype)),
    join,
    part: (x) => scoped<GraphState>(() => takeParts({ visible, hidden }, x)),
    toBlocks: (x) => scoped<ColourStates>(() => cutStates(blocks, x)),
    fromBlocks: (states) => scoped<Tensor>(() => joinStates(blocks, states)),
    factorGraph: (params) => toFactorGraph(graph, parts, params),
  };
}
