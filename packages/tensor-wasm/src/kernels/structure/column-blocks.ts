import { sizeOf } from '@ebmkit/tensor';
import type { I32, Local } from '../../assembler/expression.js';
import { choose, i32, int } from '../../assembler/scalar.js';
import type { PhaseCode } from './phase-code.js';

/** A shape seen along one axis: rows of `length` times `step` elements, in which a line goes in steps of `step`. */
export interface Lines {
  /** The product of the axes before. */
  readonly rows: number;
  /** The length of the axis. */
  readonly length: number;
  /** The product of the axes after. */
  readonly step: number;
}

/** Sees a shape along an axis. */
export function linesOf(shape: readonly number[], axis: number): Lines {
  return {
    rows: sizeOf(shape.slice(0, axis)),
    length: shape[axis] as number,
    step: sizeOf(shape.slice(axis + 1)),
  };
}

/** How many neighbouring lines are worked on together: 16, 4 or 1. */
export function blockWidth({ step }: Lines): 1 | 4 | 16 {
  if (step >= 64 || step === 16 || step === 32 || step === 48) return 16;
  return step >= 4 ? 4 : 1;
}

/** How many blocks of neighbouring lines there are. */
export function blockCount(lines: Lines): number {
  return lines.rows * Math.ceil(lines.step / blockWidth(lines));
}

/**
 * Visits the blocks of a range of units. Blocks are always full: the last one of a row may begin within the one before it,
 * and the same bits are then written twice.
 *
 * @param code - The phase, whose units are blocks.
 * @param lines - How the tensor is seen.
 * @param body - Writes the code for one block, from the numbers of its row and of its first line within the row.
 */
export function eachBlock(code: PhaseCode, lines: Lines, body: (row: I32, column: I32) => void): void {
  const { f, begin, end } = code;
  const { step } = lines;
  const width = blockWidth(lines);
  const perRow = Math.ceil(step / width);
  f.for(begin, end, 1, (unit: Local<'i32'>) => {
    if (perRow === 1) {
      body(unit, int(0));
      return;
    }
    const row = f.let(i32.divU(unit, int(perRow)));
    const wanted = f.let(i32.mul(i32.sub(unit, i32.mul(row, int(perRow))), int(width)));
    body(row, f.let(choose(i32.ltS(wanted, int(step - width)), wanted, int(step - width))));
  });
}
