import type { ValueType } from '../../assembler/expression.js';
import type { CodeFeatures } from '../../assembler/function-builder.js';
import { makeModuleBuilder } from '../../assembler/module-builder.js';
import type { Heap } from '../../machine/heap.js';
import { instantiate } from '../../machine/instantiate.js';
import type { StepKernel } from '../step-kernel.js';

/** A kernel of two inputs as a module of its own. */
export interface CompiledKernel {
  /** Where its scratch memory is: `scratch` bytes of the kernel, to be released. */
  readonly scratch: number;
  /** Runs all phases on the addresses of the inputs and of the output, each phase in `parts` ranges, the last one first. */
  readonly run: (a: number, b: number, out: number, parts?: number) => void;
}

const parameters: readonly ValueType[] = ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'];

/** Compiles a kernel of two inputs, for measurements and tests: the backend puts many kernels into one module. */
export function compileKernel(heap: Heap, kernel: StepKernel, features: CodeFeatures): CompiledKernel {
  const module = makeModuleBuilder(heap.pool, features, heap.limits);
  kernel.phases.forEach((phase, p) => {
    const written = phase.write(module);
    module.function(parameters, undefined, (f) => f.callVoid(written, f.parameters), `phase${p}`);
  });
  const functions = kernel.phases.length === 0 ? {} : instantiate(module, heap);
  const scratch = heap.allocate(kernel.scratch);
  return {
    scratch,
    run: (a, b, out, parts = 1) => {
      kernel.phases.forEach(({ units }, p) => {
        for (let part = parts - 1; part >= 0; part--) {
          const [begin, end] = [Math.floor((part * units) / parts), Math.floor(((part + 1) * units) / parts)];
          if (begin < end) functions[`phase${p}`]?.(begin, end, a, b, out, scratch);
        }
      });
    },
  };
}
