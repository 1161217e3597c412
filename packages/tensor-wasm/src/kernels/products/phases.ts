import type { I32, V128, ValueType } from '../../assembler/expression.js';
import type { FunctionBuilder } from '../../assembler/function-builder.js';
import type { ModuleBuilder } from '../../assembler/module-builder.js';
import { choose, i32, int } from '../../assembler/scalar.js';
import type { Phase } from '../step-kernel.js';

/** Where something lies in memory, as code of a phase. */
export type Place = (f: FunctionBuilder) => I32;

const parameters: readonly ValueType[] = ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'];

const factors = ([0, 1] as const).map(
  (index): Place =>
    (f) =>
      f.parameter(2 + index),
);

/** The place of a factor, the same object at every call. */
export const factor = (index: 0 | 1): Place => factors[index] as Place;

/** The place of the result. */
export const result: Place = (f) => f.parameter(4);

/** Gives out parts of the scratch memory of one kernel. */
export interface Scratch {
  /** The place of a new part. */
  readonly take: (bytes: number) => Place;
  /** Bytes given out so far. */
  readonly bytes: () => number;
}

/** Starts with an empty scratch memory. */
export function makeScratch(): Scratch {
  let used = 0;
  return {
    take: (bytes) => {
      const offset = used;
      used += roundUp(bytes, 64);
      return (f) => i32.add(f.parameter(5), int(offset));
    },
    bytes: () => used,
  };
}

/** The smallest multiple that is not below a number. */
export function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}

/** A phase of a kernel with two inputs. */
export function phase(
  units: number,
  cost: number,
  body: (f: FunctionBuilder, module: ModuleBuilder, begin: I32, end: I32) => void,
): Phase {
  return {
    units,
    cost,
    write: (module) => module.function(parameters, undefined, (f) => body(f, module, f.parameter(0), f.parameter(1))),
  };
}

/** `place + index * step`. */
export function at(place: I32, index: I32, step: number): I32 {
  return step === 0 ? place : i32.add(place, i32.mul(index, int(step)));
}

/** The smaller of two integers that cost nothing to compute twice. */
export function smaller(a: I32, b: I32): I32 {
  return choose(i32.ltS(a, b), a, b);
}

/** Stores the first `lanes` lanes, one to four. */
export function storeLanes(f: FunctionBuilder, address: I32, value: V128, lanes: number, offset: number): void {
  if (lanes === 4) f.store(address, value, offset);
  if (lanes === 2 || lanes === 3) f.storeLane64(address, value, 0, offset);
  if (lanes === 1) f.storeLane32(address, value, 0, offset);
  if (lanes === 3) f.storeLane32(address, value, 2, offset + 8);
}
