import { derivatives, isFlat } from './derivatives/table.js';
import { EbmError, ShapeError } from './errors.js';
import { apply, beside, type Interpreter, withInterpreter } from './interpreter.js';
import { add } from './ops/arithmetic.js';
import { zerosLike } from './ops/creation.js';
import { sumTo } from './ops/reduction.js';
import {
  type Attributes,
  type Derivative,
  type DerivativeContext,
  isLiteral,
  type Operand,
  type Primitive,
} from './primitive.js';
import { runScoped, withoutFreeing } from './scope.js';
import { sameShape, showShape } from './shape.js';
import { isTensor, makeTensor, type Tensor, tensorTag } from './tensor.js';
import { mapTree, tensorsOf } from './tree.js';

/** One recorded operation, or a watched input (which has no rule). */
interface Entry {
  readonly value: Tensor;
  readonly rule?: Derivative;
  readonly context?: DerivativeContext;
  /** The entry of each input of the operation; undefined where the input is not watched. */
  readonly parents: readonly (Entry | undefined)[];
}

/** Records the operations on watched tensors, so that cotangents can be carried back through them. */
interface Tape extends Interpreter {
  readonly watch: (value: Tensor) => Tensor;
  readonly unwatch: (tensor: Tensor) => Tensor;
  readonly pullBack: (outputs: readonly Tensor[], seeds: Seeds, inputs: readonly Tensor[]) => Tensor[];
}

/** The cotangent of each output; undefined for an output that is not differentiated. */
type Seeds = readonly (Tensor | undefined)[];

function makeTape(level: number): Tape {
  const entries: Entry[] = [];
  const entryOf = (operand: Operand): Entry | undefined => {
    if (!isTensor(operand)) return undefined;
    const payload = operand[tensorTag];
    return payload.kind === 'watched' && payload.interpreter === tape ? (payload.detail as Entry) : undefined;
  };
  const record = (entry: Entry): Tensor => {
    entries.push(entry);
    return makeTensor(entry.value.shape, entry.value.dtype, { kind: 'watched', interpreter: tape, detail: entry });
  };
  const process = (primitive: Primitive, operands: readonly Operand[], attributes: Attributes): Tensor => {
    const rule = primitive.derivative ?? derivatives[primitive.name];
    const flat = isFlat(primitive.name);
    if (!rule && !flat && primitive.fallback) return primitive.fallback(operands as readonly Tensor[], attributes);
    const values = operands.map((operand) => entryOf(operand)?.value ?? operand);
    const output = apply(primitive, values, attributes);
    if (flat || output.dtype !== 'float32') return output;
    if (!rule)
      throw new EbmError(
        'argument',
        `grad: the primitive ${primitive.name} has no derivative. Give definePrimitive a derivative or a fallback, or wrap the input in stopGradient().`,
      );
    const inputs = values
      .filter((v) => isTensor(v) || isLiteral(v))
      .map((v) => (isTensor(v) ? v : (v as { literal: number }).literal));
    const parents = operands.filter((o) => isTensor(o) || isLiteral(o)).map(entryOf);
    return record({ value: output, rule, context: { inputs, output, attributes }, parents });
  };
  const pullBack = (outputs: readonly Tensor[], seeds: Seeds, inputs: readonly Tensor[]): Tensor[] => {
    const pending = new Map<Entry, Tensor>();
    const send = (entry: Entry | undefined, cotangent: Tensor): void => {
      if (!entry) return;
      const before = pending.get(entry);
      pending.set(entry, before ? add(before, cotangent) : cotangent);
    };
    outputs.forEach((output, i) => {
      const seed = seeds[i];
      if (seed) send(entryOf(output), seed);
    });
    for (const entry of entries.toReversed()) {
      const { parents, rule, context } = entry;
      const cotangent = pending.get(entry);
      if (!cotangent || !rule || !context) continue;
      pending.delete(entry);
      parents.forEach((parent, index) => {
        if (!parent) return;
        const share = rule(cotangent, context, index);
        send(parent, sameShape(share.shape, parent.value.shape) ? share : sumTo(share, parent.value.shape));
      });
    }
    return inputs.map((input) => pending.get(entryOf(input) as Entry) ?? zerosLike(unwatch(input)));
  };
  const unwatch = (tensor: Tensor): Tensor => entryOf(tensor)?.value ?? tensor;
  const tape: Tape = {
    level,
    seesAll: false,
    process,
    watch: (value) => record({ value, parents: [] }),
    unwatch,
    beneath: unwatch,
    pullBack,
  };
  return tape;
}

/**
 * Runs `f` with a fresh tape, on the backend of what is differentiated, and frees everything but its result when no outer
 * tape needs it.
 */
export function withTape<T>(primal: unknown, f: (tape: Tape) => T): T {
  return runScoped(() => withoutFreeing(() => beside(tensorsOf(primal), () => withInterpreter(makeTape, f))));
}

/** Puts every tensor of a tree on the tape; throws unless all are float32. */
export function watchTree<T>(where: string, tape: Tape, tree: T): T {
  return mapTree((x) => {
    if (x.dtype !== 'float32')
      throw new EbmError(
        'dtype',
        `${where}: only float32 tensors can be differentiated, got ${x.dtype}. Pass it as a later argument or cast it.`,
      );
    return tape.watch(x);
  }, tree);
}

/** The tree with its tensors replaced, in order. */
export function fillTree<T>(tree: T, tensors: readonly Tensor[]): T {
  let next = 0;
  return mapTree(() => tensors[next++] as Tensor, tree);
}

/** What `vjp` and the functions built on it share: value and pulled-back cotangent in one forward and one backward pass. */
export function differentiate<P, R>(
  where: string,
  f: (primal: P) => R,
  primal: P,
  seed: (value: R) => Seeds,
): { readonly value: R; readonly grad: P } {
  return withTape(primal, (tape) => {
    const watched = watchTree(where, tape, primal);
    const result = f(watched);
    const value = mapTree(tape.unwatch, result);
    const outputs = tensorsOf(result);
    const seeds = seed(value);
    checkSeeds(where, outputs, seeds);
    return { value, grad: fillTree(primal, tape.pullBack(outputs, seeds, tensorsOf(watched))) };
  });
}

function show(tensors: readonly Tensor[]): string {
  return tensors.map(({ shape }) => showShape(shape)).join(' and ');
}

/** Throws unless the cotangents fit the outputs. */
function checkSeeds(where: string, outputs: readonly Tensor[], seeds: Seeds): void {
  const fits = outputs.every((output, i) => sameShape(output.shape, (seeds[i] ?? output).shape));
  if (!fits)
    throw new ShapeError(
      `${where}: the cotangent must have the shapes of the function's result, ${show(outputs)}, got ${show(seeds.filter(isTensor))}.`,
    );
}
