import type { FactorGraph } from '../graph/factor-graph.js';
import type { ApproximateMarginals } from './approximate-marginals.js';
import { cardinalitiesOf } from './check-graph.js';
import { checkIteration, type IterationOptions, iterate } from './convergence.js';
import { openGraph } from './evidence.js';
import type { InferenceOptions } from './marginals.js';
import { logSumOf, normalised, statesOf } from './table.js';

/** Settings of `beliefPropagation`. */
export interface BeliefPropagationOptions extends InferenceOptions, IterationOptions {}

/** The messages between the factors and nodes of a graph, in logs. */
interface Messages {
  /** Sends new messages from one factor to all its nodes; gives the largest change of a message as a probability. */
  readonly send: (factor: number, damping: number) => number;
  /** For each node, the sum of all messages to it. */
  readonly totals: readonly Float64Array[];
  /** The log-weight of each joint state of a factor: its own, and what its nodes hear from elsewhere. */
  readonly factorLogs: (factor: number) => Float64Array;
}

function openMessages({ cardinalities, factors }: FactorGraph): Messages {
  const totals = cardinalities.map((count) => new Float64Array(count));
  const heard = cardinalities.map((): Float64Array[] => []);
  const shapes = new Map<string, readonly Int32Array[]>();
  const links = factors.map(({ nodes, logPotential }) => {
    const lengths = cardinalitiesOf({ cardinalities, factors }, nodes);
    const states = shapes.get(lengths.join()) ?? statesOf(lengths);
    shapes.set(lengths.join(), states);
    const messages = lengths.map((count) => new Float64Array(count).fill(-Math.log(count)));
    nodes.forEach((node, slot) => {
      heard[node]?.push(messages[slot] as Float64Array);
    });
    return { nodes, logPotential, states, messages };
  });
  const sumTotal = (node: number, state: number, except?: Float64Array): number => {
    let sum = 0;
    for (const message of heard[node] as Float64Array[]) if (message !== except) sum += message[state] as number;
    return sum;
  };
  totals.forEach((total, node) => {
    total.forEach((_, state) => {
      total[state] = sumTotal(node, state);
    });
  });
  /** What a node hears from all factors but one. Differences of infinite sums are summed anew. */
  const withoutOwn = (node: number, message: Float64Array): Float64Array =>
    (totals[node] as Float64Array).map((total, state) => {
      const rest = total - (message[state] as number);
      return Number.isNaN(rest) ? sumTotal(node, state, message) : rest;
    });
  /** A factor's log-weights with what its nodes hear from elsewhere, one of them left out if wanted. */
  const logsOf = (factor: number, incoming: readonly Float64Array[], except?: number): Float64Array => {
    const { logPotential, states } = links[factor] as (typeof links)[number];
    const logs = logPotential.slice();
    incoming.forEach((message, slot) => {
      if (slot === except) return;
      const place = states[slot] as Int32Array;
      for (let i = 0; i < logs.length; i++) logs[i] = (logs[i] as number) + (message[place[i] as number] as number);
    });
    return logs;
  };
  const incomingTo = (factor: number): Float64Array[] => {
    const { nodes, messages } = links[factor] as (typeof links)[number];
    return nodes.map((node, slot) => withoutOwn(node, messages[slot] as Float64Array));
  };
  return {
    totals,
    factorLogs: (factor) => logsOf(factor, incomingTo(factor)),
    send: (factor, damping) => {
      const { nodes, states, messages } = links[factor] as (typeof links)[number];
      const incoming = incomingTo(factor);
      let change = 0;
      nodes.forEach((node, slot) => {
        const message = messages[slot] as Float64Array;
        const fresh = sumByState(logsOf(factor, incoming, slot), states[slot] as Int32Array, message.length);
        const total = totals[node] as Float64Array;
        fresh.forEach((wanted, state) => {
          const old = message[state] as number;
          change = Math.max(change, Math.abs(Math.exp(wanted) - Math.exp(old)));
          const next = damping === 0 ? wanted : (1 - damping) * wanted + damping * old;
          message[state] = next;
          const sum = (total[state] as number) + next - old;
          total[state] = Number.isNaN(sum) ? sumTotal(node, state) : sum;
        });
      });
      return change;
    },
  };
}

