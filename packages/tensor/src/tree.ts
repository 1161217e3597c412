import { EbmError } from './errors.js';
import { isKey, type Key } from './key.js';
import { isTensor, type Tensor } from './tensor.js';

/**
 * Plain nested data whose leaves are tensors, keys or constants: parameters, states, batches.
 * Arrays and plain objects are branches; everything else is a leaf.
 */
export type Tree =
  | Tensor
  | Key
  | number
  | boolean
  | string
  | null
  | undefined
  | readonly Tree[]
  | { readonly [name: string]: Tree };

/** A leaf of a tree. */
export type Leaf = Tensor | Key | number | boolean | string | null | undefined;

/** Whether an object is one of no class. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Whether a value is a branch of a tree: an array or a plain object that is neither a tensor nor a key. */
export function isBranch(value: unknown): value is readonly unknown[] | Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return true;
  return !isTensor(value) && !isKey(value) && isPlain(value);
}

/**
 * Every leaf of a tree, objects in the order of their keys' insertion.
 *
 * @returns The leaves: tensors, keys, numbers, strings, booleans, null and undefined.
 */
export function leavesOf(tree: unknown): Leaf[] {
  const out: Leaf[] = [];
  collectLeaves(tree, out);
  return out;
}

function collectLeaves(node: unknown, out: Leaf[]): void {
  if (isBranch(node)) for (const child of Array.isArray(node) ? node : Object.values(node)) collectLeaves(child, out);
  else out.push(node as Leaf);
}

/** Every tensor of a tree, in order. Values that are not plain data (class instances, typed arrays) are passed over. */
export function tensorsOf(tree: unknown): Tensor[] {
  const out: Tensor[] = [];
  eachTensor(tree, (tensor) => out.push(tensor));
  return out;
}

/** Calls a function with every tensor of a tree, in order. */
export function eachTensor(tree: unknown, f: (tensor: Tensor) => void): void {
  if (typeof tree !== 'object' || tree === null) return;
  if (isTensor(tree)) f(tree);
  else if (Array.isArray(tree) || isPlain(tree)) for (const child of Object.values(tree)) eachTensor(child, f);
}

/**
 * Applies a function to every leaf and keeps the structure.
 *
 * @param tree - Any tree.
 * @param f - Called with each leaf and its path (`layers.0.weight`).
 * @returns A tree of the same structure.
 */
export function mapLeaves(tree: unknown, f: (leaf: Leaf, path: string) => unknown, path = ''): unknown {
  if (!isBranch(tree)) return f(tree as Leaf, path);
  const inner = (name: string) => (path === '' ? name : `${path}.${name}`);
  if (Array.isArray(tree)) return tree.map((child, i) => mapLeaves(child, f, inner(String(i))));
  return Object.fromEntries(Object.entries(tree).map(([name, child]) => [name, mapLeaves(child, f, inner(name))]));
}

/** The children of a branch by name, or an error that says where the trees differ. */
function matchingBranch(tree: object, other: unknown, path: string): Record<string, unknown> {
  const names = Object.keys(tree);
  const fits =
    isBranch(other) &&
    Array.isArray(other) === Array.isArray(tree) &&
    Object.keys(other).length === names.length &&
    names.every((name) => Object.hasOwn(other, name));
  if (!fits)
    throw new EbmError(
      'argument',
      `mapTree: trees must have one structure, got ${structureOf(tree)} and ${structureOf(other)} at "${path}".`,
    );
  return other as Record<string, unknown>;
}

/**
 * Applies a function to corresponding tensors of one or more trees of the same structure (objects by name, whatever the order
 * of their fields); other leaves are taken from the first tree.
 *
 * @param f - Takes one tensor of each tree.
 * @param tree - The first tree.
 * @param rest - Further trees.
 * @returns A tree of the same structure.
 *
 * @example
 * ```ts
 * const zero = mapTree((x) => zerosLike(x), params);
 * const next = mapTree((p, g) => sub(p, mul(g, 0.1)), params, grads);
 * ```
 * @throws EbmError when the trees differ in structure.
 */
export function mapTree<T>(f: (...tensors: Tensor[]) => Tensor, tree: T, ...rest: readonly unknown[]): T {
  const visit = (node: unknown, others: readonly unknown[], path: string): unknown => {
    if (isTensor(node)) {
      if (!others.every(isTensor))
        throw new EbmError('argument', `mapTree: expected a tensor at "${path}" in every tree.`);
      return f(node, ...others);
    }
    if (!isBranch(node)) return node;
    const matching = others.map((other) => matchingBranch(node, other, path));
    const children = Object.entries(node).map(([name, child]) => {
      const below = matching.map((other) => other[name]);
      return [name, visit(child, below, path === '' ? name : `${path}.${name}`)] as const;
    });
    return Array.isArray(node) ? children.map(([, child]) => child) : Object.fromEntries(children);
  };
  return visit(tree, rest, '') as T;
}

/** The tensors of a tree in the order of another tree of the same structure. */
export function tensorsAlong(order: unknown, tree: unknown): Tensor[] {
  const out: Tensor[] = [];
  mapTree(
    (first, second) => {
      out.push(second);
      return first;
    },
    order,
    tree,
  );
  return out;
}

/** The shape of a tree without its leaves, as a string: equal strings mean equal structure. */
export function structureOf(tree: unknown): string {
  if (!isBranch(tree)) return '*';
  if (Array.isArray(tree)) return `[${tree.map(structureOf).join(',')}]`;
  return `{${Object.entries(tree)
    .map(([name, child]) => `${JSON.stringify(name)}:${structureOf(child)}`)
    .join(',')}}`;
}
