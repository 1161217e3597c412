import { buffersOf } from '../fused/loop.js';
import type { Phase, RowWise } from '../kernels/step-kernel.js';
import { buffersRead, type KernelOperand, type Plan, type Step } from './plan.js';
import type { BufferId } from './view.js';

/**
 * Steps that run block by block: all of them on some rows, then all of them on the next rows. What they hand on stays in the cache,
 * and threads that have rows of their own need not wait for each other.
 */
export interface Chain {
  /** The first step. */
  readonly first: number;
  /** The last step. */
  readonly last: number;
  /** Into how many quanta the rows are cut: the least that every step can do by itself. */
  readonly quanta: number;
  /** How many quanta make a block. */
  readonly perBlock: number;
  /** By step, how many of its units make a quantum. */
  readonly units: ReadonlyMap<number, number>;
  /** Bytes of one quantum of each buffer that no other step sees: only one block of it exists at a time. */
  readonly passed: ReadonlyMap<BufferId, number>;
}

/** A block of the widest rows has about so many bytes, so that several arrays fit into the second cache. */
const blockBytes = 32_768;
/** Rows of fewer blocks are in the cache anyway. */
const leastBlocks = 4;

interface Growing {
  readonly first: number;
  last: number;
  /** The rows of the step that has most of them. */
  rows: number;
  /** Of these, the rows of a quantum. */
  quantum: number;
  /** Bytes of the largest buffer that goes by rows. */
  bytes: number;
  readonly steps: Map<number, RowWise>;
  readonly written: Set<BufferId>;
}

const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
const multiple = (a: number, b: number): number => (a / divisor(a, b)) * b;

/** Rows and quantum when a step joins, or undefined where its rows cannot be cut as the others are. */
function joined({ rows, quantum }: { rows: number; quantum: number }, step: RowWise) {
  const most = Math.max(rows, step.rows);
  if (most % rows !== 0 || most % step.rows !== 0) return undefined;
  const cut = multiple(quantum * (most / rows), step.perUnit * (most / step.rows));
  return leastBlocks * cut <= most ? { rows: most, quantum: cut } : undefined;
}

/** The buffers of which a step touches only the rows that it is at, in whichever of its operands they are. */
function buffersByRow(plan: Plan, step: Step, { rows, rowBytes }: RowWise): Set<BufferId> {
  const found = new Set<BufferId>();
  const others = new Set<BufferId>();
  const whole = (buffer: BufferId): KernelOperand => ({ kind: 'buffer', buffer, byteOffset: 0 });
  const operands = step.kind === 'group' ? buffersOf(step.group).map(whole) : [...step.operands, whole(step.output)];
  operands.forEach((operand, place) => {
    if (operand.kind === 'key') return;
    const { buffer, byteOffset } = operand;
    const bytes = (rowBytes.get(place) ?? 0) * rows;
    (byteOffset === 0 && bytes === plan.buffers[buffer]?.bytes ? found : others).add(buffer);
  });
  for (const buffer of others) found.delete(buffer);
  return found;
}

/** Finds the chains of a plan. `phases` are those of each step. */
export function findChains(plan: Plan, phases: readonly (readonly Phase[])[]): Chain[] {
  const chains: Chain[] = [];
  let chain: Growing | undefined;
  const end = (): void => {
    if (chain && chain.steps.size > 1) chains.push(finish(plan, chain));
    chain = undefined;
  };
  plan.steps.forEach((step, index) => {
    const main = phases[index]?.at(-1);
    if (!main || main.units === 0) return;
    const { rowWise } = main;
    if (!rowWise) {
      end();
      return;
    }
    const byRow = buffersByRow(plan, step, rowWise);
    const written = step.kind === 'kernel' ? [step.output] : step.group.nodes.flatMap(({ store }) => store ?? []);
    if (written.some((buffer) => !byRow.has(buffer))) {
      end();
      return;
    }
    const needsAll = [...buffersRead(step)].some((buffer) => chain?.written.has(buffer) && !byRow.has(buffer));
    if (needsAll) end();
    const cut = chain && joined(chain, rowWise);
    if (chain && !cut) end();
    chain ??= {
      first: index,
      last: index,
      rows: rowWise.rows,
      quantum: rowWise.perUnit,
      bytes: 0,
      steps: new Map(),
      written: new Set(),
    };
    if (cut) Object.assign(chain, cut);
    chain.last = index;
    chain.steps.set(index, rowWise);
    for (const id of byRow) chain.bytes = Math.max(chain.bytes, plan.buffers[id]?.bytes ?? 0);
    for (const buffer of written) chain.written.add(buffer);
  });
  end();
  return chains.filter(({ quanta, perBlock }) => quanta >= leastBlocks * perBlock);
}

function finish(plan: Plan, { first, last, rows, quantum, bytes, steps, written }: Growing): Chain {
  const quanta = Math.ceil(rows / quantum);
  const seen = new Set<BufferId>();
  plan.steps.forEach((step, index) => {
    if (index < first || index > last) for (const buffer of buffersRead(step)) seen.add(buffer);
  });
  const passed = [...written].filter((id) => plan.buffers[id]?.kind === 'temporary' && !seen.has(id));
  return {
    first,
    last,
    quanta,
    perBlock: Math.max(1, Math.round(blockBytes / (bytes / rows) / quantum)),
    units: new Map([...steps].map(([index, step]) => [index, (quantum * step.rows) / rows / step.perUnit])),
    passed: new Map(passed.map((id) => [id, ((plan.buffers[id]?.bytes ?? 0) / rows) * quantum])),
  };
}
