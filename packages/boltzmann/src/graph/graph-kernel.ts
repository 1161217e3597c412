import { defineKernel, type GibbsState, type Kernel, type MoveInfo } from '@ebmkit/samplers';
import {
  broadcastTo,
  cast,
  concat,
  EbmError,
  isTensor,
  type Key,
  logicalNot,
  perRow,
  slice,
  split,
  type Tensor,
  type TensorLike,
  where,
} from '@ebmkit/tensor';
import { drawBlock, type FlatParameters } from './draw-block.js';
import type { GraphStructure } from './graph-conditional.js';
import { flatParameters, type GraphParameters, hasNumbers } from './graph-parameters.js';
import type { NodeKind } from './node-kind.js';
import { checkStates, dtypeOf, toStates, toValues } from './node-states.js';
import { type NodeValues, pickRows } from './node-values.js';
import type { SweepPlan } from './sweep-plan.js';

/** How to move the chains of a machine on a graph. */
export interface GraphKernelOptions {
  /** How often a step draws every node; 1 unless given. */
  readonly sweeps?: number;
  /** The nodes that move; all unless given. The others keep their states, as data does in a positive phase. */
  readonly free?: readonly number[];
  /** The inverse temperature, one number or one for each chain `[chains]`; 1 unless given. */
  readonly beta?: TensorLike;
}

/** The same, filled in. */
export interface SweepSettings {
  /** How often every node is drawn. */
  readonly sweeps: number;
  /** The nodes that move; all where undefined. */
  readonly free: readonly number[] | undefined;
  /** The inverse temperature. */
  readonly beta: TensorLike;
}

/** What sweeps over the chains `[chains, nodes]`. */
export type Sweeper = (key: Key, params: FlatParameters, x: Tensor) => Tensor;

/** Values with those of one block replaced. */
function replaceRows(values: NodeValues, first: number, drawn: Tensor): NodeValues {
  const [rows, n] = values.shape as readonly [number, number];
  const after = first + (drawn.shape[0] as number);
  const parts = [
    ...(first > 0 ? [slice(values, [0, 0], [first, n])] : []),
    drawn,
    ...(after < rows ? [slice(values, [after, 0], [rows - after, n])] : []),
  ];
  return parts.length === 1 ? drawn : concat(parts);
}

/** Sweeps in ordinary operations, for machines of every kind. */
export function sweepByOperations(
  nodes: readonly NodeKind[],
  { order, rows, blocks }: SweepPlan,
  { sweeps, beta }: SweepSettings,
): Sweeper {
  return (key, params, x) => {
    const keys = split(key, sweeps * blocks.length);
    let values = pickRows(toValues(x), order);
    for (let i = 0; i < keys.length; i++) {
      const block = blocks[i % blocks.length] as SweepPlan['blocks'][number];
      values = replaceRows(values, block.first, drawBlock(keys[i] as Key, block, nodes, params, values, beta));
    }
    return toStates(pickRows(values, rows), dtypeOf(nodes));
  };
}

/**
 * The kernel that sweeps over states `[chains, nodes]`. A step under parameters or a `beta` that are NaN leaves a chain where it is
 * and reports it as diverged.
 */
export function graphKernel(
  { nodes, parts }: GraphStructure,
  params: GraphParameters,
  beta: TensorLike,
  sweep: Sweeper,
): Kernel<Tensor, GibbsState<Tensor>, MoveInfo> {
  const dtype = dtypeOf(nodes);
  return defineKernel<Tensor, GibbsState<Tensor>, MoveInfo>({
    init: (position) => {
      checkStates('boltzmannMachine.kernel', nodes, position, 'Complete visible rows to joint states by complete().');
      return { position: cast(position, dtype) };
    },
    step: (key, { position }) => {
      const drawn = sweep(key, flatParameters('boltzmannMachine.kernel', parts, params), position);
      const accepted = broadcastTo(hasNumbers(params, beta), [position.shape[0] as number]);
      return {
        state: { position: where(perRow(accepted, position.shape), drawn, position) },
        info: { accepted, acceptanceProbability: cast(accepted, 'float32'), diverged: logicalNot(accepted) },
      };
    },
  });
}

/** The options of a kernel, filled in; throws unless they fit the graph. */
export function sweepSettings(nodes: number, { sweeps = 1, free, beta = 1 }: GraphKernelOptions): SweepSettings {
  const caller = 'boltzmannMachine.kernel';
  if (!Number.isInteger(sweeps) || sweeps < 1)
    throw new EbmError('argument', `${caller}: sweeps must be a whole number of at least 1, got ${sweeps}.`);
  if (free) checkNodes(`${caller}: free`, nodes, free);
  const isBeta = isTensor(beta) ? beta.shape.length <= 1 : Number.isFinite(beta) && beta >= 0;
  if (!isBeta)
    throw new EbmError(
      'argument',
      `${caller}: beta must be a finite number of at least 0, or a tensor [] or [chains], got ${isTensor(beta) ? `[${beta.shape.join(', ')}]` : beta}.`,
    );
  return { sweeps, free, beta };
}

/** Throws unless a list names one or more nodes, each once. */
export function checkNodes(where: string, nodes: number, list: readonly number[]): void {
  const wrong = list.find((node) => !Number.isInteger(node) || node < 0 || node >= nodes);
  if (wrong !== undefined)
    throw new EbmError('argument', `${where}: nodes are 0 … ${nodes - 1}, got ${wrong}. Name nodes of the graph.`);
  if (list.length === 0 || new Set(list).size !== list.length)
    throw new EbmError('argument', `${where}: expected one or more nodes, each once, got [${list.join(', ')}].`);
}