/** The log of the share that each state of one axis has in a table of log-weights. */
function sumByState(logs: Float64Array, place: Int32Array, count: number): Float64Array {
  const tops = new Float64Array(count).fill(Number.NEGATIVE_INFINITY);
  for (let i = 0; i < logs.length; i++) {
    const state = place[i] as number;
    tops[state] = Math.max(tops[state] as number, logs[i] as number);
  }
  const sums = new Float64Array(count);
  for (let i = 0; i < logs.length; i++) {
    const state = place[i] as number;
    if (tops[state] === Number.NEGATIVE_INFINITY) continue;
    sums[state] = (sums[state] as number) + Math.exp((logs[i] as number) - (tops[state] as number));
  }
  const shares = tops.map((top, state) =>
    top === Number.NEGATIVE_INFINITY ? top : top + Math.log(sums[state] as number),
  );
  const all = logSumOf(shares);
  return all === Number.NEGATIVE_INFINITY ? shares : shares.map((share) => share - all);
}

/**
 * Loopy belief propagation (sum-product) on factors of any order, in logs. Exact on trees; on graphs with loops an approximation
 * without a bound, good when loops are long or couplings weak. $`\log Z`$ is that of the Bethe free energy,
 * $`\sum_f \log Z_f + \sum_i (1 - d_i) \log Z_i`$ with the degree $`d_i`$ of node $`i`$ and the normalisers of the beliefs. One
 * iteration passes over the factors forwards and backwards; it costs the joint states of every factor, times its nodes squared.
 *
 * @param graph - The model.
 * @param options - Evidence, iterations, tolerance, damping (0 unless given), progress, abort.
 * @returns Marginals and the Bethe $`\log Z`$ with the status of the iteration. `change` is in probabilities. Numbers of an
 * iteration that has not converged are the last ones. Where messages contradict each other no state is possible: $`\log Z`$ is
 * −Infinity and marginals are NaN.
 * @throws EbmError when the graph is not sound or an option is wrong, or with code `aborted` when the signal fires.
 *
 * @example
 * ```ts
 * const { logZ, marginals, status } = await beliefPropagation(graph, { damping: 0.3 });
 * ```
 * @see Yedidia, Freeman and Weiss, "Constructing free-energy approximations and generalized belief propagation algorithms", 2005, https://doi.org/10.1109/TIT.2005.850085
 */
export async function beliefPropagation(
  graph: FactorGraph,
  options: BeliefPropagationOptions = {},
): Promise<ApproximateMarginals> {
  const iteration = checkIteration('beliefPropagation', options);
  const { graph: open, restore } = openGraph('beliefPropagation', graph, options.evidence);
  const { send, totals, factorLogs } = openMessages(open);
  const count = open.factors.length;
  const ended = await iterate('beliefPropagation', iteration, () => {
    let change = 0;
    for (let f = 0; f < count; f++) change = Math.max(change, send(f, iteration.damping));
    for (let f = count - 1; f >= 0; f--) change = Math.max(change, send(f, iteration.damping));
    return change;
  });
  const degrees = new Float64Array(totals.length);
  for (const { nodes } of open.factors) for (const node of nodes) degrees[node] = (degrees[node] as number) + 1;
  const logs = open.factors.map((_, factor) => factorLogs(factor));
  const ofNodes = totals.map((total) => logSumOf(total));
  const isImpossible = ofNodes.includes(Number.NEGATIVE_INFINITY);
  const bethe =
    logs.reduce((sum, weights) => sum + logSumOf(weights), 0) +
    ofNodes.reduce((sum, logWeight, node) => sum + (1 - (degrees[node] as number)) * logWeight, 0);
  return restore({
    ...ended,
    logZ: isImpossible ? Number.NEGATIVE_INFINITY : bethe,
    marginals: totals.map(normalised),
    factorMarginals: logs.map(normalised),
  });
}
