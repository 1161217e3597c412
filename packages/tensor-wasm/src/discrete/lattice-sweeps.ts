import type { TensorType } from '@ebmkit/tensor';
import type { I32, Local } from '../assembler/expression.js';
import type { FunctionBuilder } from '../assembler/function-builder.js';
import { choose, int } from '../assembler/scalar.js';
import type { KernelRule, Phase } from '../kernels/step-kernel.js';
import { makePhase, type PhaseCode } from '../kernels/structure/phase-code.js';
import { seedXoshiro, xoshiroState } from '../kernels/xoshiro.js';
import { f32x4, i8x16, i32, i32x4, v128 } from './instructions.js';
import { closeRow, halfSweep, streamAt } from './lattice-half-sweep.js';
import { type LatticeLayout, latticeLayout, parityOf, rowAt } from './lattice-layout.js';
import { storeStream } from './stream.js';
import type { WasmKernel } from './wasm-kernel.js';

const evenBytes = Array.from({ length: 16 }, (_, i) => 2 * i);
const lowBytes = Array.from({ length: 16 }, (_, i) => (i >> 1) + 16 * (i & 1));

/** The rows of a unit. */
function rowsOf(f: FunctionBuilder, { rows, rowsPerUnit }: LatticeLayout, unit: I32): [Local<'i32'>, Local<'i32'>] {
  const from = f.let(i32.mul(unit, int(rowsPerUnit)));
  const until = f.let(i32.add(from, int(rowsPerUnit)));
  return [from, f.let(choose(i32.ltS(until, int(rows)), until, int(rows)))];
}

/**
 * Writes the table: how many of the 2²⁴ draws are below each probability, as three bytes, and for all of them, which do not fit, that a draw that
 * equals the three bytes counts as below. Bytes are moved by 128, since they are compared as signed numbers.
 */
function writeTable({ f, inputs, scratch }: PhaseCode, entries: number): void {
  const all = 2 ** 24;
  f.for(int(0), int(entries), 1, (entry) => {
    const p = v128.load32Splat(i32.add(inputs[2] as I32, i32.shl(entry, int(2))));
    const wanted = i32x4.truncSat(f32x4.ceil(f32x4.mul(p, f.f32x4(all))));
    const limited = f.let(i32x4.extract(i32x4.maxS(wanted, f.i32x4(0)), 0));
    const isAll = f.let(i32.geS(limited, int(all)));
    const threshold = f.let(choose(isAll, int(all - 1), limited));
    const place = f.let(i32.add(scratch, entry));
    for (const part of [0, 1, 2])
      f.storeI8(place, i32.xor(i32.shrU(threshold, int(16 - 8 * part)), int(128)), 16 * part);
    f.storeI8(place, i32.sub(int(0), isAll), 48);
  });
}

/** Brings the rows of a unit into the two planes. */
function unpackRows({ f, inputs, scratch }: PhaseCode, layout: LatticeLayout, unit: I32): void {
  const { half } = layout;
  const [from, to] = rowsOf(f, layout, unit);
  f.for(from, to, 1, (row) => {
    const source = f.let(i32.add(inputs[1] as I32, i32.mul(row, int(2 * half))));
    const [a, b] = planeRows(f, layout, scratch, row);
    f.for(int(0), int(half), 16, (at) => {
      const pairs = f.let(i32.add(source, i32.shl(at, int(1))));
      const [low, high] = [f.let(v128.load(pairs)), f.let(v128.load(pairs, 16))];
      const every = (start: number) =>
        v128.shuffle(
          low,
          high,
          evenBytes.map((byte) => byte + start),
        );
      f.store(i32.add(a, at), i8x16.neg(every(0)));
      f.store(i32.add(b, at), i8x16.neg(every(1)));
    });
    closeRow(f, a, half);
    closeRow(f, b, half);
  });
}

/** A row in the two planes: first the plane that has its first site. */
function planeRows(f: FunctionBuilder, layout: LatticeLayout, scratch: I32, row: I32): [Local<'i32'>, Local<'i32'>] {
  const even = f.let(rowAt(layout, scratch, 0, row));
  const odd = f.let(rowAt(layout, scratch, 1, row));
  const isOdd = f.let(parityOf(layout, row));
  return [f.let(choose(isOdd, odd, even)), f.let(choose(isOdd, even, odd))];
}

