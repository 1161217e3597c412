import { activeBackend, withBackend } from './active-backend.js';
import { type ArgumentPattern, patternOf } from './argument-pattern.js';
import type { Backend } from './backend.js';
import { EbmError, ShapeError } from './errors.js';
import { standIn } from './expand-fallbacks.js';
import type { Variable } from './graph.js';
import { compileHandles } from './handle-program.js';
import { homeOf, innermostTrace } from './interpreter.js';
import { type Jitted, jit } from './jit.js';
import { fold, isKey, type Key, symbolOf } from './key.js';
import { isAnyTrue, type LoopPrograms, type LoopRunner, lazily, type Places, runLoop } from './loop-programs.js';
import { readSync } from './ops/creation.js';
import { buildResult } from './result-tree.js';
import { free, retire, runScoped } from './scope.js';
import { isTensor, type Tensor } from './tensor.js';
import { inputsOf, type Traced, traceFunction } from './trace.js';
import { leavesOf, mapLeaves, type Tree } from './tree.js';

/** A loop whose number of rounds depends on what it computes. All four functions are traced; none reads numbers. */
export interface WhileParts<A extends readonly unknown[], C extends Tree, R> {
  /** What the rounds hand on, before the first of them. */
  readonly begin: (key: Key, ...args: A) => C;
  /** Whether there is another round: bool of any shape, of which one true is enough. */
  readonly goesOn: (carry: C) => Tensor;
  /** One round. It gives tensors of the same shapes as it takes; each round has a key of its own. */
  readonly round: (key: Key, carry: C, ...args: A) => C;
  /** What is made of the last carry. */
  readonly end: (carry: C) => R;
}

/** What one of the first two programs gives. */
interface Marked<C> {
  readonly carry: C;
  readonly more: Tensor;
}

/** The loop for arguments of one signature, as programs over handles. */
interface CompiledLoop {
  readonly pattern: ArgumentPattern;
  readonly run: LoopRunner;
  readonly release: () => void;
}

/** How many signatures are kept compiled. */
const mostLoops = 4;

/** The leaves of a carry in words, in order. */
function describeLeaves(carry: unknown): string[] {
  const found: string[] = [];
  mapLeaves(carry, (leaf, path) => {
    const type = isTensor(leaf) ? `${leaf.dtype}[${leaf.shape.join(', ')}]` : isKey(leaf) ? 'key' : String(leaf);
    found.push(`${type}${path && ` (${path})`}`);
  });
  return found;
}

/** Throws unless a round gives what it takes. */
function checkCarry(before: unknown, after: unknown): void {
  if (leavesOf(before).some(isKey))
    throw new EbmError('trace', 'jitWhile: a key cannot be carried. Each round is given a key of its own.');
  const [wanted, got] = [describeLeaves(before), describeLeaves(after)];
  const at = wanted.findIndex((leaf, i) => leaf !== got[i]);
  if (at >= 0 || wanted.length !== got.length)
    throw new ShapeError(
      `jitWhile: round must give tensors like those of begin, ${at < 0 ? `${wanted.length} of them, got ${got.length}` : `${wanted[at]}, got ${got[at] ?? 'nothing'}`}. Keep shapes, dtypes and the order of properties.`,
    );
}

/**
 * Compiles a loop whose length depends on its numbers, such as a trajectory that grows until it turns: `begin`, then `round` as
 * long as `goesOn`, then `end`. Each part is one program, and what rounds hand on never becomes a tensor, so that a round
 * costs the host about a microsecond; backends without a compiler run the same loop op by op, with the same numbers to the bit.
 * A flag is read back after every round: backends that cannot read at once (WebGPU) cannot run it, and it cannot be part
 * of another `jit`. `grad` goes through the rounds that were run. For loops of a fixed length `jit` an ordinary one.
 *
 * @param parts - What happens before, in, and after the rounds. Round `n`, counted from 1, has the key `fold(key, n)`, and `begin` the key `fold(key, 0)`.
 * @returns A function of a key and the further arguments of `begin` and `round`. `clear` frees what it compiled.
 * @throws ShapeError when a round changes shapes, EbmError with code `trace` inside of `jit`.
 *
 * @example
 * ```ts
 * // Steps until a random walk has left the unit interval.
 * const leave = jitWhile({
 *   begin: (_, x: Tensor) => ({ x, steps: zerosLike(x) }),
 *   goesOn: ({ x }) => less(abs(x), 1),
 *   round: (k, { x, steps }) => {
 *     const isInside = less(abs(x), 1);
 *     return { x: where(isInside, add(x, normal(k, x.shape)), x), steps: add(steps, cast(isInside, 'float32')) };
 *   },
 *   end: ({ steps }) => steps,
 * });
 * const steps = leave(key(1), zeros([8]));
 * ```
 */
