import { EbmError, FormatError, isKey, isPlainTensor, keyFromWords, type PlainTensor } from '@ebmkit/tensor';

/** Stands in the stored structure for what JSON cannot say: a tensor by its name, a key, a number without a JSON form. */
type Marked =
  | { readonly $: 'tensor'; readonly name: string }
  | { readonly $: 'key'; readonly words: readonly [number, number] }
  | { readonly $: 'number'; readonly value: 'NaN' | 'Infinity' | '-Infinity' | '-0' }
  | { readonly $: 'undefined' }
  | { readonly $: 'object'; readonly entries: readonly (readonly [string, unknown])[] };

function describeNumber(value: number): unknown {
  if (Object.is(value, -0)) return { $: 'number', value: '-0' };
  return Number.isFinite(value) ? value : { $: 'number', value: String(value) };
}

function describeLeaf(value: unknown, path: string): unknown {
  if (value === undefined) return { $: 'undefined' };
  if (typeof value === 'number') return describeNumber(value);
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  throw new EbmError(
    'argument',
    `encodeTree: a tree holds tensors, keys and constants, got ${typeof value === 'object' ? value.constructor?.name : typeof value} at "${path}".`,
  );
}

/**
 * Takes a plain tree apart: its structure as a JSON value, and its tensors under their paths.
 *
 * @param tree - Plain tensors, keys and constants in arrays and plain objects.
 * @param tensors - Receives the tensors.
 */
export function describeTree(tree: unknown, tensors: Map<string, PlainTensor>, path = ''): unknown {
  const inner = (name: string | number) => (path === '' ? String(name) : `${path}.${name}`);
  if (isPlainTensor(tree)) {
    const name = path === '' ? 'tensor' : path;
    if (tensors.has(name))
      throw new EbmError(
        'argument',
        `encodeTree: two tensors have the path "${name}". Rename a branch with a dot in it.`,
      );
    tensors.set(name, tree);
    return { $: 'tensor', name };
  }
  if (isKey(tree)) return { $: 'key', words: tree.words };
  if (Array.isArray(tree)) return tree.map((child, i) => describeTree(child, tensors, inner(i)));
  const prototype: unknown = typeof tree === 'object' && tree !== null ? Object.getPrototypeOf(tree) : undefined;
  if (prototype !== Object.prototype && prototype !== null) return describeLeaf(tree, path);
  const entries = Object.entries(tree as object).map(
    ([name, child]) => [name, describeTree(child, tensors, inner(name))] as const,
  );
  const plain = entries.every(([name]) => name !== '$' && !/^\d+$/.test(name));
  return plain ? Object.fromEntries(entries) : { $: 'object', entries };
}

function rebuildMarked(marked: Marked, tensors: Readonly<Record<string, PlainTensor>>): unknown {
  switch (marked.$) {
    case 'tensor': {
      const found = Object.hasOwn(tensors, marked.name) ? tensors[marked.name] : undefined;
      if (!found)
        throw new FormatError(`decodeTree: the structure names a tensor "${marked.name}" that is not in the file.`);
      return found;
    }
    case 'key':
      if (!Array.isArray(marked.words) || marked.words.length !== 2)
        throw new FormatError('decodeTree: a key in the structure must have two words.');
      return keyFromWords(marked.words[0], marked.words[1]);
    case 'number':
      return Number(marked.value);
    case 'undefined':
      return undefined;
    case 'object':
      return Object.fromEntries(marked.entries.map(([name, child]) => [name, rebuildTree(child, tensors)]));
    default:
      throw new FormatError(
        `decodeTree: the structure holds "${String((marked as { $: unknown }).$)}", which this version does not know. Read the file with the version that wrote it.`,
      );
  }
}

/** Puts a tree together again from its structure and its tensors. */
export function rebuildTree(structure: unknown, tensors: Readonly<Record<string, PlainTensor>>): unknown {
  if (typeof structure !== 'object' || structure === null) return structure;
  if (Array.isArray(structure)) return structure.map((child) => rebuildTree(child, tensors));
  if (Object.hasOwn(structure, '$')) return rebuildMarked(structure as Marked, tensors);
  return Object.fromEntries(Object.entries(structure).map(([name, child]) => [name, rebuildTree(child, tensors)]));
}
