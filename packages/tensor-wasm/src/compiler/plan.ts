import type { StepKernel } from '../kernels/step-kernel.js';
import type { Group } from './group.js';
import type { BufferId } from './view.js';

/** A buffer of a program: an argument that the caller gives, a result that the caller gets, or a temporary. */
export interface PlannedBuffer {
  /** Its size. */
  readonly bytes: number;
  /** Where it comes from. */
  kind: 'input' | 'output' | 'temporary';
  /** The number among inputs or outputs. */
  slot: number;
  /** The step that writes it; −1 for inputs. */
  readonly writtenAt: number;
}

/** An operand of a kernel: a buffer from some byte on, or a key. */
export type KernelOperand =
  | { readonly kind: 'buffer'; readonly buffer: BufferId; readonly byteOffset: number }
  | { readonly kind: 'key'; readonly key: number };

/** One step of a program. */
export type Step =
  | { readonly kind: 'group'; readonly group: Group }
  | {
      readonly kind: 'kernel';
      readonly label: string;
      /** Equal for steps that run the same code on other buffers. */
      readonly identity: string;
      readonly kernel: StepKernel;
      readonly operands: readonly KernelOperand[];
      readonly output: BufferId;
    };

/** The buffers that a step reads. */
export function buffersRead(step: Step): Set<BufferId> {
  const found = new Set<BufferId>();
  if (step.kind === 'kernel') {
    for (const operand of step.operands) if (operand.kind === 'buffer') found.add(operand.buffer);
  } else
    for (const { operands } of step.group.nodes)
      for (const operand of operands) if (operand.kind === 'access') found.add(operand.view.buffer);
  return found;
}

/** How a key comes about: given, or derived from another. */
export type PlannedKey =
  | { readonly kind: 'input'; readonly slot: number }
  | { readonly kind: 'derived'; readonly parent: number; readonly index: number; readonly how: 'split' | 'fold' };

/** A program before its code is written. */
export interface Plan {
  /** All buffers, by number. */
  readonly buffers: readonly PlannedBuffer[];
  /** All keys, by number, parents first. */
  readonly keys: readonly PlannedKey[];
  /** The steps, in order. */
  readonly steps: readonly Step[];
  /** The inputs, tensors and keys alike, in the order of the graph: inputs, then constants. */
  readonly inputs: number;
  /** Bytes of each output. */
  readonly outputs: readonly number[];
}
