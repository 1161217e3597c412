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

function isBranch(value: unknown): value is readonly unknown[] | Record<string, unknown> {
  if (typeof value !== 'object' || value === null || isTensor(value) || isKey(value)) return false;
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/**
 * Every leaf of a tree, objects in the order of their keys' insertion.
 *
 * @returns The leaves: tensors, keys, numbers, strings, booleans, null and undefined.
 */
export function leavesOf(tree: unknown): Leaf[] {
  const out: Leaf[] = [];
  const visit = (node: unknown): void => {
    if (isBranch(node)) for (const child of Array.isArray(node) ? node : Object.values(node)) visit(child);
    else out.push(node as Leaf);
  };
  visit(tree);
  return out;
}

/** Every tensor of a tree, in order. Values that are not plain data (class instances, typed arrays) are passed over. */
export function tensorsOf(tree: unknown): Tensor[] {
  return leavesOf(tree).filter(isTensor);
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

/**
 * Applies a function to corresponding tensors of one or more trees of the same structure; other leaves are taken from the first tree.
 *
 * @example
 * ```ts
 * const zero = mapTree((x) => zerosLike(x), params);
 * const next = mapTree((p, g) => sub(p, mul(g, 0.1)), params, grads);
 * ```
 * @throws EbmError when the trees differ in structure.
 */
export function mapTree<T>(f: (...tensors: Tensor[]) => Tensor, tree: T, ...rest: readonly unknown[]): T {
  const others = rest.map(leavesOf);
  const count = leavesOf(tree).length;
  others.forEach((leaves, i) => {
    if (leaves.length !== count)
      throw new EbmError(
        'argument',
        `mapTree: trees must have one structure, got ${count} leaves and ${leaves.length} in tree ${i + 1}.`,
      );
  });
  let at = 0;
  return mapLeaves(tree, (leaf, path) => {
    const index = at++;
    if (!isTensor(leaf)) return leaf;
    const args = others.map((leaves) => leaves[index]);
    if (!args.every(isTensor)) throw new EbmError('argument', `mapTree: expected a tensor at "${path}" in every tree.`);
    return f(leaf, ...args);
  }) as T;
}

/** The shape of a tree without its leaves, as a string: equal strings mean equal structure. */
export function structureOf(tree: unknown): string {
  if (!isBranch(tree)) return '*';
  if (Array.isArray(tree)) return `[${tree.map(structureOf).join(',')}]`;
  return `{${Object.entries(tree)
    .map(([name, child]) => `${JSON.stringify(name)}:${structureOf(child)}`)
    .join(',')}}`;
}
