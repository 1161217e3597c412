import type { Backend, BackendInput, Handle } from './backend.js';
import type { TensorType } from './dtype.js';
import type { HandleProgram } from './handle-program.js';
import { toBackendInput } from './interpreter.js';
import { childWords, type Key } from './key.js';
import type { ResultBuilder } from './result-tree.js';
import { register } from './scope.js';
import { makeConcrete, type Tensor } from './tensor.js';

/** Runs a loop on its key and arguments. */
export type LoopRunner = (inputs: readonly (Tensor | Key)[]) => unknown;

/** Whether one of the flags is set. */
export function isAnyTrue(bytes: ArrayLike<number>): boolean {
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== 0) return true;
  return false;
}

/** The three programs, each compiled when it is first needed. */
export interface LoopPrograms {
  /** Makes what is carried from the arguments. */
  readonly first: () => HandleProgram;
  /** Makes it from what is carried and the arguments. */
  readonly next: () => HandleProgram;
  /** Makes the result from what is carried. */
  readonly last: () => HandleProgram;
}

/** Makes something when it is first asked for. */
export function lazily<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** What is overwritten from call to call: the operands of the three programs, and two sets of carried handles that take turns. */
export interface Places {
  /** Of the first program: the key, the arguments, constants. */
  readonly first: BackendInput[];
  /** Of a round that reads either set: the key, what is carried, the arguments, constants. */
  readonly next: [BackendInput[], BackendInput[]];
  /** Of the last program, likewise. */
  readonly last: [BackendInput[], BackendInput[]];
  /** The sets, each once it is there. */
  readonly carried: [readonly Handle[] | undefined, readonly Handle[] | undefined];
}

/** Puts operands from a place on. */
function put(operands: BackendInput[], from: number, given: readonly BackendInput[]): void {
  for (let i = 0; i < given.length; i++) operands[from + i] = given[i] as BackendInput;
}

/**
 * Makes what runs the programs on arguments whose first is the key. Apart from its results a call allocates next to nothing: most of what a
 * short loop costs is the host's.
 */
export function runLoop(
  backend: Backend,
  { first, next, last }: LoopPrograms,
  build: ResultBuilder,
  { carried, ...operands }: Places,
): LoopRunner {
  const keyOf = (key: Key, n: number): BackendInput => ({ kind: 'key', words: childWords(key.words, n, 'fold') });

  /** Keeps the handles of a set the first time that it is there: they stay the same. */
  const carry = (set: 0 | 1, handles: readonly Handle[], types: readonly TensorType[]): void => {
    if (carried[set]) return;
    carried[set] = handles;
    const inputs = types.map(
      ({ shape, dtype }, i): BackendInput => ({ kind: 'tensor', handle: handles[i] as Handle, shape, dtype }),
    );
    inputs.pop();
    put(operands.next[set], 1, inputs);
    put(operands.last[set], 0, inputs);
  };

  return ([key, ...args]) => {
    const given = args.map((arg) => toBackendInput('jitWhile', arg));
    const { run: begin, outputs, constants } = first();
    const flag = outputs.length - 1;
    operands.first[0] = keyOf(key as Key, 0);
    put(operands.first, 1, given);
    put(operands.first, 1 + given.length, constants());
    carry(0, begin(operands.first, carried[0]), outputs);
    let n = 0;
    for (
      let set: 0 | 1 = 0;
      isAnyTrue(backend.readSync(carried[set]?.[flag] as Handle, outputs[flag] as TensorType));
    ) {
      const inputs = operands.next[set];
      if (n < 2) {
        put(inputs, outputs.length, given);
        put(inputs, outputs.length + given.length, next().constants());
      }
      inputs[0] = keyOf(key as Key, ++n);
      set = set === 0 ? 1 : 0;
      carry(set, next().run(inputs, carried[set]), outputs);
    }
    const ended = last();
    const inputs = operands.last[(n % 2) as 0 | 1];
    put(inputs, flag, ended.constants());
    const made = ended.run(inputs);
    return build(
      ended.outputs.map(({ shape, dtype }, i) => register(makeConcrete(shape, dtype, backend, made[i] as Handle))),
    );
  };
}
