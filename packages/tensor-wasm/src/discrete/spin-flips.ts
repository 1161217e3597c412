import { floatBits } from '../assembler/constant-pool.js';
import type { F32, I32, Local, V128 } from '../assembler/expression.js';
import type { FunctionBuilder, FunctionReference } from '../assembler/function-builder.js';
import type { ModuleBuilder } from '../assembler/module-builder.js';
import { choose, float, int, long } from '../assembler/scalar.js';
import { i16x8, lanes32 } from '../assembler/vector.js';
import { nextWords, type XoshiroState, xoshiroState } from '../kernels/xoshiro.js';
import { roundingConstant } from '../math/exponential.js';
import { edgeBytes, forEdgePairs, recordBytes } from './graph-records.js';
import { f32, f32x4, i8x16, i32, i32x4, v128 } from './instructions.js';
import { pick } from './pick.js';
import { powersOfTwo } from './power-of-two.js';
import { loadStream, storeStream } from './stream.js';

/** Bytes of the ends of a colour: those of the words of its first node and of the first one after it. */
export const colourBytes = 8;

const downWord = 0x80000000 | 0;

/** Where the tables lie that all chains share: see `writeFlipTables`. */
const tables = { picks: 0, lanes: 256, bytes: 256 + 8 * 256 } as const;

/** Bytes of these tables; the ends of the colours follow them. */
export const flipTablesBytes = tables.bytes;

/**
 * Writes the tables: for each set of four lanes a shuffle that brings its words together, and for each set of eight lanes their numbers, four
 * times each, one after the other.
 */
export function writeFlipTables(f: FunctionBuilder, place: I32): void {
  for (let set = 0; set < 16; set++) {
    const [a = 0, b = 0, c = 0, d = 0] = membersOf(set, 4).map((lane) => 0x03020100 + 0x04040404 * lane);
    f.store(place, lanes32(a, b, c, d), tables.picks + 16 * set);
  }
  f.for(int(0), int(256), 1, (set) => {
    const to = f.let(i32.add(place, i32.shl(set, int(3))));
    const rest = f.let(set);
    f.storeI64(to, long(0n), tables.lanes);
    f.while(rest, () => {
      f.storeI8(to, i32.shl(i32.ctz(rest), int(2)), tables.lanes);
      f.set(rest, i32.and(rest, i32.sub(rest, int(1))));
      f.increase(to, 1);
    });
  });
}

function membersOf(set: number, size: number): number[] {
  return Array.from({ length: size }, (_, i) => i).filter((i) => (set >> i) & 1);
}

/** Levels of $`y`$: level $`l`$ are the $`y`$ of which $`2 y - 2`$ is nearest to $`l`$, the first and the last with all beyond. */
const levels = 16;
const levelsPerUnit = 2;
const firstLevel = 2;

/** One less than the smallest number of 256ths that no flip of a level is more probable than. */
function mostFlips(level: number): number {
  if (level === 0) return 255;
  const lowest = (level + firstLevel - 0.52) / levelsPerUnit;
  return Math.ceil(256 / (1 + 2 ** lowest)) - 1;
}

/** Flips the spin whose word is `at` bytes behind the first one, and brings the fields of its neighbours up to date. */
function flip(f: FunctionBuilder, fields: I32, spins: I32, records: I32, at: Local<'i32'>): void {
  const own = f.let(i32.add(spins, at));
  const flipped = f.let(i32.xor(i32.load(own), int(downWord)));
  f.storeI32(own, flipped);
  const change = f.let(choose(flipped, float(-2), float(2)));
  const record = f.let(i32.add(records, i32.mul(at, int(recordBytes / 4))));
  forEdgePairs(f, record, (edge) => {
    for (const offset of [0, edgeBytes]) {
      const field = f.let(i32.add(fields, i32.load(edge, offset)));
      f.storeF32(field, f32.add(f32.load(field), f32.mul(f32.load(edge, offset + 4), change)));
    }
  });
}

/** What a chain is swept with. */
interface ChainInMemory {
  readonly state: XoshiroState;
  /** The field of each node, a word. */
  readonly fields: I32;
  /** The spin of each node, a word. */
  readonly spins: I32;
  /** For each node a byte for the probability with which it became a candidate. */
  readonly bounds: I32;
  readonly tables: I32;
  readonly list: I32;
  /** $`2 \beta \log_2 e`$. */
  readonly scale: Local<'v128'>;
  /** That for levels. */
  readonly levelScale: Local<'v128'>;
  /** The probabilities of levels. */
  readonly levelBounds: Local<'v128'>;
}

