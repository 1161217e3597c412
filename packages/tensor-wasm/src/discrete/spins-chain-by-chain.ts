import type { I32, Local, V128 } from '../assembler/expression.js';
import { choose, float, int } from '../assembler/scalar.js';
import { makePhase, type PhaseCode } from '../kernels/structure/phase-code.js';
import { seedXoshiro, xoshiroState } from '../kernels/xoshiro.js';
import { type ChainLanes, chainUnits, forLanes } from './chain-lanes.js';
import type { ChainByChain, RestOfSweeps } from './coloured-sweeps.js';
import { edgeBytes, graphInput, graphInputs, recordBytes, wholeLines } from './graph-records.js';
import { f32, i32 } from './instructions.js';
import { colourBytes, fieldWriter, flipSweeps, flipTablesBytes, heldOr, writeFlipTables } from './spin-flips.js';
import type { SpinLanes } from './spin-lanes.js';
import { storeStream, streamBytes } from './stream.js';

/** Sweeps after which fields are computed anew, so that the errors of many changes do not add up. */
const sweepsBetweenFields = 128;

/** Graphs with fewer nodes are not worth it. */
const fewestNodes = 32;

/** Nanoseconds that a draw takes, a flip besides its neighbours, each of these, and setting up a node besides its field. */
const costs = { draw: 0.75, flip: 13, neighbour: 0.5, setUp: 3 } as const;

/** The part of a sweep by lanes that goes into fields. */
const partOfFields = 0.6;

/** Bytes of a graph and a chain that stay in the cache of a core; more of them make flips and setting up take twice as long. */
const cachedBytes = 2 ** 20;

/**
 * Sweeps by flips for spins on a graph (see `flipSweeps`), chain by chain, where they pay: a sweep by lanes costs the same however few
 * spins change.
 *
 * @param lanes - The chains as lanes.
 * @param spins - How their spins stand in memory.
 * @param degree - How many neighbours a node has on average.
 * @param blocks - How many nodes each colour has.
 * @param laneCost - Nanoseconds that a node of all lanes takes.
 * @param fieldsOf - Prepares what all nodes need and gives the function that computes the fields of a node, for all lanes.
 */
export function spinsChainByChain(
  lanes: ChainLanes,
  spins: SpinLanes,
  degree: number,
  blocks: readonly number[],
  laneCost: number,
  fieldsOf: (code: PhaseCode) => (record: Local<'i32'>, region: Local<'i32'>) => readonly V128[],
): ChainByChain | undefined {
  const { chains, nodes, vectors } = lanes;
  const used = Math.min(chains, 4 * vectors);
  const gain = laneCost / used - costs.draw;
  if (nodes < fewestNodes || gain <= 0) return undefined;
  // Vectors may reach beyond the last node, and so may the list of flips.
  const wordsBytes = wholeLines(4 * nodes + 64);
  const slowness = nodes * (8 + recordBytes + edgeBytes * degree) > cachedBytes ? 2 : 1;
  const setUp = costs.setUp + (partOfFields * laneCost) / used;
  return {
    below: gain / (slowness * (costs.flip + costs.neighbour * degree)),
    // By then the sweeps by lanes have cost as much as setting up does, whatever comes.
    after: Math.ceil((slowness * setUp) / gain),
    bytes: 4 * wordsBytes + streamBytes + wholeLines(16 * vectors * nodes),
    preparedBytes: wholeLines(flipTablesBytes + colourBytes * blocks.length),
    prepare: (place) =>
      makePhase(graphInputs, 1, blocks.length, ({ f, scratch }) => {
        const table = f.let(i32.add(scratch, int(place)));
        writeFlipTables(f, table);
        let end = 0;
        blocks.forEach((count, colour) => {
          f.storeI32(table, int(4 * end), flipTablesBytes + colourBytes * colour);
          end += count;
          f.storeI32(table, int(4 * end), flipTablesBytes + colourBytes * colour + 4);
        });
      }),
    finish: (code, rest, prepared) => {
      const { f, scratch } = code;
      const first = f.let(i32.add(rest.memory, int(4 * wordsBytes + streamBytes)));
      const [record, to, fields] = [f.let(scratch), f.let(first), fieldsOf(code)];
      f.for(int(0), int(nodes), 1, () => {
        for (const [v, field] of fields(record, rest.region).entries()) f.store(to, field, 16 * v);
        f.increase(record, recordBytes);
        f.increase(to, 16 * vectors);
      });
      forLanes(f, lanes, rest.unit, false, (chain, lane) => {
        sweepChain({ code, lanes, spins, blocks, wordsBytes }, rest, f.let(prepared), first, chain, lane);
      });
    },
  };
}

