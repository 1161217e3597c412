import { free, type Graph, type Key, key, sizeOf, type Tensor, tensor, trace, zeros } from '@ebmkit/tensor';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { operations, type Program, runProgram } from '../fixtures/random-program.js';
import { rowPrograms, runRowProgram } from '../fixtures/row-program.js';
import { lower } from './compiler/lower.js';
import { sharedWords } from './compiler/shared-words.js';
import { elementBytes } from './element-bytes.js';

import { makeRules } from './kernels/rules.js';
import { probeFeatures } from './machine/features.js';
import { makeHeap, padding } from './machine/heap.js';
import { makeMachine } from './machine/machine.js';

const features = probeFeatures(false);
const heap = makeHeap(false, 2 ** 26);
const rules = makeRules(heap, features);
const machine = makeMachine(heap, features);

const instruction = fc.tuple(fc.nat(operations.length - 1), fc.nat(30), fc.nat(30), fc.nat(30));
const programs: fc.Arbitrary<Program> = fc.array(instruction, { minLength: 1, maxLength: 10, size: 'max' });

/** The graph without outputs that no node makes. */
function withMadeOutputs(graph: Graph): Graph {
  const made = new Set(graph.nodes.map(({ output }) => output.id));
  return { ...graph, outputs: graph.outputs.filter((o) => 'id' in o && made.has(o.id)) };
}

/** A graph in which what the trace closed over counts as inputs, since only the addresses matter here. */
function graphOf(code: Program): Graph {
  const x = tensor(
    Array.from({ length: 24 }, (_, i) => i / 8),
    [6, 4],
  );
  const y = tensor([1, 2, 3], [3], 'int32');
  const graph = trace((a: Tensor, b: Tensor, k: ReturnType<typeof key>) => runProgram(code, [a, b], k).values.slice(2))(
    x,
    y,
    key(1),
  );
  return withMadeOutputs(graph);
}

/** Memory is compared in pieces of so many bytes. */
const pageSize = 4096;

/** Runs a program between two looks at the whole memory; gives the first address outside of what it may write that changed. */
function strayWrite(graph: Graph): number | undefined {
  const plan = lower(graph, rules);
  const program = machine.compile(plan);
  const { block } = program;
  const blocks: { readonly address: number; readonly bytes: number; readonly isMine: boolean }[] = [];
  const own = (bytes: number, isMine: boolean): number => {
    const address = heap.allocate(bytes);
    blocks.push({ address, bytes, isMine });
    return address;
  };
  const base = block.address / 4;
  const inputs = [...graph.inputs, ...graph.constants.map(({ variable }) => variable)];
  inputs.forEach((input, i) => {
    const address = own(sizeOf(input.shape) * elementBytes(input.dtype === 'key' ? 'int32' : input.dtype), false);
    heap.words()[base + i] = address;
  });
  plan.outputs.forEach((bytes, i) => {
    const address = own(bytes, true); // first, since it may move the memory
    heap.words()[base + block.outputs + i] = address;
  });
  program.run(); // once before, so that the arena is there
  const arena = heap.words()[sharedWords.arena / 4] as number;
  const mine = [
    ...blocks.filter(({ isMine }) => isMine).map(({ address, bytes }) => [address, address + bytes + padding] as const),
    [arena, arena + program.arenaBytes] as const,
    [block.address + 4 * block.keys, block.address + 4 * block.words] as const,
  ];
  const before = heap.bytes().slice();
  program.run();
  const after = heap.bytes();
  let stray: number | undefined;
  for (let page = 0; page < before.length; page += pageSize) {
    const [old, now] = [before, after].map((bytes) => Buffer.from(bytes.buffer, bytes.byteOffset + page, pageSize)) as [
      Buffer,
      Buffer,
    ];
    if (old.equals(now)) continue;
    for (let at = page; at < page + pageSize; at++)
      if (before[at] !== after[at] && !mine.some(([from, to]) => at >= from && at < to)) stray ??= at;
  }
  for (const { address, bytes } of blocks) heap.release(address, bytes);
  program.release();
  return stray;
}

test('compiled programs write to their results, to the arena and to their keys, and nowhere else', {
  timeout: 300_000,
}, () => {
  fc.assert(
    fc.property(programs, (code) => {
      const graph = graphOf(code);
      if (graph.outputs.length > 0) expect(strayWrite(graph)).toBeUndefined();
    }),
    { numRuns: 300, seed: 2 },
  );
});

test('nor do programs that run block by block', { timeout: 300_000 }, () => {
  fc.assert(
    fc.property(rowPrograms, (program) => {
      const { rows, columns } = program;
      const x = zeros([rows, columns]);
      const weight = zeros([columns, columns]);
      const graph = withMadeOutputs(
        trace((a: Tensor, w: Tensor, k: Key) => runRowProgram(program, a, w, k))(x, weight, key(1)),
      );
      if (graph.outputs.length > 0) expect(strayWrite(graph)).toBeUndefined();
      free([x, weight]);
    }),
    { numRuns: 60, seed: 3 },
  );
});
