import { EbmError } from '@ebmkit/tensor';
import { nodeFiles } from './node-modules.js';
import { decodeTree, encodeTree, type SavedTree } from './tree-file.js';

const written = { count: 0 };

/** Makes a rename outlast a power cut. Windows cannot open folders and does not need it. */
async function syncFolder(path: string): Promise<void> {
  if (globalThis.process.platform === 'win32') return;
  const folder = await nodeFiles('writeAtomically').open(path.replace(/[^/]*$/, '') || '.', 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/**
 * Writes a file so that at every moment, also when the process is killed or the machine loses power, the path holds either the
 * old content or the new one in full: the bytes go to a file beside it, are flushed to the disk, and are then renamed over it.
 * A process that is killed while writing leaves that other file (`.partial`) behind. Node only.
 *
 * @param path - Where to; its folder must exist.
 * @param bytes - The content.
 */
export async function writeAtomically(path: string, bytes: Uint8Array): Promise<void> {
  const files = nodeFiles('writeAtomically');
  const beside = `${path}.${globalThis.process.pid}-${written.count++}.partial`;
  try {
    const file = await files.open(beside, 'w');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await files.rename(beside, path);
  } catch (error) {
    await files.rm(beside, { force: true });
    throw error;
  }
  await syncFolder(path);
}

/**
 * Saves a tree as a safetensors file, atomically. Node only.
 *
 * @param path - Where to; its folder must exist.
 * @param tree - Tensors or plain tensors, keys and constants.
 * @param metadata - Free text to store beside it.
 * @throws EbmError when the tree holds something else, or outside Node.
 *
 * @example
 * ```ts
 * await saveCheckpoint('model.safetensors', params, { model: 'rbm' });
 * ```
 */
export async function saveCheckpoint(
  path: string,
  tree: unknown,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  await writeAtomically(path, await encodeTree(tree, metadata));
}

/**
 * Loads a tree from a safetensors file. Node only.
 *
 * @typeParam T - The tree that was written, with its tensors. The caller's word for it: only the file format is checked. Left out, the tree is unknown.
 * @param path - The file.
 * @returns The tree as plain data, and the metadata.
 * @throws EbmError when the file cannot be read; FormatError when it is damaged or not a safetensors file.
 *
 * @example
 * ```ts
 * const { tree } = await loadCheckpoint<Params>('model.safetensors');
 * const params = fromPlain(tree);
 * ```
 */
export async function loadCheckpoint<T = unknown>(path: string): Promise<SavedTree<T>> {
  let bytes: Uint8Array;
  try {
    bytes = await nodeFiles('loadCheckpoint').readFile(path);
  } catch (cause) {
    if (cause instanceof EbmError) throw cause;
    throw new EbmError(
      'argument',
      `loadCheckpoint: ${path} cannot be read (${(cause as Error).message}). Check the path.`,
      {
        cause,
      },
    );
  }
  return decodeTree<T>(bytes);
}
