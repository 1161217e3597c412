import { describeBackend } from '@ebmkit/test-kit';
import { engine, getKernel, type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core';
import { makeDevice } from './device.js';
import { loadDevice } from './load.js';
import { makeBackend } from './tfjs.js';

/**
 * A device like that of tfjs-node, whose native library cannot be installed everywhere: tensors have one shape, which only
 * the Reshape kernel changes, and results are tensors that the engine counts. The cpu kernels do the arithmetic.
 */
async function nodeLike() {
  const { storage } = await loadDevice('cpu');
  const shapes = new WeakMap<object, string>();
  const counted = (kernel: string): KernelFunc | undefined => {
    const func = getKernel(kernel, 'cpu')?.kernelFunc;
    return (
      func &&
      ((args) => {
        for (const info of Object.values(args.inputs) as TensorInfo[]) {
          const shape = info.shape.join();
          if ((shapes.get(info) ?? shape) !== shape) throw new Error(`${kernel}: ${shape} is not the tensor's shape.`);
        }
        const result = func(args) as TensorInfo;
        const tensor = engine().makeTensorFromTensorInfo(result, storage);
        shapes.set(tensor, tensor.shape.join());
        return tensor;
      })
    );
  };
  return makeBackend(makeDevice({ name: 'node', storage, kernel: counted }));
}

describeBackend('tfjs-node, played by cpu', nodeLike, { runs: 15, programs: 30 });
