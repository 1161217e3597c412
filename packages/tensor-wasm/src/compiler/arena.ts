import type { Plan } from './plan.js';

/** Where each temporary buffer lies within the arena, and how large that must be. */
export interface ArenaLayout {
  /** Byte offsets by buffer number; undefined for inputs and outputs. */
  readonly offsets: readonly (number | undefined)[];
  /** Scratch memory of each step: its byte offset. */
  readonly scratch: readonly number[];
  /** The whole size in bytes. */
  readonly bytes: number;
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
    if (step.kind === 'kernel') {
      for (const operand of step.operands) if (operand.kind === 'buffer') last[operand.buffer] = index;
      return;
    }
    for (const { operands } of step.group.nodes)
      for (const operand of operands) if (operand.kind === 'access') last[operand.view.buffer] = index;
  });
  return last;
}

/** Places temporaries so that those that live at the same time do not overlap: first fit, in the order of writing. */
export function layOutArena(plan: Plan): ArenaLayout {
  const last = lastUses(plan);
  const blocks: Block[] = [];
  const place = (bytes: number, from: number, until: number): number => {
    const size = 64 * Math.ceil((bytes + slack) / 64);
    const rivals = blocks.filter((b) => b.from <= until && from <= b.until).sort((a, b) => a.start - b.start);
    let start = 0;
    for (const rival of rivals) {
      if (start + size <= rival.start) break;
      start = Math.max(start, rival.end);
    }
    blocks.push({ start, end: start + size, from, until });
    return start;
  };
  const order = plan.buffers.map((_, id) => id).filter((id) => plan.buffers[id]?.kind === 'temporary');
  const offsets: (number | undefined)[] = plan.buffers.map(() => undefined);
  for (const id of order.toSorted((a, b) => (plan.buffers[a]?.writtenAt ?? 0) - (plan.buffers[b]?.writtenAt ?? 0))) {
    const { bytes, writtenAt } = plan.buffers[id] as Plan['buffers'][number];
    offsets[id] = place(bytes, writtenAt, last[id] as number);
  }
  const scratch = plan.steps.map((step, index) =>
    step.kind === 'kernel' && step.kernel.scratch > 0 ? place(step.kernel.scratch, index, index) : 0,
  );
  return { offsets, scratch, bytes: Math.max(0, ...blocks.map(({ end }) => end)) };
}
