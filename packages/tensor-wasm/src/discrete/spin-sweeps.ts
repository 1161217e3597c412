import type { TensorType } from '@ebmkit/tensor';
import type { I32, Local, V128 } from '../assembler/expression.js';
import type { FunctionBuilder } from '../assembler/function-builder.js';
import { int } from '../assembler/scalar.js';
import type { KernelRule } from '../kernels/step-kernel.js';
import type { PhaseCode } from '../kernels/structure/phase-code.js';
import type { XoshiroState } from '../kernels/xoshiro.js';
import { vectorsFor } from './chain-lanes.js';
import { colouredSweeps } from './coloured-sweeps.js';
import { drawUp } from './draw-lanes.js';
import { edgeBytes, forEdgePairs, graphInput } from './graph-records.js';
import { f32x4, i32, v128 } from './instructions.js';
import { powersOfTwo } from './power-of-two.js';
import { spinLanes } from './spin-lanes.js';
import { spinsChainByChain } from './spins-chain-by-chain.js';
import type { WasmKernel } from './wasm-kernel.js';

/**
 * The fields of a node: its bias and the weighted sum of its neighbours' spins, for each vector of chains. The two terms of a pair are added to each
 * other first: additions that wait for each other are what a single vector spends its time on.
 */
function fieldsOf(
  f: FunctionBuilder,
  bias: I32,
  record: I32,
  region: I32,
  vectors: number,
  signed: (weight: Local<'v128'>, spins: I32) => V128[],
): Local<'v128'>[] {
  const fields = Array.from({ length: vectors }, () => f.let(v128.load32Splat(bias)));
  forEdgePairs(f, record, (edge) => {
    const termsAt = (offset: number): V128[] =>
      signed(
        f.let(v128.load32Splat(edge, offset + 4)),
        f.let(i32.add(region, i32.shl(i32.load(edge, offset), int(2)))),
      );
    const [first, second] = [termsAt(0), termsAt(edgeBytes)];
    for (const [v, field] of fields.entries())
      f.set(field, f32x4.add(field, f32x4.add(first[v] as V128, second[v] as V128)));
  });
  return fields;
}

/** Masks of the lanes that are drawn up; `scales` is where -2 β log₂ e stands for each lane. Two vectors at a time suit the registers. */
function drawSpins(f: FunctionBuilder, state: XoshiroState, fields: readonly V128[], scales: I32): V128[] {
  const up: V128[] = [];
  for (let v = 0; v < fields.length; v += 2) {
    const exponents = fields.slice(v, v + 2).map((x, i) => f.let(f32x4.mul(x, v128.load(scales, 16 * (v + i)))));
    for (const power of powersOfTwo(f, exponents)) up.push(f.let(drawUp(f, state, f32x4.add(power, f.f32x4(1)))));
  }
  return up;
}

/**
 * Heat-bath sweeps over spins on a graph: see `spinSweeps` of `@ebmkit/boltzmann`. Inputs are the key, bool states `[chains, nodes]`, float32
 * biases `[nodes]`, weights `[edges]`, inverse temperatures `[chains]`, the bool mask of clamped nodes, and the graph: the node at each
 * position, the first end of an edge there, and for each of these the position of the other end, its own and the number of the edge. The
 * attributes are those of `colouredSweeps`.
 *
 * At most sixteen chains are lanes of a unit: see `spinLanes`. A node takes three
 * instructions for each neighbour and vector, an exponential, and a random word for each lane. Once few spins flip, one chain follows the other: see
 * `flipSweeps`.
 */
export const spinSweepsKernel: WasmKernel = ((inputs, attributes) => {
  const [chains, nodes] = (inputs[graphInput.states] as TensorType).shape as [number, number];
  const vectors = vectorsFor(chains, 4);
  const spins = spinLanes(vectors);
  const lanes = { chains, nodes, vectors, stateBytes: spins.stateBytes, nodeBytes: 16 };
  const degree = (2 * ((inputs[graphInput.weight] as TensorType).shape[0] as number)) / nodes;
  const { blocks } = attributes as { readonly blocks: readonly number[] };
  const fieldsAt = ({ f, inputs: given }: PhaseCode) => {
    const signed = spins.signed(f);
    return (record: Local<'i32'>, region: Local<'i32'>): Local<'v128'>[] => {
      const bias = f.let(i32.add(given[graphInput.bias] as I32, i32.shl(i32.load(record, 8), int(2))));
      return fieldsOf(f, bias, record, region, vectors, signed);
    };
  };
  return colouredSweeps(inputs, attributes, {
    lanes,
    chainByChain: spinsChainByChain(lanes, spins, degree, blocks, vectors * (5.7 + 0.41 * degree), fieldsAt),
    neighbourBytes: 4,
    scale: -2 * Math.LOG2E,
    cost: [1.5, 0.1],
    load: ({ f }, states, at, lane) => spins.write(f, lane, i32.eqz(i32.load8u(i32.add(states, at)))),
    store: ({ f }, output, at, lane) => f.storeI8(i32.add(output, at), spins.isUp(lane)),
    draw: (code) => {
      const { f } = code;
      const fields = fieldsAt(code);
      return ({ state, record, region, own, scales, changes }) => {
        const up = drawSpins(f, state, fields(record, region), scales);
        f.set(changes, i32.add(changes, spins.store(f, own, up)));
      };
    },
  });
}) satisfies KernelRule;
