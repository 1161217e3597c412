import { sizeOf, type TensorType } from '@ebmkit/tensor';
import type { F32, I32, Local, V128 } from '../../assembler/expression.js';
import type { FunctionBuilder } from '../../assembler/function-builder.js';
import { choose, f32, i32, int } from '../../assembler/scalar.js';
import { f32x4, i32x4, v128 } from '../../assembler/vector.js';
import type { KernelRule } from '../step-kernel.js';
import { blockCount, blockWidth, eachBlock, type Lines, linesOf } from './column-blocks.js';
import { makePhase } from './phase-code.js';

/** The largest value so far and where it stands. A value takes its place only when it is larger, so NaN never does and the first of equals stays. */
interface Leader {
  /** The position. */
  readonly index: Local<'i32'>;
  /** Begins with the value at an address. */
  readonly start: (address: I32, index: I32) => void;
  /** Compares with the value at an address. */
  readonly meet: (address: I32, index: I32, offset?: number) => void;
}

function leaderOf(f: FunctionBuilder, isFloat: boolean): Leader {
  const index = f.local('i32');
  const best = isFloat ? f.local('f32') : f.local('i32');
  const read = (address: I32, offset = 0): Local<'f32' | 'i32'> =>
    f.let<'f32' | 'i32'>(isFloat ? f32.load(address, offset) : i32.load(address, offset));
  return {
    index,
    start: (address, at) => {
      f.set<'f32' | 'i32'>(best, read(address));
      f.set(index, at);
    },
    meet: (address, at, offset) => {
      const value = read(address, offset);
      const wins = f.let(isFloat ? f32.gt(value as F32, best as F32) : i32.gtS(value as I32, best as I32));
      f.set<'f32' | 'i32'>(best, choose<'f32' | 'i32'>(wins, value, best));
      f.set(index, choose(wins, at, index));
    },
  };
}

/** Four leaders side by side. */
interface Leaders {
  readonly best: Local<'v128'>;
  readonly index: Local<'v128'>;
  readonly meet: (values: V128, positions: V128) => void;
}

function leadersOf(f: FunctionBuilder, isFloat: boolean): Leaders {
  const [best, index] = [f.local('v128'), f.local('v128')];
  return {
    best,
    index,
    meet: (values, positions) => {
      const value = f.let(values);
      const wins = f.let(isFloat ? f32x4.gt(value, best) : i32x4.gtS(value, best));
      f.set(best, v128.bitselect(value, best, wins));
      f.set(index, v128.bitselect(positions, index, wins));
    },
  };
}

/** Writes the search of one contiguous line of which `whole` values, a multiple of 16, are looked at four at a time. */
function searchLine(f: FunctionBuilder, from: Local<'i32'>, length: number, isFloat: boolean): I32 {
  const leader = leaderOf(f, isFloat);
  const whole = length - (length % 16);
  if (whole < 32) {
    leader.start(from, int(0));
    for (let n = 1; n < length; n++) leader.meet(from, int(n), 4 * n);
    return leader.index;
  }
  const four = [0, 1, 2, 3].map(() => leadersOf(f, isFloat));
  const first = f.let(v128.load32Splat(from));
  const lanes = f.let([1, 2, 3].reduce((v: V128, lane) => i32x4.replace(v, lane, int(lane)), i32x4.splat(int(0))));
  for (const { best, index } of four) {
    f.set(best, first);
    f.set(index, i32x4.splat(int(0)));
  }
  f.for(int(0), int(whole), 16, (n) => {
    const at = f.let(i32.add(from, i32.shl(n, int(2))));
    const position = f.let(i32x4.add(lanes, i32x4.splat(n)));
    four.forEach(({ meet }, k) => {
      meet(v128.load(at, 16 * k), k === 0 ? position : i32x4.add(position, f.i32x4(4 * k)));
    });
  });
  mergeLeaders(f, leader, four, from, isFloat);
  const rest = f.let(i32.add(from, int(4 * whole)));
  for (let n = whole; n < length; n++) leader.meet(rest, int(n), 4 * (n - whole));
  return leader.index;
}

