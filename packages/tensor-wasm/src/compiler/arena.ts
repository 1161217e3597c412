import type { Chain } from './chain.js';
import { buffersRead, type Plan } from './plan.js';
import type { BufferId } from './view.js';

/** Where each temporary buffer lies within the arena, and how large that must be. */
export interface ArenaLayout {
  /** Byte offsets by buffer number; undefined for inputs and outputs. */
  readonly offsets: readonly (number | undefined)[];
  /** Scratch memory of each step: its byte offset. */
  readonly scratch: readonly number[];
  /** Where each chain keeps its blocks. */
  readonly blocks: ReadonlyMap<Chain, ChainBlocks>;
  /** The whole size in bytes. */
  readonly bytes: number;
}

/** The memory in which a chain has one block of each buffer that it passes on. */
export interface ChainBlocks {
  /** Byte offset of those of the first thread. */
  readonly start: number;
  /** From those of one thread to those of the next. */
  readonly stride: number;
  /** The offset of each buffer from there. */
  readonly offsets: ReadonlyMap<BufferId, number>;
}

interface Block {
  readonly start: number;
  readonly end: number;
  readonly from: number;
  readonly until: number;
}

/** Every block has room behind it that kernels may read and overwrite. */
const slack = 128;

/** The last step that reads or writes each buffer. */
function lastUses({ buffers, steps }: Plan): number[] {
  const last = buffers.map(({ writtenAt }) => writtenAt);
  steps.forEach((step, index) => {
    for (const buffer of buffersRead(step)) last[buffer] = index;
  });
  return last;
}

/** Places blocks so that those that live at the same time do not overlap: each where it first fits. */
function makePlacer() {
  const blocks: Block[] = [];
  return {
    place: (bytes: number, from: number, until: number): number => {
      const size = 64 * Math.ceil((bytes + slack) / 64);
      const rivals = blocks.filter((b) => b.from <= until && from <= b.until).sort((a, b) => a.start - b.start);
      let start = 0;
      for (const rival of rivals) {
        if (start + size <= rival.start) break;
        start = Math.max(start, rival.end);
      }
      blocks.push({ start, end: start + size, from, until });
      return start;
    },
    bytes: (): number => Math.max(0, ...blocks.map(({ end }) => end)),
  };
}

/**
 * Places temporaries, in the order of writing. What a chain writes lives from its beginning, since all its steps run again and again; but
 * what it passes on within a block has a place of its own, as large as a block.
 *
 * @param plan - The plan.
 * @param chains - Its chains.
 * @param threads - How many threads there may be, each with blocks of its own.
 */
export function layOutArena(plan: Plan, chains: readonly Chain[], threads: number): ArenaLayout {
  const last = lastUses(plan);
  const { place, bytes } = makePlacer();
  const chainAt = (index: number): Chain | undefined => chains.find((c) => c.first <= index && index <= c.last);
  const from = (index: number): number => chainAt(index)?.first ?? index;
  const isPassed = (id: BufferId): boolean => chains.some(({ passed }) => passed.has(id));
  const writtenAt = (id: BufferId): number => plan.buffers[id]?.writtenAt ?? 0;
  const inOrder = (ids: readonly BufferId[]): BufferId[] => ids.toSorted((a, b) => writtenAt(a) - writtenAt(b));

  const offsets: (number | undefined)[] = plan.buffers.map(() => undefined);
  const temporaries = plan.buffers.flatMap(({ kind }, id) => (kind === 'temporary' && !isPassed(id) ? [id] : []));
  for (const id of inOrder(temporaries))
    offsets[id] = place(plan.buffers[id]?.bytes ?? 0, from(writtenAt(id)), last[id] as number);
  const scratch = plan.steps.map((step, index) =>
    step.kind === 'kernel' && step.kernel.scratch > 0 ? place(step.kernel.scratch, from(index), index) : 0,
  );
  const blocks = chains.map((chain) => {
    const own = makePlacer();
    const passed = inOrder([...chain.passed.keys()]).map((id) => {
      const bytesOfBlock = (chain.passed.get(id) as number) * chain.perBlock;
      return [id, own.place(bytesOfBlock, writtenAt(id), last[id] as number)] as const;
    });
    const stride = own.bytes();
    const start = place(stride * threads, chain.first, chain.last);
    return [chain, { start, stride, offsets: new Map(passed) }] as const;
  });
  return { offsets, scratch, blocks: new Map(blocks), bytes: bytes() };
}
