import {
  broadcastTo,
  cast,
  EbmError,
  full,
  isTensor,
  ShapeError,
  type Tensor,
  type TensorLike,
  type TensorType,
  zeros,
} from '@ebmkit/tensor';
import type { SweepStructure } from './sweep-structure.js';

/** What both kinds of sweeps take besides the key and the states. */
export interface SweepOptions {
  /** The graph, by `sweepStructure`. */
  readonly structure: SweepStructure;
  /** The weight of each edge, float32 `[edges]`. */
  readonly weight: Tensor;
  /** The inverse temperature, one number or one for each chain `[chains]`; 1 unless given. */
  readonly beta?: TensorLike;
  /** How many times every node is drawn; 1 unless given. */
  readonly sweeps?: number;
  /** The nodes that keep their state, bool `[nodes]`; none unless given. */
  readonly clamped?: Tensor;
}

/** What the sweeping primitives are told besides tensors. */
export type SweepAttributes = {
  /** How many times every node is drawn; with samples, before each of them. */
  readonly sweeps: number;
  /** How many states are kept, along a new first axis; the last one alone, without the axis, unless given. */
  readonly samples?: number;
  /** How many nodes each colour has. */
  readonly blocks: readonly number[];
  /** How many ends of edges each colour has. */
  readonly incidences: readonly number[];
};

function expectCount(where: string, name: string, count: number): void {
  if (!Number.isInteger(count) || count < 1)
    throw new EbmError('argument', `${where}: ${name} must be a whole number of at least 1, got ${count}.`);
}

function expectShape(
  where: string,
  name: string,
  { shape, dtype }: Tensor,
  wanted: readonly number[],
  type: string,
): void {
  if (shape.join() !== wanted.join() || dtype !== type)
    throw new ShapeError(
      `${where}: ${name} must be ${type} [${wanted.join(', ')}], got ${dtype} [${shape.join(', ')}].`,
    );
}

/** The type of the result of a sweeping primitive. */
export function sweptType(states: TensorType, { samples }: SweepAttributes): TensorType {
  return samples === undefined ? states : { ...states, shape: [samples, ...states.shape] };
}

/**
 * Looks at the arguments of sweeps and fills in what is left out.
 *
 * @returns The inverse temperature of each chain, `[chains]`, the clamped nodes `[nodes]`, and the attributes.
 * @throws ShapeError or EbmError when something does not fit.
 */
export function sweepArguments(
  where: string,
  states: Tensor,
  type: 'bool' | 'int32',
  bias: Tensor,
  biasShape: readonly number[],
  options: SweepOptions,
  samples?: number,
): { readonly beta: Tensor; readonly clamped: Tensor; readonly attributes: SweepAttributes } {
  const { structure, weight, beta = 1, sweeps = 1, clamped } = options;
  const { nodes, edges, blocks, incidences } = structure;
  const [chains = 0] = states.shape;
  expectShape(where, 'states', states, [chains, nodes], type);
  expectShape(where, 'bias', bias, biasShape, 'float32');
  expectShape(where, 'weight', weight, [edges], 'float32');
  if (clamped) expectShape(where, 'clamped', clamped, [nodes], 'bool');
  expectCount(where, 'sweeps', sweeps);
  if (samples !== undefined) expectCount(where, 'samples', samples);
  if (isTensor(beta) && beta.shape.length > 0) expectShape(where, 'beta', beta, [chains], beta.dtype);
  return {
    beta: isTensor(beta) ? broadcastTo(cast(beta, 'float32'), [chains]) : full([chains], beta),
    clamped: clamped ?? zeros([nodes], 'bool'),
    attributes: { sweeps, ...(samples !== undefined && { samples }), blocks, incidences },
  };
}
