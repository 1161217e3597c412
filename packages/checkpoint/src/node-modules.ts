import { EbmError } from '@ebmkit/tensor';

/** The file functions of Node, found at run time so that bundles for browsers contain no trace of them. */
export function nodeFiles(where: string): typeof import('node:fs/promises') {
  const { process } = globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } };
  const files = process?.getBuiltinModule?.('node:fs/promises');
  if (!files)
    throw new EbmError(
      'argument',
      `${where}: files need Node.js 20.19 or newer. In a browser use encodeTree() and decodeTree() and keep the bytes yourself.`,
    );
  return files as typeof import('node:fs/promises');
}
