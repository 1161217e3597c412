import { joined, leb128 } from './byte-writer.js';
import type { ConstantPool } from './constant-pool.js';
import type { ValueType } from './expression.js';
import {
  type CodeFeatures,
  type FunctionBuilder,
  type FunctionReference,
  makeFunctionBuilder,
  typeCodes,
} from './function-builder.js';

/** Writes one WebAssembly module that works in a memory from outside. */
export interface ModuleBuilder {
  /**
   * Adds a function.
   *
   * @param parameters - Types of the parameters.
   * @param result - Type of the result, if any: end the body with `return`.
   * @param body - Writes the statements.
   * @param name - The name under which it is exported, if it is.
   */
  readonly function: <T extends ValueType>(
    parameters: readonly ValueType[],
    result: T | undefined,
    body: (f: FunctionBuilder) => void,
    name?: string,
  ) => FunctionReference<T>;
  /** A function that the module makes once: the same name gives the same function. */
  readonly once: <T extends ValueType>(
    name: string,
    make: (module: ModuleBuilder) => FunctionReference<T>,
  ) => FunctionReference<T>;
  /** What the code may use. */
  readonly features: CodeFeatures;
  /** The finished module. */
  readonly encode: () => Uint8Array;
}

/** How the memory of a module is declared. */
export interface MemoryLimits {
  /** Whether it is shared between threads. */
  readonly shared: boolean;
  /** Pages of 64 KiB at the start. */
  readonly initial: number;
  /** Pages of 64 KiB at most. */
  readonly maximum: number;
}

function section(id: number, ...content: readonly ArrayLike<number>[]): Uint8Array {
  const length = content.reduce((total, piece) => total + piece.length, 0);
  return joined([[id, ...leb128(length)], ...content]);
}

function text(value: string): number[] {
  const bytes = Array.from(new TextEncoder().encode(value));
  return [...leb128(bytes.length), ...bytes];
}

interface Written {
  readonly parameters: readonly ValueType[];
  readonly result: ValueType | undefined;
  readonly name: string | undefined;
  code: Uint8Array;
}

/** Starts a module. */
export function makeModuleBuilder(pool: ConstantPool, features: CodeFeatures, memory: MemoryLimits): ModuleBuilder {
  const functions: Written[] = [];
  const known = new Map<string, FunctionReference>();
  const builder: ModuleBuilder = {
    function: (parameters, result, body, name) => {
      const index = functions.length;
      const written: Written = { parameters, result, name, code: new Uint8Array() };
      functions.push(written);
      const f = makeFunctionBuilder(parameters, pool, features);
      body(f);
      written.code = f.encode();
      return { index, parameters, result };
    },
    once: <T extends ValueType>(name: string, make: (module: ModuleBuilder) => FunctionReference<T>) => {
      const found = known.get(name) ?? make(builder);
      known.set(name, found);
      return found as FunctionReference<T>;
    },
    features,
    encode: () => {
      const signature = ({ parameters, result }: Written): number[] => [
        0x60,
        ...leb128(parameters.length),
        ...parameters.map((type) => typeCodes[type]),
        ...(result === undefined ? [0] : [1, typeCodes[result]]),
      ];
      const types = [...new Map(functions.map((f) => [signature(f).join(), signature(f)])).entries()];
      const typeIndex = new Map(types.map(([print], i) => [print, i]));
      const exported = functions.flatMap(({ name }, i) =>
        name === undefined ? [] : [[...text(name), 0, ...leb128(i)]],
      );
      const limits = [memory.shared ? 3 : 1, ...leb128(memory.initial), ...leb128(memory.maximum)];
      const parts = [
        [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
        section(1, [...leb128(types.length), ...types.flatMap(([, bytes]) => bytes)]),
        section(2, [1, ...text('env'), ...text('memory'), 2, ...limits]),
        section(3, [
          ...leb128(functions.length),
          ...functions.flatMap((f) => leb128(typeIndex.get(signature(f).join()) as number)),
        ]),
        section(7, [...leb128(exported.length), ...exported.flat()]),
        section(10, leb128(functions.length), ...functions.flatMap(({ code }) => [leb128(code.length), code])),
      ];
      return joined(parts);
    },
  };
  return builder;
}