/** What does not differ between chains. */
interface Chains {
  readonly code: PhaseCode;
  readonly lanes: ChainLanes;
  readonly spins: SpinLanes;
  readonly blocks: readonly number[];
  readonly wordsBytes: number;
}

/** Does all that is left to do for one chain. */
function sweepChain(
  { code, lanes, spins, blocks, wordsBytes }: Chains,
  rest: RestOfSweeps,
  tables: I32,
  fieldsOfLanes: I32,
  chain: Local<'i32'>,
  lane: Local<'i32'>,
): void {
  const { f, module, inputs, scratch } = code;
  const { nodes, stateBytes, nodeBytes, chains } = lanes;
  const [words, fields] = [rest.memory, f.let(i32.add(rest.memory, int(wordsBytes)))];
  const list = f.let(i32.add(fields, int(wordsBytes)));
  const bounds = f.let(i32.add(list, int(wordsBytes)));
  const stream = f.let(i32.add(bounds, int(wordsBytes)));
  const input = (name: 'key' | 'beta' | 'bias'): I32 => inputs[graphInput[name]] as I32;

  const state = xoshiroState(f);
  seedXoshiro(f, state, [i32.load(input('key')), i32.load(input('key'), 4)], i32.add(chain, int(chainUnits(lanes))));
  storeStream(f, state, stream);

  const beta = f.let(f32.load(i32.add(input('beta'), i32.shl(chain, int(2)))));
  const infinite = choose(f32.lt(beta, float(0)), float(Number.NEGATIVE_INFINITY), float(Number.POSITIVE_INFINITY));
  const held = f.let(infinite);
  const from = f.let(i32.add(rest.region, i32.mul(lane, int(stateBytes))));
  const field = f.let(i32.add(fieldsOfLanes, i32.shl(lane, int(2))));
  const [record, at] = [f.let(scratch), f.let(int(0))];
  f.for(int(0), int(nodes), 1, () => {
    const word = f.let(spins.word(from));
    f.storeI32(i32.add(words, at), word);
    f.storeF32(i32.add(fields, at), heldOr(i32.load(record, 12), held, word, f32.load(field)));
    f.increase(from, nodeBytes);
    f.increase(field, 16 * lanes.vectors);
    f.increase(record, recordBytes);
    f.increase(at, 4);
  });

  const scale = f.let(f32.mul(beta, float(2 * Math.LOG2E)));
  const [left, untilSample, sample] = [f.let(rest.left), f.let(rest.untilSample), f.let(rest.sample)];
  const untilFields = f.let(int(sweepsBetweenFields));
  const row = f.let(i32.mul(chain, int(nodes)));
  f.doWhile(
    () => {
      f.if(i32.eqz(untilFields), () => {
        f.callVoid(fieldWriter(module), [fields, words, scratch, input('bias'), held, int(nodes)]);
        f.set(untilFields, int(sweepsBetweenFields));
      });
      const sweeps = f.let(choose(i32.ltS(untilSample, untilFields), untilSample, untilFields));
      f.callVoid(flipSweeps(module, blocks.length), [
        fields,
        words,
        bounds,
        scratch,
        tables,
        list,
        stream,
        scale,
        sweeps,
      ]);
      for (const count of [left, untilSample, untilFields]) f.set(count, i32.sub(count, sweeps));
      f.if(i32.eqz(untilSample), () => {
        storeChain(code, nodes, words, i32.add(sample, row));
        f.increase(sample, chains * nodes);
        f.set(untilSample, int(rest.sweeps));
      });
    },
    () => left,
  );
}

/** Writes the spins of a chain to where its states go. */
function storeChain({ f, scratch }: PhaseCode, nodes: number, words: I32, to: I32): void {
  const [record, word, target] = [f.let(scratch), f.let(words), f.let(to)];
  f.for(int(0), int(nodes), 1, () => {
    f.storeI8(i32.add(target, i32.load(record, 8)), i32.eqz(i32.load(word)));
    f.increase(record, recordBytes);
    f.increase(word, 4);
  });
}
