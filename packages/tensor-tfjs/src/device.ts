import type { BackendInput, DType, Shape, TensorData } from '@ebmkit/tensor';
import { sizeOf } from '@ebmkit/tensor';
import type { KernelBackend, KernelFunc, NamedAttrMap, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core';
import type { DeviceName } from './device-name.js';
import { makeScalars } from './scalars.js';

/** What the adapter needs of a TensorFlow.js backend: its storage, and its kernels by name. */
export interface DeviceParts {
  /** Which backend it is. */
  readonly name: DeviceName;
  /** Its storage. */
  readonly storage: KernelBackend;
  /** Looks a kernel up. */
  readonly kernel: (name: string) => KernelFunc | undefined;
}

/**
 * One TensorFlow.js backend, spoken to without TensorFlow.js's engine: kernels are called on this backend's own storage, so
 * that no global "current backend", scope or tape takes part. Everything that a kernel returns is scratch until it is kept.
 */
export interface Device {
  /** Which backend it is. */
  readonly name: DeviceName;
  /** Its storage. */
  readonly storage: KernelBackend;
  /** Whether stored numbers are a flat array, which may be read under any shape; textures and native tensors are not. */
  readonly linear: boolean;
  /** Runs a kernel; the result is scratch. */
  readonly call: (kernel: string, inputs: Inputs, attributes?: object) => TensorInfo;
  /** Stores numbers (the array is given away); the result is scratch. */
  readonly store: (data: TensorData, shape: Shape, dtype: DType) => TensorInfo;
  /** A scalar, which the device keeps. */
  readonly scalar: (value: number, dtype: DType) => TensorInfo;
  /** Marks a result of the backend's own programs as scratch. */
  readonly scratch: (info: TensorInfo) => TensorInfo;
  /** The same numbers under another shape of the same size. */
  readonly view: (info: TensorInfo, shape: Shape) => TensorInfo;
  /** Copies numbers to the host, waiting for the device. */
  readonly load: (info: TensorInfo) => TensorData;
  /** Takes a result, or what it is a view of, out of the scratch, and releases the rest. */
  readonly keep: (result: TensorInfo) => TensorInfo;
  /** Releases all scratch. */
  readonly sweep: () => void;
  /** Releases one tensor. */
  readonly release: (info: TensorInfo) => void;
}

/** Named operands of a kernel, or a list of them. */
type Inputs = Readonly<Record<string, TensorInfo>> | readonly TensorInfo[];

/** Makes a copy of numbers in the array type that TensorFlow.js uses for a dtype. */
export function copyData(data: TensorData, dtype: DType): TensorData {
  if (dtype === 'int32') return new Int32Array(data);
  return dtype === 'bool' ? new Uint8Array(data) : new Float32Array(data);
}

/** Whether two shapes agree. */
function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((length, axis) => length === b[axis]);
}

/** The operand of a kernel under a shape (its own unless given); a literal becomes a scalar. */
export function operand(device: Device, input: BackendInput | undefined, shape?: Shape): TensorInfo {
  if (input?.kind === 'tensor') return device.view(input.handle as TensorInfo, shape ?? input.shape);
  const { value, dtype } = input as BackendInput & { kind: 'literal' };
  return device.scalar(value, dtype);
}

/** Wraps a TensorFlow.js backend. */
export function makeDevice({ name, storage, kernel }: DeviceParts): Device {
  const linear = name === 'cpu' || name === 'wasm' || name === 'webgpu';
  const found = new Map<string, KernelFunc>();
  const scratch: TensorInfo[] = [];
  const scalars = makeScalars(storage);
  const find = (wanted: string): KernelFunc => {
    const func = kernel(wanted);
    if (!func) throw new Error(`tfjs ${name}: kernel ${wanted} is not registered.`);
    found.set(wanted, func);
    return func;
  };
  const mark = (info: TensorInfo): TensorInfo => {
    scratch.push(info);
    return info;
  };
  /** Kernels of tfjs-node give tensors that the engine counts; all others give plain records. */
  const release = (info: TensorInfo): void => {
    if ('dispose' in info) (info as TensorInfo & { dispose: () => void }).dispose();
    else storage.disposeData(info.dataId);
  };
  const sweep = (): void => {
    for (const info of scratch) release(info);
    scratch.length = 0;
    scalars.trim();
  };
  const call: Device['call'] = (wanted, inputs, attributes = {}) => {
    const func = found.get(wanted) ?? find(wanted);
    const named = inputs as NamedTensorInfoMap;
    return mark(func({ inputs: named, attrs: attributes as NamedAttrMap, backend: storage }) as TensorInfo);
  };
  return {
    name,
    storage,
    linear,
    call,
    scalar: scalars.get,
    scratch: mark,
    store: (data, shape, dtype) =>
      mark({ dataId: storage.write(data as Float32Array, [...shape], dtype), shape: [...shape], dtype }),
    view: (info, shape) => {
      if (sameShape(info.shape, shape)) return info;
      if (linear) return { dataId: info.dataId, shape: shape as number[], dtype: info.dtype };
      return call('Reshape', { x: info }, { shape });
    },
    load: (info) =>
      sizeOf(info.shape) === 0
        ? copyData(new Float64Array(0), info.dtype as DType)
        : (storage.readSync(info.dataId) as TensorData),
    keep: ({ dataId }) => {
      const at = scratch.findLastIndex((info) => info.dataId === dataId);
      const [kept] = scratch.splice(at, at < 0 ? 0 : 1);
      if (!kept) throw new Error(`tfjs ${name}: a kernel returned an operand instead of a result.`);
      sweep();
      return kept;
    },
    sweep,
    release,
  };
}
