import { BackendError } from '@ebmkit/tensor';
import type { CodeFeatures } from '../assembler/function-builder.js';
import { makeModuleBuilder } from '../assembler/module-builder.js';
import { int } from '../assembler/scalar.js';
import { f32x4, i32x4, v128 } from '../assembler/vector.js';

const pool = { addressOf: () => 0 };
const limits = { shared: false, initial: 1, maximum: 1 };

/** Whether this engine compiles a function that uses some instructions. */
function validates(relaxed: boolean): boolean {
  const module = makeModuleBuilder(pool, { relaxed }, limits);
  module.function([], undefined, (f) => {
    const x = f.let(i32x4.splat(int(1)));
    f.store(int(0), relaxed ? f32x4.relaxedMadd(x, x, x) : v128.xor(x, x));
  });
  return WebAssembly.validate(module.encode() as BufferSource);
}

interface NodeProcess {
  readonly versions?: { readonly node?: string };
  readonly getBuiltinModule?: (name: string) => unknown;
}

/** Node 20 has relaxed SIMD behind a flag that can be set while it runs. */
function unlockInNode(): void {
  const { process } = globalThis as { readonly process?: NodeProcess };
  if (process?.versions?.node === undefined) return;
  const v8 = process.getBuiltinModule?.('v8') as { setFlagsFromString?: (flag: string) => void } | undefined;
  v8?.setFlagsFromString?.('--experimental-wasm-relaxed-simd');
}

/**
 * Finds out what the engine can do.
 *
 * @param deterministic - Whether to leave out what rounds differently from machine to machine.
 * @throws BackendError where there is no WebAssembly SIMD.
 */
export function probeFeatures(deterministic: boolean): CodeFeatures {
  if (typeof WebAssembly !== 'object' || !validates(false))
    throw new BackendError(
      'wasm: this engine has no WebAssembly SIMD, or a content security policy forbids WebAssembly. Use Chrome 91, Firefox 89, Safari 16.4, Node 16 or newer, allow "wasm-unsafe-eval", or take the reference backend.',
    );
  if (deterministic) return { relaxed: false };
  if (!validates(true)) unlockInNode();
  return { relaxed: validates(true) };
}
