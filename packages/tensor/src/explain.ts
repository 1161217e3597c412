import { activeBackend, withBackend } from './active-backend.js';
import { computedOutputs } from './compiled-program.js';
import { expandFallbacks } from './expand-fallbacks.js';
import { printGraph } from './graph.js';
import { backendOf, homeOf } from './interpreter.js';
import { free } from './scope.js';
import { eraseStops, simplify } from './simplify.js';
import { isTensor } from './tensor.js';
import { inputsOf, traceFunction } from './trace.js';

/**
 * Tells how a function is run when it is given to `jit`: the steps of the compiled program, which operations are fused in each,
 * and the memory that it takes; for a backend without a compiler, the graph.
 *
 * @param f - As for `jit`.
 * @returns A function of the same arguments that gives text, for people: its form may change.
 *
 * @example
 * ```ts
 * console.log(explain((x: Tensor) => sum(square(x)))(zeros([3])));
 * ```
 */
export function explain<A extends readonly unknown[]>(f: (...args: A) => unknown): (...args: A) => string {
  return (...args) => {
    const tensors = inputsOf(args).filter(isTensor);
    const backend = homeOf(tensors) ?? (tensors.length > 0 ? backendOf('explain', tensors) : activeBackend());
    const { graph, adopted } = withBackend(backend, () =>
      traceFunction(f as unknown as (...args: never[]) => unknown, args),
    );
    try {
      const expanded = expandFallbacks(eraseStops(graph), backend);
      try {
        const known = simplify(expanded.graph);
        const outputs = computedOutputs(known);
        if (!backend.explain || outputs.length === 0)
          return `${backend.name} runs this graph op by op:\n${printGraph(known)}`;
        return backend.explain(simplify({ ...known, outputs }));
      } finally {
        free(expanded.adopted);
      }
    } finally {
      free(adopted);
    }
  };
}
