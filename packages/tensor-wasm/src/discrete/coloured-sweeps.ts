import type { Attributes, TensorType } from '@ebmkit/tensor';
import type { I32, Local } from '../assembler/expression.js';
import { i32, int } from '../assembler/scalar.js';
import { elementBytes } from '../element-bytes.js';
import type { StepKernel } from '../kernels/step-kernel.js';
import { makePhase, type PhaseCode } from '../kernels/structure/phase-code.js';
import { seedXoshiro, type XoshiroState, xoshiroState } from '../kernels/xoshiro.js';
import { type ChainLanes, chainUnits, loadBetas, loadLanes, storeLanes } from './chain-lanes.js';
import { graphInput, graphInputs, graphRecords, recordBytes, wholeLines } from './graph-records.js';

/** What is at hand when a node is drawn. */
interface NodeCode {
  /** The stream of random words of the unit. */
  readonly state: XoshiroState;
  /** The record of the node. */
  readonly record: Local<'i32'>;
  /** Where the states of the nodes of the unit begin. */
  readonly region: Local<'i32'>;
  /** Where those of this node are. */
  readonly own: Local<'i32'>;
  /** Where the number of each lane is that is proportional to its inverse temperature. */
  readonly scales: Local<'i32'>;
}

/** How the states of nodes look while they are swept, and how they are drawn. */
export interface NodeKernel {
  /** The chains as lanes. */
  readonly lanes: ChainLanes;
  /** What inverse temperatures are multiplied by. */
  readonly scale: number;
  /** Nanoseconds that a draw takes besides its neighbours, and what each of these takes. */
  readonly cost: readonly [node: number, neighbour: number];
  /** Brings a state into its lane. */
  readonly load: (code: PhaseCode, states: I32, at: I32, lane: Local<'i32'>) => void;
  /** Brings it back. */
  readonly store: (code: PhaseCode, output: I32, at: I32, lane: Local<'i32'>) => void;
  /** Prepares what all nodes need and gives the function that writes the draw of one. */
  readonly draw: (code: PhaseCode) => (node: NodeCode) => void;
}

/**
 * Sweeps over a graph, all of them in one call: the attribute `samples`, 1 unless given, says how many states of each chain are put out, and
 * `sweeps` how many sweeps there are before each. The output is `[samples, chains, nodes]`.
 *
 * A unit of work is the chains that are swept together, with a stream of random words of its own, so that threads do not change bits. The
 * neighbours of a node have another colour and do not change while its colour is drawn: nodes may be drawn one after the other, in the order
 * of their positions.
 */
export function colouredSweeps(
  inputs: readonly (TensorType | undefined)[],
  attributes: Attributes,
  { lanes, scale, cost, load, store, draw }: NodeKernel,
): StepKernel {
  const { chains, nodes, vectors, nodeBytes } = lanes;
  const { sweeps, samples = 1 } = attributes as { readonly sweeps: number; readonly samples?: number };
  const sampleBytes = chains * nodes * elementBytes((inputs[graphInput.states] as TensorType).dtype);
  const ends = 2 * ((inputs[graphInput.weight] as TensorType).shape[0] as number);
  const records = graphRecords(nodes, ends, nodeBytes);
  const regionBytes = wholeLines(nodes * nodeBytes + 16 * vectors);
  const units = chainUnits(lanes);
  const nanoseconds = samples * sweeps * units * 4 * vectors * (nodes * cost[0] + ends * cost[1]);
  const sweeping = makePhase(graphInputs, units, nanoseconds, (code) => {
    const { f, begin, end, inputs: given, scratch } = code;
    const key = given[graphInput.key] as I32;
    const words = [f.let(i32.load(key)), f.let(i32.load(key, 4))] as const;
    // The units of a range take turns in the same memory, which then stays in the cache.
    const region = f.let(i32.add(i32.add(scratch, int(records.bytes)), i32.mul(begin, int(regionBytes))));
    const scales = f.let(i32.add(region, int(nodes * nodeBytes)));
    const state = xoshiroState(f);
    const drawNode = draw(code);
    f.for(begin, end, 1, (unit) => {
      loadLanes(code, lanes, unit, region, (states, at, lane) => load(code, states, at, lane));
      loadBetas(code, lanes, unit, scales, scale);
      seedXoshiro(f, state, words, unit);
      const sample = f.let(code.output);
      f.for(int(0), int(samples), 1, () => {
        f.for(int(0), int(sweeps), 1, () => {
          const record = f.let(scratch);
          const own = f.let(region);
          f.doWhile(
            () => {
              f.if(i32.eqz(i32.load(record, 12)), () => drawNode({ state, record, region, own, scales }));
              f.increase(record, recordBytes);
              f.increase(own, nodeBytes);
            },
            () => i32.ltU(own, scales),
          );
        });
        storeLanes(code, lanes, unit, region, (at, lane) => store(code, sample, at, lane));
        f.increase(sample, sampleBytes);
      });
    });
  });
  return { scratch: records.bytes + units * regionBytes, phases: [records.phase, sweeping] };
}