/** Writes down where the words of some of eight nodes are, given the first one's, and moves `next` behind them. */
function writeDown(f: FunctionBuilder, { tables: place }: ChainInMemory, next: Local<'i32'>, set: I32, at: I32): void {
  const offsets = f.let(v128.load8x8u(i32.add(place, i32.shl(set, int(3))), tables.lanes));
  const first = f.let(i32x4.splat(at));
  f.store(next, i32x4.add(i32x4.extendLowU(offsets), first));
  f.store(next, i32x4.add(i32x4.extendHighU(offsets), first), 16);
  f.set(next, i32.add(next, i32.shl(i32.popcnt(set), int(2))));
}

/**
 * Finds the candidates among sixteen nodes, or those of them in the set `some`, whose words begin `at` bytes behind the first one. A spin flips with probability
 * $`1 / (1 + 2^y)`$, which is small for most; it becomes a candidate with a somewhat larger probability, a whole number of 256ths, so that a byte of a
 * random word decides. There are no branches, since no processor can guess which spins flip.
 */
function findCandidates(
  f: FunctionBuilder,
  chain: ChainInMemory,
  next: Local<'i32'>,
  at: Local<'i32'>,
  some?: I32,
): void {
  const { state, fields, spins, bounds, levelScale, levelBounds } = chain;
  const [fieldsAt, spinsAt] = [f.let(i32.add(fields, at)), f.let(i32.add(spins, at))];
  const shift = f.let(f.f32x4(roundingConstant - firstLevel));
  const base = f.let(f.i32x4(floatBits(roundingConstant)));
  const words = [0, 16, 32, 48].map((offset) => {
    const aligned = v128.xor(v128.load(fieldsAt, offset), v128.load(spinsAt, offset));
    return i32x4.sub(f.madd(aligned, levelScale, shift), base);
  }) as [V128, V128, V128, V128];
  const halves = [i16x8.narrowS(words[0], words[1]), i16x8.narrowS(words[2], words[3])] as const;
  const level = i8x16.minU(i8x16.narrowU(...halves), i8x16.splat(int(levels - 1)));
  const bound = f.let(pick(f, levelBounds, level));
  f.store(i32.add(bounds, i32.shrU(at, int(2))), bound);
  const all = i8x16.bitmask(i8x16.leU(nextWords(f, state), bound));
  const set = f.let(some ? i32.and(all, some) : all);
  writeDown(f, chain, next, i32.and(set, int(255)), at);
  writeDown(f, chain, next, i32.shrU(set, int(8)), i32.add(at, int(32)));
}

/** Goes through the candidates, four at a time, and keeps at the head of the list those that flip; gives where these end. */
function keepFlips(f: FunctionBuilder, chain: ChainInMemory, end: Local<'i32'>): Local<'i32'> {
  const { state, fields, spins, bounds, tables: place, list, scale } = chain;
  const [candidate, kept] = [f.let(list), f.let(list)];
  // The last four may reach beyond the end.
  f.store(end, f.i32x4(0));
  f.while(i32.ltU(candidate, end), () => {
    const at = [0, 4, 8, 12].map((offset) => f.let(i32.load(candidate, offset)));
    const gather = (words: I32): V128 =>
      at.reduce<V128>((all, word, lane) => v128.load32Lane(i32.add(words, word), 0, all, lane), f.i32x4(0));
    const bound = at.reduce<V128>(
      (all, word, lane) => v128.load8Lane(i32.add(bounds, i32.shrU(word, int(2))), 0, all, 4 * lane),
      f.i32x4(0),
    );
    const [power] = powersOfTwo(f, [f.let(f32x4.mul(v128.xor(gather(fields), gather(spins)), scale))]);
    const denominator = f32x4.mul(f32x4.add(power as V128, f.f32x4(1)), f32x4.convertS(i32x4.add(bound, f.i32x4(1))));
    const random = f32x4.convertS(v128.or(i32x4.shrU(nextWords(f, state), int(8)), f.i32x4(1)));
    const flips = i32x4.bitmask(f32x4.lt(f32x4.mul(random, denominator), f.f32x4(2 ** 32)));
    const rest = f.let(i32.shrU(i32.sub(end, candidate), int(2)));
    const some = choose(i32.ltU(rest, int(4)), i32.sub(i32.shl(int(1), rest), int(1)), int(15));
    const set = f.let(i32.and(flips, some));
    const shuffle = v128.load(i32.add(place, i32.shl(set, int(4))), tables.picks);
    f.store(kept, pick(f, v128.load(candidate), shuffle));
    f.set(kept, i32.add(kept, i32.shl(i32.popcnt(set), int(2))));
    f.increase(candidate, 16);
  });
  return kept;
}

