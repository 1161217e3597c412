import type { TensorType } from '@ebmkit/tensor';
import type { I32, Local, V128 } from '../assembler/expression.js';
import type { FunctionBuilder } from '../assembler/function-builder.js';
import { int } from '../assembler/scalar.js';
import type { KernelRule } from '../kernels/step-kernel.js';
import { vectorsFor } from './chain-lanes.js';
import { colouredSweeps } from './coloured-sweeps.js';
import { drawMiddle } from './draw-lanes.js';
import { edgeBytes, forEdgePairs, graphInput } from './graph-records.js';
import { f32x4, i32, i32x4, v128 } from './instructions.js';
import { powersOfTwo } from './power-of-two.js';
import type { WasmKernel } from './wasm-kernel.js';

/** The fields of a node for each value and vector of chains: its bias, and the weights of the neighbours that have this value. */
function fieldsOf(
  f: FunctionBuilder,
  bias: I32,
  record: I32,
  region: I32,
  values: readonly V128[],
  vectors: number,
): Local<'v128'>[][] {
  const fields = values.map((_, a) => Array.from({ length: vectors }, () => f.let(v128.load32Splat(bias, 4 * a))));
  forEdgePairs(f, record, (edge) => {
    for (const offset of [0, edgeBytes]) {
      const states = f.let(i32.add(region, i32.load(edge, offset)));
      const weight = f.let(v128.load32Splat(edge, offset + 4));
      for (let v = 0; v < vectors; v++) {
        const other = f.let(v128.load(states, 16 * v));
        for (const [a, value] of values.entries()) {
          const field = fields[a]?.[v] as Local<'v128'>;
          f.set(field, f32x4.add(field, v128.and(weight, i32x4.eq(other, value))));
        }
      }
    }
  });
  return fields;
}

/**
 * Draws a value for each lane, given the fields: the number of partial sums of $`e^{\beta f}`$ below a uniform part of the whole sum. The largest field counts as
 * 0, so that nothing overflows, and the part is neither 0 nor 1, so that values without probability are never drawn.
 */
function drawValue(f: FunctionBuilder, part: V128, fields: readonly Local<'v128'>[], scale: V128): V128 {
  const exponents = fields.map((field) => f.let(f32x4.mul(field, scale)));
  const most = f.let(exponents.slice(1).reduce<V128>((a, b) => f32x4.pmax(a, b), exponents[0] as V128));
  const total = f.let(f.f32x4(0));
  const sums: V128[] = [];
  for (let a = 0; a < exponents.length; a += 2) {
    const pair = exponents.slice(a, a + 2).map((y) => f.let(f32x4.sub(y, most)));
    for (const power of powersOfTwo(f, pair)) {
      f.set(total, f32x4.add(total, power));
      sums.push(f.let(total));
    }
  }
  const wanted = f.let(f32x4.mul(part, total));
  // A comparison that holds is −1.
  const below = sums.slice(0, -1).map((sum) => f32x4.lt(sum, wanted));
  return below.reduce<V128>((count, mask) => i32x4.sub(count, mask), f.i32x4(0));
}

/**
 * Heat-bath sweeps over a Potts model on a graph: see `pottsSweeps` of `@ebmkit/boltzmann`. Inputs are those of `spinSweepsKernel`, but for int32
 * states and biases `[nodes, values]`.
 *
 * Eight chains are lanes of a unit. A node takes three instructions for each neighbour, value and vector, an exponential for each
 * value, and a random word for each lane.
 */
export const pottsSweepsKernel: WasmKernel = ((inputs, attributes) => {
  const [chains, nodes] = (inputs[graphInput.states] as TensorType).shape as [number, number];
  const count = (inputs[graphInput.bias] as TensorType).shape[1] as number;
  const vectors = vectorsFor(chains, 2);
  const word = (base: I32, at: I32): I32 => i32.add(base, i32.shl(at, int(2)));
  return colouredSweeps(inputs, attributes, {
    lanes: { chains, nodes, vectors, stateBytes: 4, nodeBytes: 16 * vectors },
    neighbourBytes: 16 * vectors,
    scale: Math.LOG2E,
    cost: [1 + 1.5 * count, 0.2 * count],
    load: ({ f }, states, at, lane) => f.storeI32(lane, i32.load(word(states, at))),
    store: ({ f }, output, at, lane) => f.storeI32(word(output, at), i32.load(lane)),
    draw: ({ f, inputs: given }) => {
      const values = Array.from({ length: count }, (_, a) => f.i32x4(a));
      return ({ state, record, region, own, scales }) => {
        const first = i32.mul(i32.load(record, 8), int(4 * count));
        const bias = f.let(i32.add(given[graphInput.bias] as I32, first));
        const fields = fieldsOf(f, bias, record, region, values, vectors);
        for (let v = 0; v < vectors; v++) {
          const part = f.let(drawMiddle(f, state));
          const own4 = fields.map((field) => field[v] as Local<'v128'>);
          f.store(own, drawValue(f, part, own4, v128.load(scales, 16 * v)), 16 * v);
        }
      };
    },
  });
}) satisfies KernelRule;
