import { describeBackend } from '@ebmkit/test-kit';
import { env } from '@tensorflow/tfjs-core';
import { tfjs } from './tfjs.js';

/** Small tensors would be computed on the host instead of the device. */
async function webgpuAlone() {
  const backend = await tfjs('webgpu');
  env().set('WEBGPU_CPU_FORWARD', false);
  return backend;
}

describeBackend('tfjs-webgpu', webgpuAlone, { largestInteger: 2 ** 24, synchronousReads: false });
