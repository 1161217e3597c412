import type { I32, Local, V128 } from '../assembler/expression.js';
import type { FunctionBuilder, FunctionReference } from '../assembler/function-builder.js';
import type { ModuleBuilder } from '../assembler/module-builder.js';
import { choose, int } from '../assembler/scalar.js';
import { nextWords, type XoshiroState, xoshiroState } from '../kernels/xoshiro.js';
import { i8x16, i32, v128 } from './instructions.js';
import { type LatticeLayout, parityOf, rowAt } from './lattice-layout.js';
import { pick } from './pick.js';
import { loadStream, storeStream, streamBytes } from './stream.js';

/** Copies the ends of a row next to it, where its neighbours across the edge are looked for. */
export function closeRow(f: FunctionBuilder, row: I32, half: number): void {
  f.storeI8(i32.sub(row, int(1)), i32.load8u(row, half - 1));
  f.storeI8(row, i32.load8u(row), half);
}

/** The address of the row one step on or back along an axis of `length` rows that are `step` rows apart. */
function neighbourRow(f: FunctionBuilder, row: I32, at: I32, stride: number, length: number, step: number): [I32, I32] {
  const along = f.let(step === 1 ? i32.remU(row, int(length)) : i32.remU(i32.divU(row, int(step)), int(length)));
  const bytes = step * stride;
  const back = choose(i32.eqz(along), int((length - 1) * bytes), int(-bytes));
  const on = choose(i32.eq(along, int(length - 1)), int(-(length - 1) * bytes), int(bytes));
  return [f.let(i32.add(at, back)), f.let(i32.add(at, on))];
}

/** The addresses of the other colour's spins that are neighbours of the first spins of a row. */
function neighbours(f: FunctionBuilder, layout: LatticeLayout, scratch: I32, colour: 0 | 1, row: I32): I32[] {
  const { size, stride } = layout;
  const beside = f.let(rowAt(layout, scratch, (1 - colour) as 0 | 1, row));
  // The first spin of this colour is the first site of the row or the second: the other neighbour is before it or after.
  const isSecond = i32.xor(parityOf(layout, row), int(colour));
  const other = f.let(i32.add(beside, i32.sub(i32.shl(isSecond, int(1)), int(1))));
  const axes = size.slice(0, -1);
  const steps = axes.map((_, axis) => axes.slice(axis + 1).reduce((product, length) => product * length, 1));
  const across = axes.flatMap((length, axis) => neighbourRow(f, row, beside, stride, length, steps[axis] as number));
  return [beside, other, ...across];
}

/**
 * Draws sixteen spins: eight random bits each against the upper byte of the threshold, and where these are equal eight bits more against the
 * next, twice. What then is still equal is decided by the last part of the table.
 */
function drawSixteen(f: FunctionBuilder, state: XoshiroState, table: I32, upper: V128, rows: V128): Local<'v128'> {
  const threshold = f.let(pick(f, upper, rows));
  const random = nextWords(f, state);
  const up = f.let(i8x16.gtS(threshold, random));
  const open = f.let(i8x16.eq(threshold, random));
  const refine = (part: number, otherwise: () => void): void => {
    f.if(v128.anyTrue(open), () => {
      const more = f.let(pick(f, v128.load(table, 16 * part), rows));
      const bits = nextWords(f, state);
      f.set(up, v128.or(up, v128.and(open, i8x16.gtS(more, bits))));
      f.set(open, v128.and(open, i8x16.eq(more, bits)));
      otherwise();
    });
  };
  refine(1, () => refine(2, () => f.set(up, v128.or(up, v128.and(open, pick(f, v128.load(table, 48), rows))))));
  return up;
}

/** The function `(scratch, from, to, stream)` that draws the spins of one colour in some rows, and moves the stream on. */
export function halfSweep(module: ModuleBuilder, layout: LatticeLayout, colour: 0 | 1): FunctionReference {
  const { size, half } = layout;
  const name = `ising half sweep ${[size, layout.planes, colour].join()}`;
  return module.once(name, () =>
    module.function(['i32', 'i32', 'i32', 'i32'], undefined, (f) => {
      const [scratch, from, to, stream] = [f.parameter(0), f.parameter(1), f.parameter(2), f.parameter(3)];
      const state = xoshiroState(f);
      loadStream(f, state, stream);
      const upper = f.let(v128.load(scratch));
      const levels = f.let(i8x16.splat(int(2 * size.length + 1)));
      f.for(from, to, 1, (row) => {
        const own = f.let(rowAt(layout, scratch, colour, row));
        const others = neighbours(f, layout, scratch, colour, row);
        f.for(int(0), int(half), 16, (at) => {
          const [first = f.i32x4(0), ...rest] = others.map((other) => v128.load(i32.add(other, at)));
          const sum = rest.reduce((total, x) => i8x16.add(total, x), first);
          const place = f.let(i32.add(own, at));
          // An up spin is −1 as a number: the sum is minus the number of neighbours that are up.
          const rows = f.let(i8x16.sub(v128.and(v128.load(place), levels), sum));
          f.store(place, drawSixteen(f, state, scratch, upper, rows));
        });
        closeRow(f, own, half);
      });
      storeStream(f, state, stream);
    }),
  );
}

/** The address of the stream of a unit. */
export function streamAt({ streams }: LatticeLayout, scratch: I32, unit: I32): I32 {
  return i32.add(i32.add(scratch, int(streams)), i32.mul(unit, int(streamBytes)));
}
