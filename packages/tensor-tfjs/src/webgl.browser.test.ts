import { describeBackend } from '@ebmkit/test-kit';
import { env } from '@tensorflow/tfjs-core';
import { tfjs } from './tfjs.js';

/** Small tensors would be computed on the host instead of the device. */
async function webglAlone() {
  const backend = await tfjs('webgl');
  env().set('WEBGL_CPU_FORWARD', false);
  return backend;
}

describeBackend('tfjs-webgl', webglAlone, { largestInteger: 2 ** 24, runs: 12, programs: 30 });