/**
 * The function that sweeps one chain by its flips, `(fields, spins, bounds, records, tables, list, stream, scale, sweeps)`: the field of every node is kept, and only a
 * spin that flips reads the graph, to change the fields of its neighbours. Nodes of one colour do not change each other's fields: first those that
 * may flip are found, then those that do, then they flip.
 *
 * A spin is a word: a sign if it is down, 0 if it is up. `scale` is $`2 \beta \log_2 e`$. A node whose field is infinite and has the sign of
 * its spin never flips, nor does one whose field is NaN. The ends of `colours` colours follow the tables; the list has room for all nodes and eight more.
 */
export function flipSweeps(module: ModuleBuilder, colours: number): FunctionReference {
  return module.once(`spins: sweeps by flips ${colours}`, () =>
    module.function(['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'f32', 'i32'], undefined, (f) => {
      const [fields, spins, bounds, records] = [f.parameter(0), f.parameter(1), f.parameter(2), f.parameter(3)];
      const [place, list, stream, sweeps] = [f.parameter(4), f.parameter(5), f.parameter(6), f.parameter(8)];
      const state = xoshiroState(f);
      const scale = f.let(f32x4.splat(f.parameters[7] as F32));
      const levelScale = f.let(f32x4.mul(scale, f.f32x4(levelsPerUnit)));
      const bytes = new Int32Array(Uint8Array.from({ length: levels }, (_, level) => mostFlips(level)).buffer);
      const levelBounds = f.let(lanes32(...(Array.from(bytes) as [number, number, number, number])));
      const chain = { state, fields, spins, bounds, tables: place, list, scale, levelScale, levelBounds };
      const next = f.local('i32');
      loadStream(f, state, stream);
      f.for(int(0), sweeps, 1, () => {
        f.for(int(0), int(colours), 1, (colour) => {
          const ends = f.let(i32.add(place, i32.mul(colour, int(colourBytes))));
          const [at, end] = [f.let(i32.load(ends, tables.bytes)), f.let(i32.load(ends, tables.bytes + 4))];
          const wholeEnd = f.let(i32.sub(end, int(63)));
          f.set(next, list);
          f.while(i32.ltS(at, wholeEnd), () => {
            findCandidates(f, chain, next, at);
            f.increase(at, 64);
          });
          f.if(i32.ltS(at, end), () => {
            const rest = i32.shrU(i32.sub(end, at), int(2));
            findCandidates(f, chain, next, at, f.let(i32.sub(i32.shl(int(1), rest), int(1))));
          });
          const flipsEnd = keepFlips(f, chain, next);
          const flips = f.let(list);
          f.while(i32.ltU(flips, flipsEnd), () => {
            flip(f, fields, spins, records, f.let(i32.load(flips)));
            f.increase(flips, 4);
          });
        });
      });
      storeStream(f, state, stream);
    }),
  );
}

/** The field of a node: infinite with the sign of its spin if it is held. */
export function heldOr(isHeld: I32, held: F32, spin: I32, field: F32): F32 {
  return choose(isHeld, choose(spin, f32.neg(held), held), field);
}

/** The function `(fields, spins, records, bias, held, nodes)` that computes the field of every node. */
export function fieldWriter(module: ModuleBuilder): FunctionReference {
  return module.once('spins: fields', () =>
    module.function(['i32', 'i32', 'i32', 'i32', 'f32', 'i32'], undefined, (f) => {
      const [fields, spins, records, bias] = [f.parameter(0), f.parameter(1), f.parameter(2), f.parameter(3)];
      const [held, nodes] = [f.parameters[4] as F32, f.parameter(5)];
      const record = f.let(records);
      const at = f.let(int(0));
      f.for(int(0), nodes, 1, () => {
        const field = f.let(f32.load(i32.add(bias, i32.shl(i32.load(record, 8), int(2)))));
        forEdgePairs(f, record, (edge) => {
          const term = (offset: number): F32 => {
            const other = i32.load(i32.add(spins, i32.load(edge, offset)));
            return f32.reinterpret(i32.xor(other, i32.load(edge, offset + 4)));
          };
          f.set(field, f32.add(field, f32.add(term(0), term(edgeBytes))));
        });
        const spin = i32.load(i32.add(spins, at));
        f.storeF32(i32.add(fields, at), heldOr(i32.load(record, 12), held, spin, field));
        f.increase(at, 4);
        f.increase(record, recordBytes);
      });
    }),
  );
}
