import type { I32, Local, V128 } from '../assembler/expression.js';
import type { FunctionBuilder } from '../assembler/function-builder.js';
import { int } from '../assembler/scalar.js';
import { i16x8, lanes32 } from '../assembler/vector.js';
import { i8x16, i32, i32x4, v128 } from './instructions.js';
import { pick } from './pick.js';

/** How the spins of a node stand in its 16 bytes while they are swept: at most four vectors of chains. A spin that is down is a sign, up is 0. */
export interface SpinLanes {
  /** Bytes of a spin. */
  readonly stateBytes: 1 | 4;
  /** Writes a spin, given whether it is down, 0 or 1. */
  readonly write: (f: FunctionBuilder, lane: I32, isDown: I32) => void;
  /** Whether a spin is up, 0 or 1. */
  readonly isUp: (lane: I32) => I32;
  /** Prepares what all nodes need and gives the function that gives a weight the signs of the spins at an address, for each vector. */
  readonly signed: (f: FunctionBuilder) => (weight: Local<'v128'>, spins: I32) => V128[];
  /** Stores the spins of a node, given masks of lanes that are up, and gives how many of them change. */
  readonly store: (f: FunctionBuilder, spins: I32, up: readonly V128[]) => I32;
  /** The word of a spin alone: a sign if it is down. */
  readonly word: (lane: I32) => I32;
}

/** A sign in each byte. */
const downBytes = 0x80808080;

/** A byte for each chain, so that the spins of large graphs stay in the cache. It becomes the uppermost byte of a lane. */
function byteLanes(vectors: number): SpinLanes {
  const lane = (byte: number): number => (byte << 24) | 0x808080;
  return {
    stateBytes: 1,
    write: (f, at, isDown) => f.storeI8(at, i32.shl(isDown, int(7))),
    isUp: (at) => i32.eqz(i32.load8u(at)),
    signed: (f) => {
      const places = Array.from({ length: vectors }, (_, v) =>
        f.let(lanes32(lane(4 * v), lane(4 * v + 1), lane(4 * v + 2), lane(4 * v + 3))),
      );
      return (weight, spins) => {
        const bytes = f.let(v128.load(spins));
        return places.map((place) => v128.xor(weight, pick(f, bytes, place)));
      };
    },
    store: (f, spins, up) => {
      const part = (v: number): V128 => up[Math.min(v, up.length - 1)] as V128;
      const bytes = i8x16.narrowS(i16x8.narrowS(part(0), part(1)), i16x8.narrowS(part(2), part(3)));
      const drawn = f.let(v128.andNot(f.i32x4(downBytes), bytes));
      const changed = i8x16.bitmask(v128.xor(drawn, v128.load(spins)));
      // Bytes beyond the vectors are copies.
      const changes = f.let(i32.popcnt(i32.and(changed, int(2 ** (4 * vectors) - 1))));
      f.store(spins, drawn);
      return changes;
    },
    word: (lane) => i32.shl(i32.load8u(lane), int(24)),
  };
}

/** A word for each chain: a single vector needs no more room, and no shuffles. */
const wordLanes: SpinLanes = {
  stateBytes: 4,
  write: (f, at, isDown) => f.storeI32(at, i32.shl(isDown, int(31))),
  isUp: (at) => i32.eqz(i32.load(at)),
  signed: () => (weight, spins) => [v128.xor(weight, v128.load(spins))],
  store: (f, spins, up) => {
    const drawn = f.let(v128.andNot(f.i32x4(1 << 31), up[0] as V128));
    const changes = f.let(i32.popcnt(i32x4.bitmask(v128.xor(drawn, v128.load(spins)))));
    f.store(spins, drawn);
    return changes;
  },
  word: (lane) => i32.load(lane),
};

/** How the spins of one to four vectors of chains stand. */
export function spinLanes(vectors: number): SpinLanes {
  return vectors === 1 ? wordLanes : byteLanes(vectors);
}
