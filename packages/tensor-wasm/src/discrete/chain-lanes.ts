import type { I32, Local } from '../assembler/expression.js';
import type { FunctionBuilder } from '../assembler/function-builder.js';
import { choose, float, int } from '../assembler/scalar.js';
import type { PhaseCode } from '../kernels/structure/phase-code.js';
import { graphInput, recordBytes } from './graph-records.js';
import { f32, i32 } from './instructions.js';

/** How chains are swept: as lanes of vectors, some at a time. */
export interface ChainLanes {
  /** How many chains there are in all. */
  readonly chains: number;
  /** Vectors of four chains that are swept together, as one unit of work. */
  readonly vectors: number;
  /** How many nodes. */
  readonly nodes: number;
  /** Bytes of a state while it is swept. */
  readonly stateBytes: 1 | 4;
  /** Bytes of the states of one node. */
  readonly nodeBytes: number;
}

/** How many vectors of chains are swept together, `most` at most: more share the reading of the graph, too many are empty lanes. */
export function vectorsFor(chains: number, most: number): number {
  let vectors = 1;
  while (vectors < most && 4 * vectors < chains) vectors *= 2;
  return vectors;
}

/** How many units of work the chains are. */
export function chainUnits({ chains, vectors }: ChainLanes): number {
  return Math.ceil(chains / (4 * vectors));
}

/** Visits the lanes of a unit with the number of their chains: `spare` lanes beyond the last chain as that chain, or not at all. */
export function forLanes(
  f: FunctionBuilder,
  { chains, vectors }: ChainLanes,
  unit: I32,
  spare: boolean,
  visit: (chain: Local<'i32'>, lane: Local<'i32'>) => void,
): void {
  const first = f.let(i32.mul(unit, int(4 * vectors)));
  f.for(int(0), int(4 * vectors), 1, (lane) => {
    const chain = f.let(i32.add(first, lane));
    const exists = i32.ltS(chain, int(chains));
    if (spare) f.set(chain, choose(exists, chain, int(chains - 1)));
    if (spare) visit(chain, lane);
    else f.if(exists, () => visit(chain, lane));
  });
}

/** Visits the states of one chain: where each stands, with its number among all numbers of the chains, and where its lane is. */
function forNodes(
  { f, scratch }: PhaseCode,
  { nodes, stateBytes, nodeBytes }: ChainLanes,
  chain: I32,
  lane: I32,
  region: I32,
  visit: (at: I32, state: Local<'i32'>) => void,
): void {
  const row = f.let(i32.mul(chain, int(nodes)));
  const state = f.let(i32.add(region, i32.mul(lane, int(stateBytes))));
  const record = f.let(scratch);
  f.for(int(0), int(nodes), 1, () => {
    visit(i32.add(row, i32.load(record, 8)), state);
    f.increase(record, recordBytes);
    f.increase(state, nodeBytes);
  });
}

/** Brings the states of a unit into lanes: those of the node at position `p` begin at `region + nodeBytes · p`. */
export function loadLanes(
  code: PhaseCode,
  lanes: ChainLanes,
  unit: I32,
  region: I32,
  move: (states: I32, at: I32, lane: Local<'i32'>) => void,
): void {
  const states = code.inputs[graphInput.states] as I32;
  forLanes(code.f, lanes, unit, true, (chain, lane) => {
    forNodes(code, lanes, chain, lane, region, (at, state) => move(states, at, state));
  });
}

/** Brings the states of a unit back. */
export function storeLanes(
  code: PhaseCode,
  lanes: ChainLanes,
  unit: I32,
  region: I32,
  move: (at: I32, lane: Local<'i32'>) => void,
): void {
  forLanes(code.f, lanes, unit, false, (chain, lane) => forNodes(code, lanes, chain, lane, region, move));
}

/** Writes the inverse temperature of each lane, times a number. */
export function loadBetas(code: PhaseCode, lanes: ChainLanes, unit: I32, to: I32, factor: number): void {
  const { f, inputs } = code;
  forLanes(f, lanes, unit, true, (chain, lane) => {
    const beta = f32.load(i32.add(inputs[graphInput.beta] as I32, i32.shl(chain, int(2))));
    f.storeF32(i32.add(to, i32.shl(lane, int(2))), f32.mul(beta, float(factor)));
  });
}
