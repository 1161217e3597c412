import type { Attributes, TensorType } from '@ebmkit/tensor';
import type { I32, Local } from '../assembler/expression.js';
import { choose, int } from '../assembler/scalar.js';
import { elementBytes } from '../element-bytes.js';
import type { Phase, StepKernel } from '../kernels/step-kernel.js';
import { makePhase, type PhaseCode } from '../kernels/structure/phase-code.js';
import { seedXoshiro, type XoshiroState, xoshiroState } from '../kernels/xoshiro.js';
import { type ChainLanes, chainUnits, loadBetas, loadLanes, storeLanes } from './chain-lanes.js';
import { graphInput, graphInputs, graphRecords, recordBytes, wholeLines } from './graph-records.js';
import { i32 } from './instructions.js';

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
  /** To be increased by the number of lanes whose state changes, where sweeps can go on chain by chain. */
  readonly changes: Local<'i32'>;
}

/** Where a unit of chains is when its sweeps go on chain by chain. */
export interface RestOfSweeps {
  /** The unit. */
  readonly unit: Local<'i32'>;
  /** Where the states of its nodes begin, as lanes. */
  readonly region: Local<'i32'>;
  /** Memory for one chain at a time. */
  readonly memory: Local<'i32'>;
  /** Sweeps that are still to be done. */
  readonly left: Local<'i32'>;
  /** Sweeps before each sample. */
  readonly sweeps: number;
  /** How many of them are left before the next one. */
  readonly untilSample: Local<'i32'>;
  /** Where the next sample goes. */
  readonly sample: Local<'i32'>;
}

/** How sweeps go on chain by chain once few states change. */
export interface ChainByChain {
  /** They do after a sweep that changed at most this part of the states, */
  readonly below: number;
  /** and not before so many sweeps. */
  readonly after: number;
  /** Bytes of memory that a unit needs. */
  readonly bytes: number;
  /** What is to be prepared once. */
  readonly prepare: (place: number) => Phase;
  /** Bytes that this takes. */
  readonly preparedBytes: number;
  /** Writes the code of the rest. */
  readonly finish: (code: PhaseCode, rest: RestOfSweeps, prepared: I32) => void;
}

/** How the states of nodes look while they are swept, and how they are drawn. */
export interface NodeKernel {
  /** The chains as lanes. */
  readonly lanes: ChainLanes;
  /** What the position of a neighbour is multiplied by in the records of edges. */
  readonly neighbourBytes: number;
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
  /** How sweeps go on chain by chain; they never do unless given. */
  readonly chainByChain?: ChainByChain | undefined;
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
  { lanes, neighbourBytes, scale, cost, load, store, draw, chainByChain }: NodeKernel,
): StepKernel {
  const { chains, nodes, vectors, nodeBytes } = lanes;
  const { sweeps, samples = 1 } = attributes as { readonly sweeps: number; readonly samples?: number };
  const sampleBytes = chains * nodes * elementBytes((inputs[graphInput.states] as TensorType).dtype);
  const ends = 2 * ((inputs[graphInput.weight] as TensorType).shape[0] as number);
  const records = graphRecords(nodes, ends, neighbourBytes);
  const chainBytes = chainByChain?.bytes ?? 0;
  const preparedBytes = chainByChain?.preparedBytes ?? 0;
  const laneBytes = wholeLines(nodes * nodeBytes + 16 * vectors);
  const regionBytes = laneBytes + chainBytes;
  const units = chainUnits(lanes);
  const nanoseconds = samples * sweeps * units * 4 * vectors * (nodes * cost[0] + ends * cost[1]);
  const sweeping = makePhase(graphInputs, units, nanoseconds, (code) => {
    const { f, begin, end, inputs: given, scratch } = code;
    const key = given[graphInput.key] as I32;
    const words = [f.let(i32.load(key)), f.let(i32.load(key, 4))] as const;
    // The units of a range take turns in the same memory, which then stays in the cache.
    const region = f.let(
      i32.add(i32.add(scratch, int(records.bytes + preparedBytes)), i32.mul(begin, int(regionBytes))),
    );
    const scales = f.let(i32.add(region, int(nodes * nodeBytes)));
    const state = xoshiroState(f);
    const drawNode = draw(code);
    const changes = f.local('i32');
    f.for(begin, end, 1, (unit) => {
      loadLanes(code, lanes, unit, region, (states, at, lane) => load(code, states, at, lane));
      loadBetas(code, lanes, unit, scales, scale);
      seedXoshiro(f, state, words, unit);
      const sample = f.let(code.output);
      const [left, untilSample] = [f.let(int(samples * sweeps)), f.let(int(sweeps))];
      const goesOn = (): I32 => {
        if (!chainByChain) return left;
        const few = i32.leS(changes, int(Math.floor(chainByChain.below * nodes * 4 * vectors)));
        const late = i32.leS(left, int(samples * sweeps - chainByChain.after));
        return choose(i32.and(few, late), int(0), left);
      };
      f.doWhile(() => {
        const [record, own] = [f.let(scratch), f.let(region)];
        f.set(changes, int(0));
        f.doWhile(
          () => {
            f.if(i32.eqz(i32.load(record, 12)), () => drawNode({ state, record, region, own, scales, changes }));
            f.increase(record, recordBytes);
            f.increase(own, nodeBytes);
          },
          () => i32.ltU(own, scales),
        );
        f.increase(left, -1);
        f.increase(untilSample, -1);
        f.if(i32.eqz(untilSample), () => {
          storeLanes(code, lanes, unit, region, (at, lane) => store(code, sample, at, lane));
          f.increase(sample, sampleBytes);
          f.set(untilSample, int(sweeps));
        });
      }, goesOn);
      if (chainByChain)
        f.if(left, () => {
          const memory = f.let(i32.add(region, int(laneBytes)));
          const rest = { unit, region, memory, left, sweeps, untilSample, sample };
          chainByChain.finish(code, rest, i32.add(scratch, int(records.bytes)));
        });
    });
  });
  const phases = [records.phase, ...(chainByChain ? [chainByChain.prepare(records.bytes)] : []), sweeping];
  return { scratch: records.bytes + preparedBytes + units * regionBytes, phases };
}
