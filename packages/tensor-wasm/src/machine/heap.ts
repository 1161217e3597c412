import { BackendError, type DType } from '@ebmkit/tensor';
import type { ConstantPool } from '../assembler/constant-pool.js';
import type { MemoryLimits } from '../assembler/module-builder.js';

/** The memory of the backend: blocks that are given out and taken back, a pool of constants, and one arena for temporaries. */
export interface Heap {
  /** The memory that generated modules import. */
  readonly memory: WebAssembly.Memory;
  /** How modules declare it. */
  readonly limits: MemoryLimits;
  /** Constants of generated code. */
  readonly pool: ConstantPool;
  /** Gives out a block, 64-byte aligned, with `padding` bytes after it that kernels may read and overwrite. */
  readonly allocate: (bytes: number) => number;
  /** Takes a block back. */
  readonly release: (address: number, bytes: number) => void;
  /** The memory as bytes; ask again after an allocation. */
  readonly bytes: () => Uint8Array;
  /** The memory as words; ask again after an allocation. */
  readonly words: () => Int32Array;
}

/** Bytes after each block that a kernel may read or overwrite: whole vectors at the end need no care. */
export const padding = 128;

const page = 65536;
/** Below are the words that threads share; from here on come constants. */
const firstConstant = 1024;
/** Constants are given room in blocks of this many bytes. */
const constantBlock = 16384;

/** Blocks are rounded up so that few sizes are asked for: 64 bytes below 4 KiB, an eighth of a power of two above. */
function blockSize(bytes: number): number {
  const wanted = bytes + padding;
  if (wanted <= 4096) return (wanted + 63) & ~63;
  const step = 2 ** (31 - Math.clz32(Math.min(wanted - 1, 0x7fffffff)) - 3);
  return Math.ceil(wanted / step) * step;
}

/** Without a limit of the user's, machines that do not promise 4 GiB are asked for less, down to this. */
const leastMaximum = 2 ** 28;

/** Asks for memory, and when no limit is given for less until the machine agrees. */
function makeMemory(
  shared: boolean,
  maximumBytes: number | undefined,
): { memory: WebAssembly.Memory; limits: MemoryLimits } {
  for (let wanted = maximumBytes ?? 2 ** 32; ; wanted /= 2) {
    const limits = { shared, initial: 256, maximum: Math.min(65536, Math.ceil(wanted / page)) };
    try {
      return { memory: new WebAssembly.Memory(limits), limits };
    } catch (cause) {
      if (maximumBytes === undefined && wanted > leastMaximum) continue;
      throw new BackendError(
        `wasm: the machine refused ${limits.initial * page} bytes of memory (${limits.maximum * page} at most). Free memory, or pass a smaller maxMemory.`,
        { cause },
      );
    }
  }
}

/**
 * Makes a heap.
 *
 * @param shared - Whether threads share it.
 * @param maximumBytes - It never grows beyond this; as much as the machine promises when left out.
 */
export function makeHeap(shared: boolean, maximumBytes?: number): Heap {
  const { memory, limits } = makeMemory(shared, maximumBytes);
  const free = new Map<number, number[]>();
  const constants = new Map<number, number>();
  let nextConstant = firstConstant;
  let endOfConstants = firstConstant + constantBlock;
  let top = endOfConstants;
  let [bytes, words] = views();

  function views(): [Uint8Array, Int32Array] {
    const { buffer } = memory;
    return [new Uint8Array(buffer), new Int32Array(buffer)];
  }

  function refresh(): void {
    if (bytes.buffer !== memory.buffer) [bytes, words] = views();
  }

  function reach(end: number): void {
    const have = memory.buffer.byteLength;
    if (end <= have) return;
    const wanted = Math.ceil((end - have) / page);
    const room = limits.maximum - have / page;
    const pages = Math.min(room, Math.max(wanted, Math.ceil(have / page / 4)));
    try {
      if (pages < wanted) throw new RangeError();
      memory.grow(pages);
    } catch (cause) {
      throw new BackendError(
        `wasm: no room for ${end} bytes (${have} in use, ${limits.maximum * page} at most). Free tensors, take smaller batches, or pass a larger maxMemory.`,
        { cause },
      );
    }
    refresh();
  }

  const allocate = (size: number): number => {
    const whole = blockSize(size);
    const found = free.get(whole)?.pop();
    if (found !== undefined) return found;
    const address = top;
    reach(address + whole);
    top = address + whole;
    return address;
  };

  const release = (address: number, size: number): void => {
    const whole = blockSize(size);
    const list = free.get(whole);
    if (list) list.push(address);
    else free.set(whole, [address]);
  };

  return {
    memory,
    limits,
    pool: {
      addressOf: (bits) => {
        const known = constants.get(bits);
        if (known !== undefined) return known;
        if (nextConstant === endOfConstants) {
          nextConstant = allocate(constantBlock);
          endOfConstants = nextConstant + constantBlock;
        }
        const address = nextConstant;
        nextConstant += 4;
        constants.set(bits, address);
        refresh();
        words[address / 4] = bits;
        return address;
      },
    },
    allocate,
    release,
    bytes: () => {
      refresh();
      return bytes;
    },
    words: () => {
      refresh();
      return words;
    },
  };
}

/** Numbers in the memory of a heap; ask again after an allocation. */
export function typedView(
  heap: Heap,
  address: number,
  length: number,
  dtype: DType,
): Float32Array | Int32Array | Uint8Array {
  const { buffer } = heap.bytes();
  if (dtype === 'bool') return new Uint8Array(buffer, address, length);
  return dtype === 'int32' ? new Int32Array(buffer, address, length) : new Float32Array(buffer, address, length);
}
