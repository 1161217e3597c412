import { EbmError } from './errors.js';
import { leakWatchers } from './leak-detector.js';
import { sizeOf } from './shape.js';
import { type Concrete, type Tensor, tensorTag } from './tensor.js';
import { eachTensor } from './tree.js';

/** A region of the program at whose end tensors are freed. */
export interface Scope {
  /** The tensors that it frees, in no order; each knows its place here. */
  readonly made: Tensor[];
}

const scopes: Scope[] = [];
/** How often `retire` was called: tensors that are kept carry the number of the call. */
let retirements = 0;
const live = { tensors: 0, bytes: 0 };
/** Tapes that need every intermediate; while there are any, closing a scope frees nothing. */
const holds = { count: 0 };

function bytesOf(tensor: Tensor): number {
  return sizeOf(tensor.shape) * (tensor.dtype === 'bool' ? 1 : 4);
}

/** Records that a concrete tensor was made, in the innermost scope. */
export function register(tensor: Tensor): Tensor {
  live.tensors++;
  live.bytes += bytesOf(tensor);
  enrol(tensor);
  if (leakWatchers.size > 0) for (const watch of leakWatchers) watch(tensor);
  return tensor;
}

/** Puts a tensor that `keep` took out of every scope into the innermost one. */
export function enrol(tensor: Tensor): void {
  const payload = tensor[tensorTag];
  if (payload.kind === 'concrete') moveTo(scopes[scopes.length - 1], tensor, payload);
}

/** Takes a tensor out of the scope that it is in; the last one there gets its place. */
function leave(payload: Concrete): void {
  const { scope, place } = payload;
  if (!scope) return;
  payload.scope = undefined;
  const { made } = scope;
  const last = made.pop() as Tensor;
  if (place === made.length) return;
  made[place] = last;
  (last[tensorTag] as Concrete).place = place;
}

function moveTo(scope: Scope | undefined, tensor: Tensor, payload: Concrete): void {
  leave(payload);
  if (!scope) return;
  payload.scope = scope;
  payload.place = scope.made.length;
  scope.made.push(tensor);
}

/** Takes a tensor out of every scope, so that only an explicit `free` ends it. */
export function keep(tensor: Tensor): Tensor {
  const payload = tensor[tensorTag];
  if (payload.kind === 'concrete') leave(payload);
  return tensor;
}

function freeOne(tensor: Tensor): void {
  const payload = tensor[tensorTag];
  if (payload.kind !== 'concrete' || payload.handle === undefined) return;
  payload.backend.free(payload.handle);
  payload.handle = undefined;
  live.tensors--;
  live.bytes -= bytesOf(tensor);
  leave(payload);
}

/**
 * Frees every tensor of a tree. Freeing twice is harmless; using a freed tensor throws.
 *
 * @param tree - Any tree; leaves that are not tensors are passed over.
 */
export function free(tree: unknown): void {
  eachTensor(tree, freeOne);
}

/**
 * Frees what `previous` holds and `next` does not. Drivers call it once a step.
 *
 * @param previous - The tree that is no longer needed.
 * @param next - The tree that stays, which may share tensors with `previous`.
 */
export function retire(previous: unknown, next: unknown): void {
  const now = ++retirements;
  eachTensor(next, (tensor) => {
    const payload = tensor[tensorTag];
    if (payload.kind === 'concrete') payload.keptAt = now;
  });
  eachTensor(previous, (tensor) => {
    const payload = tensor[tensorTag];
    if (payload.kind === 'concrete' && payload.keptAt !== now) freeOne(tensor);
  });
}

function isThenable(value: unknown): boolean {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}

/**
 * Runs a synchronous function and frees every tensor that it made, save those in what it returns.
 * Scopes nest. A promise is a type error and a thrown error: no scope is ever open across an `await`.
 *
 * @param f - The function.
 * @returns What `f` returned.
 * @throws EbmError when `f` returns a promise.
 */
export function scoped<T>(f: () => T extends PromiseLike<unknown> ? never : T): T {
  return runScoped(f as () => T);
}

/** `scoped` for this package's own generic code, where the type cannot tell that the result is no promise. */
export function runScoped<T>(f: () => T): T {
  const scope: Scope = { made: [] };
  scopes.push(scope);
  let result: T;
  try {
    result = f();
    if (isThenable(result))
      throw new EbmError(
        'memory',
        'scoped: expected a synchronous function, got one that returns a promise. Await outside the scope.',
      );
  } catch (error) {
    closeScope(scope, undefined);
    throw error;
  }
  closeScope(scope, result);
  return result;
}

function closeScope(scope: Scope, result: unknown): void {
  if (scopes[scopes.length - 1] === scope) scopes.pop();
  else scopes.splice(scopes.lastIndexOf(scope), 1);
  const { made } = scope;
  if (made.length === 0) return;
  const parent = scopes[scopes.length - 1];
  const hand = (tensor: Tensor): void => {
    const payload = tensor[tensorTag];
    if (payload.kind === 'concrete' && payload.scope === scope) moveTo(parent, tensor, payload);
  };
  if (holds.count > 0) for (const tensor of made.slice()) hand(tensor);
  else eachTensor(result, hand);
  for (let last = made.at(-1); last; last = made.at(-1)) {
    leave(last[tensorTag] as Concrete);
    freeOne(last);
  }
}

/** Runs a function during which closing scopes frees nothing (a tape is recording). */
export function withoutFreeing<T>(f: () => T): T {
  holds.count++;
  try {
    return f();
  } finally {
    holds.count--;
  }
}

/** Whether closing a scope frees tensors right now. */
export function isFreeing(): boolean {
  return holds.count === 0;
}

/** How many tensors are alive on all backends together, and their bytes (4 a number, 1 a bool). */
export function memory(): { readonly tensors: number; readonly bytes: number } {
  return { ...live };
}

/** Whether a tensor has been freed. Tensors without numbers (inside `jit` or `grad`) never are. */
export function isFreed(tensor: Tensor): boolean {
  const payload = tensor[tensorTag];
  return payload.kind === 'concrete' && payload.handle === undefined;
}
