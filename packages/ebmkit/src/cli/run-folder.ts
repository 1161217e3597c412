import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAtomically } from '@ebmkit/checkpoint';
import { EbmError } from '@ebmkit/tensor';

/** The files of one run. */
export const runFiles = {
  model: 'model.safetensors',
  checkpoint: 'checkpoint.safetensors',
  training: 'training.json',
  evaluation: 'evaluation.json',
  report: 'report.html',
  filters: 'filters.png',
  samples: 'samples.png',
  inpainting: 'inpainting.png',
} as const;

/** The path of one of a run's files. */
export function runFile(folder: string, file: keyof typeof runFiles): string {
  return join(folder, runFiles[file]);
}

/** Makes the folder of a run if there is none. */
export async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
}

/** Numbers that JSON would turn into null, under the names that `Number` reads. */
const notFinite = new Set<unknown>(['NaN', 'Infinity', '-Infinity']);

function writtenNumber(_: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}

function readNumber(_: string, value: unknown): unknown {
  return notFinite.has(value) ? Number(value) : value;
}

/** Writes a value as JSON, atomically; NaN and infinities as strings, which `readJson` makes numbers of again. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  await writeAtomically(path, new TextEncoder().encode(`${JSON.stringify(value, writtenNumber, 1)}\n`));
}

/** Reads a JSON file that another command wrote; undefined when there is none. */
export async function readJson<T>(path: string): Promise<T | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return JSON.parse(text, readNumber) as T;
  } catch (cause) {
    throw new EbmError(
      'format',
      `${path}: expected JSON that ebmkit wrote, got something else. Delete the file and run the command again.`,
      { cause },
    );
  }
}
