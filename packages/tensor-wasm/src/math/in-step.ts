import { numberText } from '@ebmkit/tensor';
import type { Expression, Local, V128, ValueType } from '../assembler/expression.js';
import type { FunctionBuilder } from '../assembler/function-builder.js';

/** A builder that keeps statements for later; within a branch that is being written, they are written at once. */
interface Recorder {
  readonly builder: FunctionBuilder;
  readonly statements: (() => void)[];
}

/** A constant that the pieces share: loaded by the first of them that comes to it. */
interface Shared {
  readonly local: Local<'v128'>;
  isLoaded: boolean;
}

function makeRecorder(f: FunctionBuilder, constants: Map<string, Shared>): Recorder {
  const statements: (() => void)[] = [];
  let isWriting = false;
  const later =
    <A extends unknown[]>(write: (...operands: A) => void) =>
    (...operands: A): void => {
      if (isWriting) write(...operands);
      else
        statements.push(() => {
          isWriting = true;
          write(...operands);
          isWriting = false;
        });
    };
  const set: FunctionBuilder['set'] = later<[Local, Expression]>(f.set);
  const named = <T extends ValueType>(value: Expression<T>): Local<T> => {
    const target = f.local(value.type);
    set(target, value);
    return target;
  };
  const used = new Set<Shared>();
  const constant = (name: string, make: () => V128): V128 => {
    const shared = constants.get(name) ?? { local: f.local('v128'), isLoaded: false };
    if (isWriting) return shared.isLoaded ? shared.local : make();
    constants.set(name, shared);
    if (!used.has(shared))
      statements.push(() => {
        if (!shared.isLoaded) f.set(shared.local, make());
        shared.isLoaded = true;
      });
    used.add(shared);
    return shared.local;
  };
  return {
    statements,
    builder: {
      ...f,
      set,
      let: named,
      f32x4: (value) => constant(`f${numberText(value)}`, () => f.f32x4(value)),
      i32x4: (value) => constant(`i${value}`, () => f.i32x4(value)),
      increase: later(f.increase),
      drop: later(f.drop),
      storeI32: later(f.storeI32),
      storeI8: later(f.storeI8),
      storeI16: later(f.storeI16),
      storeF32: later(f.storeF32),
      storeF64: later(f.storeF64),
      storeI64: later(f.storeI64),
      store: later(f.store),
      storeLane32: later(f.storeLane32),
      storeLane64: later(f.storeLane64),
      if: later(f.if),
      while: later(f.while),
      doWhile: later(f.doWhile),
      for: later(f.for),
      callVoid: later(f.callVoid),
      unreachable: later(f.unreachable),
      return: later(f.return),
    },
  };
}

/**
 * Writes independent pieces of code in step: a statement of each, then the next of each. The processor then has several chains
 * of dependent operations to work on, and each constant is loaded once: about 1.4 times as fast for long polynomials.
 *
 * @param f - The function that is being written.
 * @param pieces - Each writes its statements to the builder it is given, and may change no variable that another one reads.
 * @returns The results of the pieces.
 */
export function inStep<T>(f: FunctionBuilder, pieces: readonly ((f: FunctionBuilder) => T)[]): T[] {
  const constants = new Map<string, Shared>();
  const recorders = pieces.map(() => makeRecorder(f, constants));
  const results = pieces.map((piece, i) => piece((recorders[i] as Recorder).builder));
  const longest = Math.max(...recorders.map(({ statements }) => statements.length));
  for (let i = 0; i < longest; i++) for (const { statements } of recorders) statements[i]?.();
  return results;
}