/** The first of the largest among the lanes: equal values are told apart by their positions. */
function mergeLeaders(
  f: FunctionBuilder,
  leader: Leader,
  four: readonly Leaders[],
  from: Local<'i32'>,
  isFloat: boolean,
): void {
  const [target] = four as readonly [Leaders];
  const [greater, equal] = isFloat ? [f32x4.gt, f32x4.eq] : [i32x4.gtS, i32x4.eq];
  for (const { best, index } of four.slice(1)) {
    const earlier = v128.and(equal(best, target.best), i32x4.ltS(index, target.index));
    const wins = f.let(v128.or(greater(best, target.best), earlier));
    f.set(target.best, v128.bitselect(best, target.best, wins));
    f.set(target.index, v128.bitselect(index, target.index, wins));
  }
  const at = [0, 1, 2, 3].map((lane) => f.let(i32x4.extract(target.index, lane)));
  const value = (index: I32): I32 => i32.add(from, i32.shl(index, int(2)));
  const [a, b] = sortPair(f, at[0] as I32, at[1] as I32);
  const [c, d] = sortPair(f, at[2] as I32, at[3] as I32);
  const [low, middle] = sortPair(f, a, c);
  const [other, high] = sortPair(f, b, d);
  const [second, third] = sortPair(f, middle, other);
  leader.start(value(low), low);
  for (const index of [second, third, high]) leader.meet(value(index), index);
}

function sortPair(f: FunctionBuilder, a: I32, b: I32): readonly [I32, I32] {
  const less = f.let(i32.ltS(a, b));
  return [f.let(choose(less, a, b)), f.let(choose(less, b, a))];
}

/** Writes the search of neighbouring lines that are not contiguous, one or four at a time. */
function searchColumns(
  f: FunctionBuilder,
  from: Local<'i32'>,
  to: I32,
  { length, step }: Lines,
  width: number,
  isFloat: boolean,
): void {
  const at = f.let(from);
  if (width === 1) {
    const leader = leaderOf(f, isFloat);
    leader.start(at, int(0));
    f.for(int(1), int(length), 1, (n) => {
      f.increase(at, 4 * step);
      leader.meet(at, n);
    });
    f.storeI32(to, leader.index);
    return;
  }
  const groups = Array.from({ length: width / 4 }, () => leadersOf(f, isFloat));
  groups.forEach(({ best, index }, k) => {
    f.set(best, v128.load(at, 16 * k));
    f.set(index, i32x4.splat(int(0)));
  });
  f.for(int(1), int(length), 1, (n) => {
    f.increase(at, 4 * step);
    const position = f.let(i32x4.splat(n));
    groups.forEach(({ meet }, k) => {
      meet(v128.load(at, 16 * k), position);
    });
  });
  groups.forEach(({ index }, k) => {
    f.store(to, index, 16 * k);
  });
}

/** The position of the largest value along the attribute `axis`, the first at a tie; a NaN wins only where it stands first. */
export const argMax: KernelRule = ([input], attributes, output) => {
  const { shape, dtype } = input as TensorType;
  const size = sizeOf(shape);
  if (size === 0 || sizeOf(output.shape) === 0) return { scratch: 0, phases: [] };
  const lines = linesOf(shape, attributes.axis as number);
  const { length, step } = lines;
  const width = blockWidth(lines);
  const isFloat = dtype === 'float32';
  const cost = (width === 1 && length < 32 ? size : size / 3) + 4 * blockCount(lines);
  const phase = makePhase(1, blockCount(lines), cost, (code) => {
    const { f, inputs, output: out } = code;
    eachBlock(code, lines, (row, column) => {
      const start = i32.add(i32.mul(row, int(length * step)), column);
      const from = f.let(i32.add(inputs[0] as I32, i32.shl(start, int(2))));
      const to = f.let(i32.add(out, i32.shl(i32.add(i32.mul(row, int(step)), column), int(2))));
      if (step === 1) f.storeI32(to, searchLine(f, from, length, isFloat));
      else searchColumns(f, from, to, lines, width, isFloat);
    });
  });
  return { scratch: 0, phases: [phase] };
};
