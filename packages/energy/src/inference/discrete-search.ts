import {
  free,
  gather,
  jit,
  mapTree,
  read,
  reshape,
  ShapeError,
  type Tensor,
  type Tree,
  tensor,
  tensorsOf,
} from '@ebmkit/tensor';
import { scopedTree } from '../scoped-tree.js';
import type { DiscreteOutput } from './output.js';

/** The best outputs that a search has found, one for each input. */
export interface Found {
  /** The outputs, place by place: `[n, places]`. */
  readonly outputs: Int32Array;
  /** Their energies, `[n]`. */
  readonly energies: Float64Array;
}

/** An energy that is searched for its lowest output, seen from the host: it counts what it computes. */
export interface SearchProblem {
  /** How many inputs. */
  readonly inputs: number;
  /** What the outputs are. */
  readonly output: DiscreteOutput;
  /** How many places an output has. */
  readonly places: number;
  /**
   * The energies of `each` candidates for every input, `[n * each]`: those of the first input first.
   *
   * @param candidates - Their categories, `[n * each, length]`.
   * @param each - How many for each input.
   * @param length - How many places each has: all, or those of a prefix.
   */
  readonly energies: (candidates: Int32Array, each: number, length?: number) => Promise<ArrayLike<number>>;
  /** The inputs. */
  readonly given: Tree;
  /** The energies of candidates `[n * each, places]`, for methods that go on with tensors. They may be traced; `counted` counts them. */
  readonly evaluate: (candidates: Tensor, given: Tree) => Tensor;
  /** Adds energies that were computed by `evaluate` to the count. */
  readonly counted: (energies: number) => void;
  /** Whether to compile. */
  readonly compile: boolean;
  /** Gives the event loop its turn when it is time, and throws when the search was aborted. */
  readonly rest: () => Promise<void>;
}

/** A way to search for the lowest output: `exhaustive`, `beam`, `coordinateDescent` or `annealed`. */
export interface SearchMethod {
  /** The name, for messages. */
  readonly name: string;
  /** Searches. */
  readonly search: (problem: SearchProblem) => Promise<Found>;
  /** The energy of a prefix, where the method has one of its own. */
  readonly prefixEnergy?: ((prefix: Tensor, given: never) => Tensor) | undefined;
}

/** The rows of an input: the first axis that all its tensors share. */
export function inputRows(where: string, given: Tree): number {
  const tensors = tensorsOf(given);
  const rows = tensors[0]?.shape[0];
  if (rows === undefined || tensors.some(({ shape }) => shape[0] !== rows))
    throw new ShapeError(
      `${where}: expected inputs [n, ...] that share their first axis, got ${tensors.map(({ shape }) => `[${shape.join(', ')}]`).join(', ') || 'no tensor'}. Put the batch on the first axis.`,
    );
  return rows;
}

/** Every row of an input `each` times, one after the other. */
function repeatRows<C extends Tree>(given: C, each: number): C {
  if (each === 1) return given;
  return mapTree((x) => {
    const rows = x.shape[0] as number;
    const order = Int32Array.from({ length: rows * each }, (_, i) => Math.floor(i / each));
    return gather(x, tensor(order, [rows * each], 'int32'));
  }, given);
}

/** The energies of candidates `[n * each, length]` given the inputs `[n, ...]`, each of which is repeated. */
export function candidateEnergies<C extends Tree>(
  energyOf: (outputs: Tensor, given: C) => Tensor,
  output: DiscreteOutput,
  candidates: Tensor,
  given: C,
): Tensor {
  const [rows, length] = candidates.shape as [number, number];
  const outputs = output.kind === 'label' ? reshape(candidates, [rows]) : candidates;
  const energies = energyOf(outputs, repeatRows(given, rows / inputRows('argminOutput', given)));
  if (energies.shape.length === 1 && energies.shape[0] === rows) return energies;
  throw new ShapeError(
    `argminOutput: expected the energy of outputs [${outputs.shape.join(', ')}] to be [${rows}], got [${energies.shape.join(', ')}]. Sum over the ${length} places, not over the batch.`,
  );
}

/** The same from and to the host, compiled once for each count; and what frees the compiled programs. */
export function hostEnergies<C extends Tree>(
  energyOf: (outputs: Tensor, given: C) => Tensor,
  output: DiscreteOutput,
  given: C,
  compile: boolean,
) {
  const evaluate = (candidates: Tensor, input: C): Tensor =>
    scopedTree(() => candidateEnergies(energyOf, output, candidates, input));
  const compiled = compile ? jit(evaluate) : undefined;
  return {
    energies: async (candidates: Int32Array, length: number): Promise<ArrayLike<number>> => {
      const found = scopedTree(() =>
        (compiled ?? evaluate)(tensor(candidates, [candidates.length / length, length], 'int32'), given),
      );
      const numbers = await read(found);
      free(found);
      return numbers;
    },
    clear: () => compiled?.clear(),
  };
}

/** Keeps the lowest of what it is shown for each input: the first of equals. NaN is never the lowest. */
export function makeBest(
  problem: SearchProblem,
): Found & { readonly show: (candidates: Int32Array, energies: ArrayLike<number>) => void } {
  const { inputs, places } = problem;
  const outputs = new Int32Array(inputs * places);
  const energies = new Float64Array(inputs).fill(Number.POSITIVE_INFINITY);
  return {
    outputs,
    energies,
    show: (candidates, shown) => {
      const each = shown.length / inputs;
      for (let i = 0; i < inputs; i++)
        for (let k = i * each; k < (i + 1) * each; k++) {
          if (!((shown[k] as number) < (energies[i] as number))) continue;
          energies[i] = shown[k] as number;
          outputs.set(candidates.subarray(k * places, (k + 1) * places), i * places);
        }
    },
  };
}
