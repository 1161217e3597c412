import type { I32, Local } from '../../assembler/expression.js';
import { choose, i32, int } from '../../assembler/scalar.js';
import type { StepKernel } from '../step-kernel.js';
import { copyBytes, fillBytes } from './byte-runs.js';
import { makePhase, type PhaseCode } from './phase-code.js';

/** A run of bytes of the output: copied from somewhere, or filled with a word. */
export interface Segment {
  /** How many bytes. */
  readonly bytes: number;
  /** Where they come from in a row: an address, computed from the row's number. */
  readonly from?: (code: PhaseCode, row: I32) => I32;
  /** What they are filled with otherwise. */
  readonly word?: number;
}

/** Bytes of one unit where an output is a single row. */
const chunk = 16384;

function total(segments: readonly Segment[]): number {
  return segments.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Writes the part of one long row that units of `chunk` bytes cover. */
function writeChunks(code: PhaseCode, segments: readonly Segment[]): void {
  const { f, module, begin, end, output } = code;
  const first = f.let(i32.mul(begin, int(chunk)));
  const last = f.let(i32.mul(end, int(chunk)));
  const bounded = (value: I32, low: number, high: number): Local<'i32'> => {
    const capped = f.let(choose(i32.ltS(value, int(high)), value, int(high)));
    return f.let(choose(i32.gtS(capped, int(low)), capped, int(low)));
  };
  let at = 0;
  for (const { bytes, from, word = 0 } of segments) {
    const [low, high] = [bounded(first, at, at + bytes), bounded(last, at, at + bytes)];
    const [to, count] = [i32.add(output, low), i32.sub(high, low)];
    const start = at;
    f.if(i32.ltS(low, high), () => {
      if (from) copyBytes(module, f, to, i32.add(from(code, int(0)), i32.sub(low, int(start))), count);
      else fillBytes(module, f, to, word, count);
    });
    at += bytes;
  }
}

/**
 * Writes the segments of a row one after the other.
 *
 * @param code - The phase.
 * @param to - Where the row begins.
 * @param row - Its number.
 * @param segments - What it consists of.
 */
export function writeRow(code: PhaseCode, to: Local<'i32'>, row: Local<'i32'>, segments: readonly Segment[]): void {
  const { f, module } = code;
  let at = 0;
  for (const { bytes, from, word = 0 } of segments) {
    const target = at === 0 ? to : i32.add(to, int(at));
    if (from) copyBytes(module, f, target, from(code, row), bytes);
    else if (bytes > 0) fillBytes(module, f, target, word, bytes);
    at += bytes;
  }
}

/**
 * A kernel whose output is rows of segments; a single row is cut into pieces for the threads.
 *
 * @param inputs - How many inputs it has.
 * @param rows - How many rows the output has.
 * @param segments - What each row consists of.
 * @param write - Writes a row, where that is more than its segments.
 */
export function segmentKernel(
  inputs: number,
  rows: number,
  segments: readonly Segment[],
  write: (code: PhaseCode, to: Local<'i32'>, row: Local<'i32'>) => void = (code, to, row) =>
    writeRow(code, to, row, segments),
): StepKernel {
  const width = total(segments);
  if (rows * width === 0) return { scratch: 0, phases: [] };
  const cost = (rows * width) / 10 + 4 * rows * segments.length;
  if (rows === 1)
    return {
      scratch: 0,
      phases: [makePhase(inputs, Math.ceil(width / chunk), cost, (code) => writeChunks(code, segments))],
    };
  const phase = makePhase(inputs, rows, cost, (code) => {
    const { f, begin, end, output } = code;
    const to = f.let(i32.add(output, i32.mul(begin, int(width))));
    f.for(begin, end, 1, (row) => {
      write(code, to, row);
      f.increase(to, width);
    });
  });
  return { scratch: 0, phases: [phase] };
}
