import { BackendError } from '@ebmkit/tensor';
import { describe, expect, test, vi } from 'vitest';
import type { DeviceName } from './device-name.js';
import { type Importer, loadDevice } from './load.js';
import { tfjs } from './tfjs.js';

/** Imports everything but one package, which fails as a missing one does in Node. */
function without(absent: string, message = `Cannot find package '${absent}' imported from here`): Importer {
  return (packageName, load) =>
    packageName === absent
      ? Promise.reject(Object.assign(new Error(message), { code: 'ERR_MODULE_NOT_FOUND' }))
      : load();
}

describe('tfjs says what is missing', () => {
  test('an unknown name lists the known ones', async () => {
    await expect(tfjs('gpu' as DeviceName)).rejects.toThrow(BackendError);
    await expect(tfjs('gpu' as DeviceName)).rejects.toThrow(
      'tfjs: the name must be one of "cpu", "wasm", "webgl", "webgpu", "node", got "gpu".',
    );
  });

  test.each([
    ['cpu', '@tensorflow/tfjs-backend-cpu'],
    ['wasm', '@tensorflow/tfjs-backend-wasm'],
    ['webgl', '@tensorflow/tfjs-backend-webgl'],
    ['webgpu', '@tensorflow/tfjs-backend-webgpu'],
    ['node', '@tensorflow/tfjs-node'],
    ['cpu', '@tensorflow/tfjs-core'],
  ] as const)('%s without %s names the package to install', async (name, absent) => {
    const error: unknown = await loadDevice(name, {}, without(absent)).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(BackendError);
    expect((error as Error).message).toContain(`requires the package ${absent}, which is not installed`);
    expect((error as Error).message).toContain('npm install @tensorflow/tfjs-core');
    expect((error as Error).cause).toBeInstanceOf(Error);
  });

  test('tfjs-node, which is not installed here, is asked for by name', async () => {
    await expect(tfjs('node')).rejects.toThrow('requires the package @tensorflow/tfjs-node');
  });

  test('tfjs-node without its native library names the remedy', async () => {
    const broken = without(
      '@tensorflow/tfjs-node',
      'The Node.js native addon module (tfjs_binding.node) can not be found',
    );
    await expect(loadDevice('node', {}, broken)).rejects.toThrow('npm rebuild @tensorflow/tfjs-node');
  });

  test('webgl and webgpu say that Node has no such device', async () => {
    await expect(tfjs('webgl')).rejects.toThrow('tfjs: "webgl" does not run in this environment. A browser with WebGL');
    await expect(tfjs('webgpu')).rejects.toThrow('A browser and a graphics adapter with WebGPU are required');
  });
});

test('nothing is printed, and the current backend of TensorFlow.js stays as it was', async () => {
  const { getBackend, setBackend } = await import('@tensorflow/tfjs-core');
  const { MathBackendCPU } = await import('@tensorflow/tfjs-backend-cpu');
  expect(MathBackendCPU).toBeDefined();
  await setBackend('cpu');
  const printed = vi.spyOn(console, 'warn');
  await Promise.all([tfjs('wasm'), tfjs('wasm'), tfjs('cpu')]);
  expect(getBackend()).toBe('cpu');
  expect(printed).not.toHaveBeenCalled();
  printed.mockRestore();
});
