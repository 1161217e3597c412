import { EbmError, FormatError, type Plain, type PlainTensor, toPlain } from '@ebmkit/tensor';
import { decodeSafetensors, encodeSafetensors } from './safetensors.js';
import { describeTree, rebuildTree } from './tree-structure.js';

/** A tree read from a file, and what was written beside it. */
export interface SavedTree<T> {
  /** The tree with plain data in place of its tensors; `fromPlain` makes tensors of it. */
  readonly tree: unknown extends T ? unknown : Plain<T>;
  /** Free text by name. */
  readonly metadata: Readonly<Record<string, string>>;
}

const structureName = 'ebmkit.structure';

/**
 * Writes a tree as a safetensors file. Tensors are named by their path (`layers.0.weights`), so that other programs find them; the
 * structure, keys and constants are JSON in the file's metadata.
 *
 * @param tree - Tensors or plain tensors, keys, numbers, strings, booleans, null and undefined, in arrays and plain objects.
 * @param metadata - Free text to store beside it.
 * @returns The bytes of the file. Equal trees give equal bytes.
 * @throws EbmError when the tree holds something else.
 *
 * @example
 * ```ts
 * const bytes = await encodeTree({ weights: tensor([[1, 2]]), seed: key(7) }, { note: 'first try' });
 * const { tree } = decodeTree<{ weights: Tensor; seed: Key }>(bytes);
 * tree.weights.data; // Float32Array [1, 2]
 * ```
 */
export async function encodeTree(tree: unknown, metadata: Readonly<Record<string, string>> = {}): Promise<Uint8Array> {
  if (Object.hasOwn(metadata, structureName))
    throw new EbmError('argument', `encodeTree: the metadata name ${structureName} is taken. Use another one.`);
  const tensors = new Map<string, PlainTensor>();
  const structure = describeTree(await toPlain(tree), tensors);
  return encodeSafetensors(Object.fromEntries(tensors), { ...metadata, [structureName]: JSON.stringify(structure) });
}

/**
 * Reads a tree from a safetensors file.
 *
 * @typeParam T - The tree that was written, with its tensors. The caller's word for it: only the file format is checked. Left out, the tree is unknown.
 * @param bytes - The whole file.
 * @returns The tree as plain data. A file that another program wrote gives one flat object with its tensors by name.
 * @throws FormatError when the file is damaged or not a safetensors file.
 */
export function decodeTree<T = unknown>(bytes: Uint8Array): SavedTree<T> {
  const { tensors, metadata } = decodeSafetensors(bytes);
  const { [structureName]: structure, ...others } = metadata;
  if (structure === undefined) return { tree: tensors as unknown as SavedTree<T>['tree'], metadata };
  let parsed: unknown;
  try {
    parsed = JSON.parse(structure);
  } catch (cause) {
    throw new FormatError('decodeTree: the structure of the tree must be JSON. The file is damaged.', { cause });
  }
  return { tree: rebuildTree(parsed, tensors) as SavedTree<T>['tree'], metadata: others };
}