/** Brings the rows of a unit back. */
function packRows({ f, output, scratch }: PhaseCode, layout: LatticeLayout, unit: I32): void {
  const { half } = layout;
  const [from, to] = rowsOf(f, layout, unit);
  const whole = half - (half % 16);
  f.for(from, to, 1, (row) => {
    const target = f.let(i32.add(output, i32.mul(row, int(2 * half))));
    const [a, b] = planeRows(f, layout, scratch, row);
    f.for(int(0), int(whole), 16, (at) => {
      const one = (plane: I32) => f.let(i8x16.neg(v128.load(i32.add(plane, at))));
      const [first, second] = [one(a), one(b)];
      const pairs = f.let(i32.add(target, i32.shl(at, int(1))));
      f.store(pairs, v128.shuffle(first, second, lowBytes));
      f.store(
        pairs,
        v128.shuffle(
          first,
          second,
          lowBytes.map((byte) => byte + 8),
        ),
        16,
      );
    });
    f.for(int(whole), int(half), 1, (at) => {
      const pair = f.let(i32.add(target, i32.shl(at, int(1))));
      for (const [i, plane] of [a, b].entries()) f.storeI8(pair, i32.and(i32.load8u(i32.add(plane, at)), int(1)), i);
    });
  });
}

/**
 * Checkerboard sweeps over spins on periodic lattices: see `isingLatticeSweeps` of `@ebmkit/boltzmann`. Inputs are the key, bool spins `[n, ...size]`
 * with two or three even sides, and the float32 table of probabilities; the attribute `sweeps` counts the sweeps.
 *
 * Sixteen spins are a vector of bytes. The number of neighbours that are up and the spin itself pick a threshold from the table by a
 * shuffle of bytes, and eight random bits a spin are compared with it; more are drawn where they do not decide. Each lattice, or strip of rows of
 * a large one, has a stream of random words of its own.
 */
export const latticeSweepsKernel: WasmKernel = ((inputs, attributes) => {
  const { shape } = inputs[1] as TensorType;
  const layout = latticeLayout(shape);
  const sweeps = attributes.sweeps as number;
  const { rows, half, units, isWhole, size } = layout;
  const halfCost = (rows * half * 6) / 16;

  const perUnit = (cost: number, body: (code: PhaseCode, unit: Local<'i32'>) => void): Phase =>
    makePhase(3, units, cost, (code) => code.f.for(code.begin, code.end, 1, (unit) => body(code, unit)));
  const sweepHalf = ({ f, module, scratch }: PhaseCode, unit: I32, colour: 0 | 1): void => {
    const [from, to] = rowsOf(f, layout, unit);
    f.callVoid(halfSweep(module, layout, colour), [scratch, from, to, streamAt(layout, scratch, unit)]);
  };

  const table = makePhase(3, 1, 100, (code) => writeTable(code, 2 * (2 * size.length + 1)));
  const unpack = perUnit(halfCost, (code, unit) => {
    const { f, inputs: given, scratch } = code;
    const key = given[0] as I32;
    const state = xoshiroState(f);
    seedXoshiro(f, state, [f.let(i32.load(key)), f.let(i32.load(key, 4))], unit);
    storeStream(f, state, f.let(streamAt(layout, scratch, unit)));
    unpackRows(code, layout, unit);
  });
  const halves = ([0, 1] as const).map((colour) => perUnit(halfCost, (code, unit) => sweepHalf(code, unit, colour)));
  const together = perUnit(2 * sweeps * halfCost, (code, unit) =>
    code.f.for(int(0), int(sweeps), 1, () => {
      sweepHalf(code, unit, 0);
      sweepHalf(code, unit, 1);
    }),
  );
  const pack = perUnit(halfCost, (code, unit) => packRows(code, layout, unit));
  const sweeping = isWhole ? [together] : Array.from({ length: sweeps }, () => halves).flat();
  return { scratch: layout.bytes, phases: [table, unpack, ...sweeping, pack] };
}) satisfies KernelRule;
