import { type Backend, BackendError, sizeOf, type TensorData, type TensorType } from '@ebmkit/tensor';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { copyData, type Device } from './device.js';
import type { DeviceName } from './device-name.js';
import { kernelsOf } from './kernels.js';
import { loadDevice, type TfjsOptions } from './load.js';

/** A tensor without elements: it is never shown to TensorFlow.js, whose kernels misbehave on it. */
function emptyInfo({ shape, dtype }: TensorType): TensorInfo {
  return { dataId: {}, shape: [...shape], dtype };
}

/** Puts the `Backend` interface on a device. */
export function makeBackend(device: Device): Backend {
  const kernels = kernelsOf(device.name);
  const name = `tfjs-${device.name}`;
  const used = { handles: 0, bytes: 0 };
  const bytesOf = ({ shape, dtype }: TensorInfo): number => sizeOf(shape) * (dtype === 'bool' ? 1 : 4);
  const own = (info: TensorInfo): TensorInfo => {
    used.handles++;
    used.bytes += bytesOf(info);
    return info;
  };
  const run: Backend['run'] = (primitive, inputs, attributes, output) => {
    if (sizeOf(output.shape) === 0) return own(emptyInfo(output));
    const kernel = kernels[primitive];
    if (!kernel) throw new BackendError(`${name}: unknown primitive ${primitive}.`);
    try {
      const result = device.keep(kernel(device, inputs, attributes, output));
      if (device.linear) result.shape = output.shape as number[];
      return own(result);
    } catch (error) {
      device.sweep();
      throw error;
    }
  };
  const finish = (data: TensorData, { dtype }: TensorType): TensorData => copyData(data, dtype);
  return {
    name,
    precision: 'float32',
    implements: (primitive) => primitive in kernels,
    upload: (data, type) =>
      own(
        sizeOf(type.shape) === 0
          ? emptyInfo(type)
          : device.keep(device.store(copyData(data, type.dtype), type.shape, type.dtype)),
      ),
    read: async (handle, type) =>
      finish(
        sizeOf(type.shape) === 0
          ? new Float32Array(0)
          : ((await device.storage.read((handle as TensorInfo).dataId)) as TensorData),
        type,
      ),
    readSync: (handle, type) => {
      if (device.name === 'webgpu')
        throw new BackendError(
          'readSync: WebGPU cannot be read synchronously, got a tensor of tfjs-webgpu. Use await read(x).',
        );
      return finish(device.load(handle as TensorInfo), type);
    },
    free: (handle) => {
      const info = handle as TensorInfo;
      used.handles--;
      used.bytes -= bytesOf(info);
      if (sizeOf(info.shape) > 0) device.release(info);
    },
    run,
    memory: () => ({ ...used }),
  };
}

/**
 * A backend that runs on TensorFlow.js. Its packages are imported when this is called, and only then; the global current
 * backend of TensorFlow.js is neither used nor changed, so several of these work side by side.
 *
 * @param name - `cpu` (plain JavaScript), `wasm`, `webgl`, `webgpu`, or `node` (the native library of `@tensorflow/tfjs-node`).
 * @param options - Where the files of the wasm backend are.
 * @returns The backend, once it has started.
 * @throws BackendError when the name is unknown, a package is not installed, or the machine has no such device.
 *
 * @example
 * ```ts
 * await useBackend(tfjs('wasm'));
 * ```
 */
export async function tfjs(name: DeviceName, options: TfjsOptions = {}): Promise<Backend> {
  return makeBackend(await loadDevice(name, options));
}