export function jitWhile<A extends readonly unknown[], C extends Tree, R>({
  begin,
  goesOn,
  round,
  end,
}: WhileParts<A, C, R>): Jitted<(key: Key, ...args: A) => R> {
  const mark = (carry: C): Marked<C> => ({ carry, more: goesOn(carry) });
  const firstPart = (key: Key, ...args: A): Marked<C> => mark(begin(key, ...args));
  const nextPart = (key: Key, carry: C, ...args: A): Marked<C> => mark(round(key, carry, ...args));
  const [first, next, last] = [jit(firstPart), jit(nextPart), jit(end)];
  let loops: CompiledLoop[] = [];

  const interpreted = (key: Key, ...args: A): R =>
    runScoped(() => {
      let at = first(fold(key, 0), ...args);
      for (let n = 1; isAnyTrue(readSync(at.more)); n++) {
        const after = next(fold(key, n), at.carry, ...args);
        if (n === 1) checkCarry(at.carry, after.carry);
        retire(at, [after, args]);
        at = after;
      }
      return last(at.carry);
    });

  const compileLoop = (backend: Backend, key: Key, args: A): CompiledLoop => {
    const traced = traceFunction(firstPart, [key, ...args]);
    const carryOf = ({ graph, result }: Traced): C => {
      const values = (graph.outputs as Variable[]).map((v) => standIn(v, backend));
      return (buildResult(result)(values) as Marked<C>).carry;
    };
    const rounds = traceFunction(nextPart, [key, carryOf(traced), ...args]);
    const ended = traceFunction(end, [carryOf(traced)]);
    const parts = [traced, rounds, ended];
    const places: Places = { first: [], next: [[], []], last: [[], []], carried: [undefined, undefined] };
    const owned = parts.flatMap(({ adopted }) => adopted);
    try {
      checkCarry(carryOf(traced), carryOf(rounds));
      const [first, next, last] = parts.map(({ graph }) =>
        lazily(() => withBackend(backend, () => compileHandles(graph, backend, owned))),
      );
      return {
        pattern: patternOf([key, ...args], backend),
        run: runLoop(backend, { first, next, last } as LoopPrograms, buildResult(ended.result), places),
        release: () => {
          free(owned);
          for (const handle of places.carried.flatMap((handles) => handles ?? [])) backend.free(handle);
          places.carried.fill(undefined);
        },
      };
    } catch (error) {
      free(owned);
      throw error;
    }
  };

  const compiled = (key: Key, args: A): CompiledLoop | undefined => {
    const given = [key, ...args];
    const backend = homeOf(inputsOf(args).filter(isTensor)) ?? activeBackend();
    if (!backend.compile || !patternOf(given, backend)(given, [])) return undefined;
    const loop = withBackend(backend, () => compileLoop(backend, key, args));
    for (const { release } of loops.slice(mostLoops - 1)) release();
    loops = [loop, ...loops].slice(0, mostLoops);
    return loop;
  };

  const call = (key: Key, ...args: A): R => {
    if (innermostTrace() || symbolOf(key) !== undefined)
      throw new EbmError(
        'trace',
        'jitWhile: how many rounds there are depends on numbers, which are not known inside of jit(). Call it outside.',
      );
    const given = [key, ...args];
    for (const { pattern, run } of loops) {
      const inputs: (Tensor | Key)[] = [];
      if (pattern(given, inputs)) return run(inputs) as R;
    }
    const loop = compiled(key, args);
    return loop ? (loop.run(inputsOf(given)) as R) : interpreted(key, ...args);
  };

  const clear = (): void => {
    for (const program of [first, next, last]) program.clear();
    for (const { release } of loops) release();
    loops = [];
  };
  return Object.assign(call, { clear });
}
