import { BackendError } from '@ebmkit/tensor';
import type { KernelBackend } from '@tensorflow/tfjs-core';
import { type Device, makeDevice } from './device.js';
import { type DeviceName, deviceNames } from './device-name.js';

type Tfjs = typeof import('@tensorflow/tfjs-core');
type Wasm = typeof import('@tensorflow/tfjs-backend-wasm');

/** Settings of `tfjs`. */
export interface TfjsOptions {
  /**
   * wasm only: the folder from which the `.wasm` files are fetched (ending in a slash), or the address of each file. Not
   * needed in Node. Taken into account by the first wasm backend of a process.
   */
  readonly wasmPaths?: string | Readonly<Record<string, string>>;
}

/** A named backend's package, its name in the registry of TensorFlow.js, and what the machine must have for it. */
interface Source {
  readonly packageName: string;
  readonly registered: string;
  readonly load: () => Promise<unknown>;
  readonly needs: string;
}

/** Named by a variable, so that bundlers for browsers do not look for the native package. */
const nodePackage: string = '@tensorflow/tfjs-node';

const sources: Readonly<Record<DeviceName, Source>> = {
  cpu: {
    packageName: '@tensorflow/tfjs-backend-cpu',
    registered: 'cpu',
    load: () => import('@tensorflow/tfjs-backend-cpu'),
    needs: 'Nothing else is required: reinstall the package.',
  },
  wasm: {
    packageName: '@tensorflow/tfjs-backend-wasm',
    registered: 'wasm',
    load: () => import('@tensorflow/tfjs-backend-wasm'),
    needs:
      'WebAssembly and the .wasm files are required: in a browser, serve the dist folder of @tensorflow/tfjs-backend-wasm and pass its address as wasmPaths.',
  },
  webgl: {
    packageName: '@tensorflow/tfjs-backend-webgl',
    registered: 'webgl',
    load: () => import('@tensorflow/tfjs-backend-webgl'),
    needs: 'A browser with WebGL is required: use tfjs("wasm") here.',
  },
  webgpu: {
    packageName: '@tensorflow/tfjs-backend-webgpu',
    registered: 'webgpu',
    load: () => import('@tensorflow/tfjs-backend-webgpu'),
    needs: 'A browser and a graphics adapter with WebGPU are required: use tfjs("webgl") or tfjs("wasm") here.',
  },
  node: {
    packageName: '@tensorflow/tfjs-node',
    registered: 'tensorflow',
    load: () => import(/* @vite-ignore */ nodePackage),
    needs:
      'Its native library is required: run the install script of @tensorflow/tfjs-node (npm rebuild @tensorflow/tfjs-node), or use tfjs("wasm").',
  },
};

/** How packages are imported; a parameter so that tests can take packages away. */
export type Importer = (packageName: string, load: () => Promise<unknown>) => Promise<unknown>;

const importDirectly: Importer = (_, load) => load();

/** Whether an import failed because the package is not there, rather than because it broke. */
function isMissing(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string };
  return (
    code === 'ERR_MODULE_NOT_FOUND' ||
    code === 'MODULE_NOT_FOUND' ||
    /cannot find (module|package)|(failed to|could not) (resolve|fetch|load)|optional.peer/i.test(message ?? '')
  );
}

async function importPackage<T>(
  name: DeviceName,
  packageName: string,
  load: () => Promise<unknown>,
  importer: Importer,
): Promise<T> {
  try {
    return (await importer(packageName, load)) as T;
  } catch (cause) {
    const binding = name === 'node' && /tfjs_binding/.test(String((cause as Error).message));
    if (isMissing(cause) && !binding)
      throw new BackendError(
        `tfjs: tfjs("${name}") requires the package ${packageName}, which is not installed. Run: npm install @tensorflow/tfjs-core ${packageName}`,
        { cause },
      );
    throw new BackendError(`tfjs: the package ${packageName} did not load. ${sources[name].needs}`, { cause });
  }
}

const pending = new Map<string, Promise<KernelBackend>>();

/**
 * The one instance of a backend in this process, from TensorFlow.js's registry or put there. Kernels of the wasm backend
 * are bound to one instance, so a second one would not do. The global current backend of TensorFlow.js stays as it is.
 */
function instanceOf(tf: Tfjs, name: DeviceName, prepare: () => void): Promise<KernelBackend> {
  const { registered, needs } = sources[name];
  const engine = tf.engine();
  const present = engine.registry[registered];
  if (present) return Promise.resolve(present);
  const started = pending.get(registered);
  if (started) return started;
  const start = async (): Promise<KernelBackend> => {
    const factory = engine.findBackendFactory(registered);
    if (!factory) throw new BackendError(`tfjs: "${name}" does not run in this environment. ${needs}`);
    try {
      prepare();
      const instance = await factory();
      for (const kernel of tf.getKernelsForBackend(registered)) kernel.setupFunc?.(instance);
      engine.registry[registered] = instance;
      return instance;
    } catch (cause) {
      throw new BackendError(`tfjs: "${name}" could not start on this machine. ${needs}`, { cause });
    }
  };
  const result = start().finally(() => pending.delete(registered));
  pending.set(registered, result);
  return result;
}

function checkName(name: unknown): asserts name is DeviceName {
  if (!deviceNames.includes(name as DeviceName))
    throw new BackendError(
      `tfjs: the name must be one of ${deviceNames.map((known) => `"${known}"`).join(', ')}, got ${JSON.stringify(name)}.`,
    );
}

/**
 * Loads the packages of a TensorFlow.js backend and starts it.
 *
 * @param name - Which one.
 * @param options - See `TfjsOptions`.
 * @param importer - How packages are imported.
 * @throws BackendError when the name is unknown, a package is not installed, or the device is missing.
 */
export async function loadDevice(
  name: DeviceName,
  options: TfjsOptions = {},
  importer: Importer = importDirectly,
): Promise<Device> {
  checkName(name);
  const { packageName, registered, load } = sources[name];
  const tf = await importPackage<Tfjs>(name, '@tensorflow/tfjs-core', () => import('@tensorflow/tfjs-core'), importer);
  const loaded = await importPackage<Partial<Wasm>>(name, packageName, load, importer);
  const storage = await instanceOf(tf, name, () => {
    if (name === 'wasm' && options.wasmPaths !== undefined) (loaded as Wasm).setWasmPaths(options.wasmPaths);
  });
  if (name === 'cpu') (storage as unknown as { firstUse: boolean }).firstUse = false;
  if (name === 'webgpu') (storage as unknown as { hasReadSyncWarned: boolean }).hasReadSyncWarned = true;
  return makeDevice({ name, storage, kernel: (wanted) => tf.getKernel(wanted, registered)?.kernelFunc });
}
