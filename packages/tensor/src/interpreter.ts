import { activeBackend, withBackend } from './active-backend.js';
import type { Backend, BackendInput, Handle } from './backend.js';
import type { TensorType } from './dtype.js';
import { BackendError, EbmError, ShapeError } from './errors.js';
import { isKey, symbolOf } from './key.js';
import { type Attributes, isLiteral, type Operand, type Primitive } from './primitive.js';
import { register, runScoped } from './scope.js';
import { sameShape, showShape } from './shape.js';
import { isTensor, makeConcrete, type Tensor, tensorTag } from './tensor.js';

/**
 * Something that watches operations: a tape that records for differentiation, or a trace that records a graph.
 * Interpreters nest; an operation goes to the innermost one that any operand (or tracing itself) involves, and that one
 * hands what is left of it to the next, down to the backend.
 */
export interface Interpreter {
  /** Nesting depth; larger is further in. */
  readonly level: number;
  /** Whether it sees every operation while active (a trace), or only those on tensors it watches (a tape). */
  readonly seesAll: boolean;
  /** Handles one operation. */
  readonly process: (primitive: Primitive, operands: readonly Operand[], attributes: Attributes) => Tensor;
  /** What is left of a watched tensor for the next interpreter; a trace has nothing. */
  readonly beneath?: (tensor: Tensor) => Tensor;
  /** Takes over a tensor that was uploaded while it was active, so that it lives as long as what was recorded. */
  readonly adopt?: (tensor: Tensor) => void;
}

const stack: Interpreter[] = [];

/** Runs `f` with a new innermost interpreter. */
export function withInterpreter<I extends Interpreter, T>(make: (level: number) => I, f: (interpreter: I) => T): T {
  const interpreter = make((stack.at(-1)?.level ?? 0) + 1);
  stack.push(interpreter);
  try {
    return f(interpreter);
  } finally {
    stack.splice(stack.lastIndexOf(interpreter), 1);
  }
}

/** The innermost active trace, if a function is being traced right now. */
export function innermostTrace(): Interpreter | undefined {
  return stack.findLast((interpreter) => interpreter.seesAll);
}

function watcherOf(operand: Operand): Interpreter | undefined {
  if (isTensor(operand)) {
    const payload = operand[tensorTag];
    return payload.kind === 'watched' ? payload.interpreter : undefined;
  }
  return isKey(operand) ? symbolOf(operand)?.interpreter : undefined;
}

/**
 * Applies a primitive: the one door through which every operation goes.
 *
 * @param primitive - What to do.
 * @param operands - Tensors, literals and keys.
 * @param attributes - Constants.
 * @returns The result, watched by whichever interpreters watch the operands.
 */
export function apply<A extends Attributes>(
  primitive: Primitive<A>,
  operands: readonly Operand[],
  attributes: A = {} as A,
): Tensor {
  let chosen = innermostTrace();
  for (const operand of operands) {
    const watcher = watcherOf(operand);
    if (!watcher) continue;
    if (!stack.includes(watcher))
      throw new EbmError(
        'trace',
        `${primitive.name}: a tensor or key from inside a finished grad() or jit() was used outside it. Return it from the function instead of storing it.`,
      );
    if (!chosen || watcher.level > chosen.level) chosen = watcher;
  }
  const untyped = primitive as unknown as Primitive;
  return chosen ? chosen.process(untyped, operands, attributes) : execute(untyped, operands, attributes);
}

/** Gives a tensor new axes; here because a fallback that returns its own operand needs a copy of the handle. */
export const reshapePrimitive: Primitive<{ readonly shape: readonly number[] }> = {
  name: 'reshape',
  infer: ([x], { shape }) => ({ shape, dtype: (x as TensorType).dtype }),
};

/** The types of operands, as `infer` takes them. */
export function typesOf(operands: readonly Operand[]): readonly TensorType[] {
  return operands.map((operand) => {
    if (isTensor(operand)) return operand;
    if (isLiteral(operand)) return { shape: [], dtype: operand.dtype };
    return undefined as unknown as TensorType;
  });
}

