import { add, cast, equal, mul, reshape, scatterAdd, sub, type Tensor, tensor } from '@ebmkit/tensor';
import type { FlatParameters } from './draw-block.js';
import type { Sweeper, SweepSettings } from './graph-kernel.js';
import { type InteractionGraph, nodesOf } from './interaction-graph.js';
import { pottsSweeps } from './native/potts-sweeps.js';
import { spinSweeps } from './native/spin-sweeps.js';
import { type SweepStructure, sweepStructure } from './native/sweep-structure.js';
import { cardinalityOf, isBinary, type NodeKind } from './node-kind.js';
import { dtypeOf } from './node-states.js';

/** A value is $`a + c s`$ of a spin $`s`$: bits are half a spin and a half. */
const [halfOf, offsetOf] = [
  (kind: NodeKind) => (kind === 'bool' ? 0.5 : 1),
  (kind: NodeKind) => (kind === 'bool' ? 0.5 : 0),
];

const floats = (numbers: Iterable<number>): Tensor => tensor(Float32Array.from(numbers));

/** The parameters of the same distribution over spins, for pairwise machines whose nodes are bits or spins. */
function spinParameters(
  nodes: readonly NodeKind[],
  edges: readonly (readonly number[])[],
  params: FlatParameters,
): FlatParameters {
  if (nodes.every((kind) => kind === 'spin')) return params;
  const kindAt = (edge: readonly number[], end: 0 | 1): NodeKind => nodes[edge[end] as number] as NodeKind;
  const told = ([0, 1] as const).map((end) => {
    const other = end === 0 ? 1 : 0;
    const factor = floats(edges.map((edge) => halfOf(kindAt(edge, end)) * offsetOf(kindAt(edge, other))));
    return scatterAdd(
      tensor(Int32Array.from(edges, (edge) => edge[end] as number)),
      mul(params.weight, factor),
      nodes.length,
    );
  });
  const own = mul(params.bias, floats(nodes.map(halfOf)));
  return {
    bias: told.reduce((total, part) => add(total, part), own),
    weight: mul(params.weight, floats(edges.map((edge) => halfOf(kindAt(edge, 0)) * halfOf(kindAt(edge, 1))))),
  };
}

/** Which nodes stay, bool `[nodes]`. */
function clampedNodes(nodes: number, free: readonly number[]): Tensor {
  const moving = new Set(free);
  return tensor(Uint8Array.from({ length: nodes }, (_, node) => (moving.has(node) ? 0 : 1)));
}

function spinSweeper(
  nodes: readonly NodeKind[],
  edges: readonly (readonly number[])[],
  structure: SweepStructure,
  { sweeps, beta, free }: SweepSettings,
): Sweeper {
  const dtype = dtypeOf(nodes);
  return (key, params, x) => {
    const { bias, weight } = spinParameters(nodes, edges, params);
    const up = dtype === 'bool' ? x : equal(x, 1);
    const clamped = free && clampedNodes(nodes.length, free);
    const swept = spinSweeps(key, up, { structure, bias, weight, beta, sweeps, ...(clamped && { clamped }) });
    if (dtype === 'bool') return swept;
    const step = tensor(Int32Array.from(nodes, (kind) => (kind === 'spin' ? 2 : 1)));
    return sub(add(mul(cast(swept, 'int32'), step), 1), step);
  };
}

function pottsSweeper(
  nodes: readonly NodeKind[],
  structure: SweepStructure,
  { sweeps, beta, free }: SweepSettings,
): Sweeper {
  const shape = [nodes.length, cardinalityOf(nodes[0] as NodeKind)];
  return (key, { bias, weight }, x) => {
    const clamped = free && clampedNodes(nodes.length, free);
    return pottsSweeps(key, x, {
      structure,
      bias: reshape(bias, shape),
      weight,
      beta,
      sweeps,
      ...(clamped && { clamped }),
    });
  };
}

/**
 * What makes sweeps of one native operation each, for machines that have one: pairwise ones of bool and spin nodes, and Potts models.
 * Undefined for the others.
 *
 * @param graph - The structure.
 * @param colours - The colour of each node.
 */
export function nativeSweeper(
  { nodes, interactions }: InteractionGraph,
  colours: readonly number[],
): ((settings: SweepSettings) => Sweeper) | undefined {
  const edges = interactions.map(nodesOf);
  if (edges.some(({ length }) => length !== 2)) return undefined;
  const areBinary = nodes.every(isBinary);
  const states = new Set(nodes.map((kind) => (isBinary(kind) ? 0 : cardinalityOf(kind))));
  const isPotts = states.size === 1 && interactions.every((interaction) => 'equal' in interaction);
  if (!areBinary && !isPotts) return undefined;
  const structure = sweepStructure({ nodes: nodes.length, edges: edges.flat(), colours });
  return (settings) =>
    areBinary ? spinSweeper(nodes, edges, structure, settings) : pottsSweeper(nodes, structure, settings);
}
