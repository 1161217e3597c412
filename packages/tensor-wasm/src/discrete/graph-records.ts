import type { I32, Local } from '../assembler/expression.js';
import type { FunctionBuilder } from '../assembler/function-builder.js';
import { choose, int } from '../assembler/scalar.js';
import type { Phase } from '../kernels/step-kernel.js';
import { makePhase, type PhaseCode } from '../kernels/structure/phase-code.js';
import { i32 } from './instructions.js';

/** Where the inputs of graph sweeps stand: see `spinSweepsKernel`. */
export const graphInput = {
  key: 0,
  states: 1,
  bias: 2,
  weight: 3,
  beta: 4,
  clamped: 5,
  order: 6,
  starts: 7,
  neighbours: 8,
  edgeOf: 10,
} as const;

/** How many inputs graph sweeps take. */
export const graphInputs = 11;

/** Bytes of the record of a node: the address of its first edge, that after its last, its number, 1 if it is clamped. */
export const recordBytes = 16;
/** Bytes of an edge as one of its ends sees it: where the other end's states are, from the first ones on, and the weight. */
export const edgeBytes = 8;
/** Nodes that are prepared at a time. */
const nodesPerUnit = 1024;

/** The graph in the order in which it is swept. Every node has an even number of edges: one of weight 0 is added where it must. */
export interface GraphRecords {
  /** How many nodes. */
  readonly nodes: number;
  /** Bytes of all records and edges. */
  readonly bytes: number;
  /** Writes them. */
  readonly phase: Phase;
}

/** Bytes rounded up to whole cache lines. */
export function wholeLines(bytes: number): number {
  return 64 * Math.ceil(bytes / 64);
}

/** The first and the end of the nodes of some units. */
function nodeRange({ f, begin, end }: PhaseCode, nodes: number): readonly [Local<'i32'>, Local<'i32'>] {
  const last = f.let(i32.mul(end, int(nodesPerUnit)));
  return [f.let(i32.mul(begin, int(nodesPerUnit))), f.let(choose(i32.ltS(last, int(nodes)), last, int(nodes)))];
}

/** The word of an int32 or float32 input at a place. */
function word(inputs: readonly I32[], input: keyof typeof graphInput, at: I32): I32 {
  return i32.load(i32.add(inputs[graphInput[input]] as I32, i32.shl(at, int(2))));
}

function writeRecords(code: PhaseCode, nodes: number, edgesOffset: number, stateBytes: number): void {
  const { f, inputs, scratch } = code;
  const [first, last] = nodeRange(code, nodes);
  f.for(first, last, 1, (position) => {
    const record = f.let(i32.add(scratch, i32.mul(position, int(recordBytes))));
    const node = f.let(word(inputs, 'order', position));
    const from = f.let(word(inputs, 'starts', position));
    const until = f.let(word(inputs, 'starts', i32.add(position, int(1))));
    const edge = f.let(i32.add(i32.add(scratch, int(edgesOffset)), i32.mul(i32.add(from, position), int(edgeBytes))));
    f.storeI32(record, edge);
    f.for(from, until, 1, (at) => {
      f.storeI32(edge, i32.mul(word(inputs, 'neighbours', at), int(stateBytes)));
      f.storeI32(edge, word(inputs, 'weight', word(inputs, 'edgeOf', at)), 4);
      f.increase(edge, edgeBytes);
    });
    f.if(i32.and(i32.sub(until, from), int(1)), () => {
      f.storeI32(edge, int(0));
      f.storeI32(edge, int(0), 4);
      f.increase(edge, edgeBytes);
    });
    f.storeI32(record, edge, 4);
    f.storeI32(record, node, 8);
    f.storeI32(record, i32.load8u(i32.add(inputs[graphInput.clamped] as I32, node)), 12);
  });
}

/**
 * Lays a graph out for sweeps, at the beginning of the scratch memory.
 *
 * @param nodes - How many nodes.
 * @param ends - How many ends of edges.
 * @param stateBytes - Bytes that the states of one node take while they are swept.
 */
export function graphRecords(nodes: number, ends: number, stateBytes: number): GraphRecords {
  const edgesOffset = wholeLines(nodes * recordBytes);
  return {
    nodes,
    bytes: edgesOffset + wholeLines((ends + nodes) * edgeBytes),
    phase: makePhase(graphInputs, Math.ceil(nodes / nodesPerUnit), 3 * nodes + 2 * ends, (code) =>
      writeRecords(code, nodes, edgesOffset, stateBytes),
    ),
  };
}

/** Visits the edges of the node of a record, two at a time, with the address of the first. */
export function forEdgePairs(f: FunctionBuilder, record: I32, visit: (edge: Local<'i32'>) => void): void {
  const edge = f.let(i32.load(record));
  const end = f.let(i32.load(record, 4));
  f.if(i32.ltU(edge, end), () =>
    f.doWhile(
      () => {
        visit(edge);
        f.increase(edge, 2 * edgeBytes);
      },
      () => i32.ltU(edge, end),
    ),
  );
}
