import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fillNormal, fillUniform, key } from '@ebmkit/tensor';
import type { Inputs } from './workload.js';

/** Standard normal numbers, the same for a seed on every machine. */
export function normals(seed: number, count: number): Float32Array {
  const out = new Float32Array(count);
  fillNormal(key(seed).words, out);
  return out;
}

/** Uniform numbers in [low, high), the same for a seed on every machine. */
export function uniforms(seed: number, count: number, low = 0, high = 1): Float32Array {
  const out = new Float32Array(count);
  fillUniform(key(seed).words, out);
  return out.map((u) => low + (high - low) * u);
}

/** Zeros and ones in which a given part is one. */
export function bits(seed: number, count: number, density: number): Float32Array {
  return uniforms(seed, count).map((u) => (u < density ? 1 : 0));
}

/** Writes the shared numbers as raw float32 files, for processes that are not ours too; gives their paths. */
export async function writeInputs(folder: string, prefix: string, inputs: Inputs): Promise<Record<string, string>> {
  await mkdir(folder, { recursive: true });
  const paths: Record<string, string> = {};
  for (const [name, values] of Object.entries(inputs)) {
    const path = join(folder, `${prefix.replaceAll(/[^a-z0-9]+/gi, '-')}-${name}.f32`);
    await writeFile(path, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    paths[name] = path;
  }
  return paths;
}
