import { arithmeticKernels } from './arithmetic.js';
import { convolutionKernels } from './convolution.js';
import type { DeviceName } from './device-name.js';
import { drawKernels } from './draws.js';
import { elementwiseKernels } from './elementwise.js';
import { indexingKernels } from './indexing.js';
import type { Kernel } from './kernel.js';
import { productKernels } from './products.js';
import { reductionKernels } from './reductions.js';
import { structureKernels } from './structure.js';
import { wasmKernels } from './wasm.js';

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

/** The kernels of each backend: the shared ones, and its own where those would be wrong or slow. */
export function kernelsOf(name: DeviceName): Readonly<Record<string, Kernel>> {
  return name === 'wasm' ? { ...shared, ...wasmKernels } : shared;
}