/** The handle of a concrete tensor; throws once it has been freed. */
export function concreteOf(where: string, tensor: Tensor): { readonly backend: Backend; readonly handle: Handle } {
  const payload = tensor[tensorTag];
  if (payload.kind !== 'concrete')
    throw new EbmError(
      'trace',
      `${where}: this tensor has no numbers yet, because it is inside jit() or grad(). Return it and read the result outside.`,
    );
  if (payload.handle === undefined)
    throw new EbmError(
      'memory',
      `${where}: this tensor of shape [${tensor.shape.join(', ')}] has been freed. Return it from scoped(), or free it later.`,
    );
  return { backend: payload.backend, handle: payload.handle };
}

/** The operand as a backend takes it. */
export function toBackendInput(where: string, operand: Operand): BackendInput {
  if (isTensor(operand))
    return { kind: 'tensor', handle: concreteOf(where, operand).handle, shape: operand.shape, dtype: operand.dtype };
  if (isLiteral(operand)) return { kind: 'literal', value: operand.literal, shape: [], dtype: operand.dtype };
  return { kind: 'key', words: operand.words };
}

/** The backend that holds the operands, or the active one when none of them is a tensor. */
export function backendOf(where: string, operands: readonly Operand[]): Backend {
  let found: Backend | undefined;
  for (const operand of operands) {
    if (!isTensor(operand)) continue;
    const { backend } = concreteOf(where, operand);
    if (found && found !== backend)
      throw new BackendError(
        `${where}: operands live on two backends (${found.name} and ${backend.name}). Move one with toBackend().`,
      );
    found = backend;
  }
  return found ?? activeBackend();
}

/** The backend that holds the numbers of a tensor, also under tapes; undefined for a tensor inside a trace. */
function backendUnder(tensor: Tensor): Backend | undefined {
  const payload = tensor[tensorTag];
  if (payload.kind === 'concrete') return payload.backend;
  const { beneath } = payload.interpreter;
  return beneath && backendUnder(beneath(tensor));
}

/** The backend of the first tensor that has numbers. */
export function homeOf(tensors: readonly Tensor[]): Backend | undefined {
  for (const tensor of tensors) {
    const backend = backendUnder(tensor);
    if (backend) return backend;
  }
  return undefined;
}

/** Runs a function with the backend of some tensors active, so that what it makes from nothing can meet them. */
export function beside<T>(tensors: readonly Tensor[], f: () => T): T {
  const home = homeOf(tensors);
  return home ? withBackend(home, f) : f();
}

/** Applies the fallback of a primitive that the backend does not implement; the result is none of the operands. */
export function applyFallback(
  primitive: Primitive,
  operands: readonly Operand[],
  attributes: Attributes,
  type: TensorType,
): Tensor {
  const { name, fallback } = primitive;
  if (!fallback)
    throw new BackendError(
      `${name}: the backend ${activeBackend().name} does not implement it and it has no fallback.`,
    );
  const result = fallback(operands as readonly Tensor[], attributes);
  if (!isTensor(result) || result.dtype !== type.dtype || !sameShape(result.shape, type.shape))
    throw new ShapeError(
      `${name}: the fallback must give what shape() announces, ${type.dtype}${showShape(type.shape)}, got ${isTensor(result) ? `${result.dtype}${showShape(result.shape)}` : typeof result}.`,
    );
  return operands.includes(result) ? apply(reshapePrimitive, [result], { shape: result.shape }) : result;
}

/** What the primitive itself brings along for a backend. */
function kernelFor({ kernels }: Primitive, { name }: Backend): NonNullable<unknown> | undefined {
  return kernels?.[name];
}

/** Whether a backend runs a primitive in one piece: by its own implementation, or by one that the primitive brings along. */
export function isNative(primitive: Primitive, backend: Backend): boolean {
  return backend.implements(primitive.name) || kernelFor(primitive, backend) !== undefined;
}

function execute(primitive: Primitive, operands: readonly Operand[], attributes: Attributes): Tensor {
  const backend = backendOf(primitive.name, operands);
  const type = primitive.infer(typesOf(operands), attributes);
  if (!isNative(primitive, backend))
    return withBackend(backend, () => runScoped(() => applyFallback(primitive, operands, attributes, type)));
  const inputs = operands.map((operand) => toBackendInput(primitive.name, operand));
  const handle = backend.run(primitive.name, inputs, attributes, type, kernelFor(primitive, backend));
  return register(makeConcrete(type.shape, type.dtype, backend, handle));
}
