import type { DType } from '@ebmkit/tensor';
import type { KernelBackend, TensorInfo } from '@tensorflow/tfjs-core';

/** Scalars that stay on the device, because programs use the same few numbers again and again. */
export interface Scalars {
  /** The scalar of a value; owned by the cache. */
  readonly get: (value: number, dtype: DType) => TensorInfo;
  /** Releases the oldest ones beyond the limit; called when no kernel holds any. */
  readonly trim: () => void;
}

const limit = 256;

/** Makes a cache of at most 256 scalars of each dtype. */
export function makeScalars(storage: KernelBackend): Scalars {
  const kept: Readonly<Record<DType, Map<number | string, TensorInfo>>> = {
    float32: new Map(),
    int32: new Map(),
    bool: new Map(),
  };
  const make = (value: number, dtype: DType): TensorInfo => {
    const data =
      dtype === 'int32' ? Int32Array.of(value) : dtype === 'bool' ? Uint8Array.of(value) : Float32Array.of(value);
    return { dataId: storage.write(data as Float32Array, [], dtype), shape: [], dtype };
  };
  return {
    get: (value, dtype) => {
      const known = kept[dtype];
      const name = Object.is(value, -0) ? '-0' : value;
      const found = known.get(name);
      if (found) return found;
      const made = make(value, dtype);
      known.set(name, made);
      return made;
    },
    trim: () => {
      for (const known of Object.values(kept))
        for (const [name, info] of known) {
          if (known.size <= limit) break;
          storage.disposeData(info.dataId);
          known.delete(name);
        }
    },
  };
}
