import { arithmeticKernels } from './arithmetic.js';
import { convolutionKernels } from './convolution.js';
import { cpuKernels } from './cpu.js';
import type { DeviceName } from './device-name.js';
import { drawKernels } from './draws.js';
import { elementwiseKernels } from './elementwise.js';
import { indexingKernels } from './indexing.js';
import type { Kernel } from './kernel.js';
import { productKernels } from './products.js';
import { reductionKernels } from './reductions.js';
import { structureKernels } from './structure.js';
import { wasmKernels } from './wasm.js';
import { webglKernels } from './webgl.js';
import { webgpuKernels } from './webgpu.js';

const shared: Readonly<Record<string, Kernel>> = {
  ...elementwiseKernels,
  ...arithmeticKernels,
  ...structureKernels,
  ...indexingKernels,
  ...reductionKernels,
  ...productKernels,
  ...convolutionKernels,
  ...drawKernels,
};

const own: Readonly<Partial<Record<DeviceName, Readonly<Record<string, Kernel>>>>> = {
  cpu: cpuKernels,
  wasm: wasmKernels,
  webgl: webglKernels,
  webgpu: webgpuKernels,
};

/** The kernels of each backend: the shared ones, and its own where those would be wrong or slow. */
export function kernelsOf(name: DeviceName): Readonly<Record<string, Kernel>> {
  return { ...shared, ...own[name] };
}
