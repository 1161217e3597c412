import { br_if, f32x4, func, i32, i32x4, type Local, local, loop, Module, memory, v128 } from 'wasmati';

/** Multiplications and additions that hide each other's latency. */
const chains = 12;
/** Bytes that the memory probe reads, larger than any cache that one core has to itself. */
export const probedBytes = 1 << 28;

/** Counts a local up to `count` in steps of `step`, around what `body` emits. */
function counted(index: Local<'i32'>, count: Local<'i32'>, step: number, body: () => void): void {
  loop({}, () => {
    body();
    i32.add(index, step);
    local.tee(index);
    local.get(count);
    i32.lt_u();
    br_if(0);
  });
}

type Vector = Local<'v128'>;

/** Adds the lanes of vectors up, so that no work can be left out. */
function finish(vectors: readonly Vector[]): void {
  local.get(vectors[0] as Vector);
  for (const vector of vectors.slice(1)) {
    local.get(vector);
    i32x4.add();
  }
  i32x4.extract_lane(0);
}

const vectors = <N extends number>(count: N) => Array.from({ length: count }, () => v128);

/** $`x \leftarrow x m + a`$ in twelve independent chains of four lanes. */
function multiplyAdd(isFused: boolean) {
  return func({ in: [i32], locals: [i32, ...vectors(chains + 2)], out: [i32] }, ([count], all) => {
    const [index, factor, term, ...sums] = all as unknown as [Local<'i32'>, Vector, Vector, ...Vector[]];
    v128.const('f32x4', [0.999, 0.998, 0.997, 0.996]);
    local.set(factor);
    v128.const('f32x4', [0.1, 0.2, 0.3, 0.4]);
    local.set(term);
    counted(index, count, 1, () => {
      for (const sum of sums) {
        local.get(sum);
        local.get(factor);
        if (!isFused) f32x4.mul();
        local.get(term);
        if (isFused) f32x4.relaxed_madd();
        else f32x4.add();
        local.set(sum);
      }
    });
    finish(sums);
  });
}

/** One output of xoshiro128++ in four lanes, added to `sum`. */
function xoshiro([a, b, c, d, held, sum]: readonly Vector[]): void {
  const rotate = (bits: number): void => {
    local.set(held as Vector);
    i32x4.shl(held as Vector, bits);
    i32x4.shr_u(held as Vector, 32 - bits);
    v128.or();
  };
  const mix = (into: Vector, from: Vector): void => {
    v128.xor(into, from);
    local.set(into);
  };
  const [s0, s1, s2, s3, total] = [a, b, c, d, sum] as [Vector, Vector, Vector, Vector, Vector];
  i32x4.add(s0, s3);
  rotate(7);
  local.get(s0);
  i32x4.add();
  local.get(total);
  v128.xor();
  local.set(total);
  const shifted = held as Vector;
  i32x4.shl(s1, 9);
  local.set(shifted);
  mix(s2, s0);
  mix(s3, s1);
  mix(s1, s2);
  mix(s0, s3);
  mix(s2, shifted);
  local.get(s3);
  rotate(11);
  local.set(s3);
}

const streams = 2;

/** Random words of 32 bits: two streams of four lanes. */
const randomWords = func({ in: [i32], locals: [i32, ...vectors(6 * streams)], out: [i32] }, ([count], all) => {
  const [index, ...state] = all as unknown as [Local<'i32'>, ...Vector[]];
  for (const [i, word] of state.entries()) {
    v128.const('i32x4', [i + 1, 17 * i + 3, 29 * i + 5, 31 * i + 7]);
    local.set(word);
  }
  counted(index, count, 1, () => {
    for (let s = 0; s < streams; s++) xoshiro(state.slice(6 * s, 6 * s + 6));
  });
  finish([state[5] as Vector, state[11] as Vector]);
});

/** Reads memory from the start to `count` bytes, 64 at a time. */
const readMemory = func({ in: [i32], locals: [i32, ...vectors(4)], out: [i32] }, ([count], all) => {
  const [index, ...sums] = all as unknown as [Local<'i32'>, ...Vector[]];
  counted(index, count, 64, () => {
    for (const [i, sum] of sums.entries()) {
      local.get(index);
      v128.load({ offset: 16 * i });
      local.get(sum);
      i32x4.add();
      local.set(sum);
    }
  });
  finish(sums);
});

/** A probe: does `count` units of work. */
export type Probe = (count: number) => unknown;

/** The probes as WebAssembly with 128-bit SIMD; the fused one only where the engine has relaxed SIMD. */
export async function instantiateProbes(): Promise<{
  readonly multiplyAdd: Probe;
  readonly fusedMultiplyAdd: Probe | undefined;
  readonly randomWords: Probe;
  readonly readMemory: Probe;
}> {
  const fused = Module({ exports: { fusedMultiplyAdd: multiplyAdd(true) } });
  const hasFused = WebAssembly.validate(fused.toBytes() as Uint8Array<ArrayBuffer>);
  const probed = memory({ min: probedBytes / 65536 });
  const { instance } = await Module({
    exports: { multiplyAdd: multiplyAdd(false), randomWords, readMemory, probed },
    memory: probed,
  }).instantiate();
  // Pages that were never written are one and the same page of zeros, which stays in the cache.
  new Uint8Array((instance.exports.probed as unknown as WebAssembly.Memory).buffer).fill(1);
  const relaxed = hasFused ? await fused.instantiate() : undefined;
  return {
    multiplyAdd: instance.exports.multiplyAdd,
    randomWords: instance.exports.randomWords,
    readMemory: instance.exports.readMemory,
    fusedMultiplyAdd: relaxed?.instance.exports.fusedMultiplyAdd,
  };
}

/** What one unit of each probe is worth. */
export const probeUnits = { flops: 2 * 4 * chains, words: 4 * streams } as const;
